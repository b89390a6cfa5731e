import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Clock, Random } from "../../contract/clock.ts";
import { Fault } from "../../contract/fault.ts";
import type { Sandbox } from "../../contract/sandbox.ts";
import { type CallAnswerer, callAnswerer } from "./answer-call.ts";
import type { Answer, Call, Head } from "./call.ts";
import { CONTROL_PREFIX, controlCalls } from "./control.ts";
import { dataFile } from "./data-file.ts";
import { faultList } from "./fault-list.ts";
import { readBody } from "./read-body.ts";
import { type RequestLog, requestLog } from "./request-log.ts";
import type { SandboxVendor } from "./sandbox-vendor.ts";
import { sendAnswer } from "./send-answer.ts";

export type SandboxServerOptions = {
  /** 0 takes a free port. */
  readonly port: number;
  /** Absolute path; null keeps nothing. */
  readonly dataFile: string | null;
  readonly maxBodyBytes: number;
  readonly clock: Clock;
  readonly random: Random;
  /** Called with the port that was really taken, before the first request. */
  readonly vendor: (port: number) => SandboxVendor;
};

/** Seeds are big: a whole CRM in one call. */
const MAX_CONTROL_BYTES = 256 * 1024 * 1024;

/**
 * Listens on 127.0.0.1 and lets `vendor` answer: refusals by the head first, then the faults, then the call itself.
 * Faults: PORT_IN_USE; USAGE for a data file that cannot be used.
 */
export async function startSandboxServer(options: SandboxServerOptions): Promise<Sandbox> {
  const { clock, random } = options;
  const server = createServer();
  // A client's idle connection must not be closed under its feet: the reset would look like a fault nobody asked for.
  server.keepAliveTimeout = 120_000;
  server.requestTimeout = 0;
  const port = await listen(server, options.port);
  const stopping = new AbortController();
  const vendor = options.vendor(port);
  const log = requestLog();
  const faults = faultList();
  const file = options.dataFile === null ? null : dataFile(options.dataFile, vendor.snapshot);
  const changed = () => file?.touch();
  const answerer = callAnswerer({ vendor, faults, clock, random, changed });
  const reset = () => {
    answerer.dropLateWrites();
    faults.clear();
    log.clear();
    vendor.control.reset();
  };
  const control = controlCalls({ vendor, log, faults, changed, reset });
  const serve = serving({ vendor, log, control, answerer, clock, maxBodyBytes: options.maxBodyBytes });

  try {
    const kept = file?.load() ?? null;
    if (kept === null) file?.save();
    else vendor.restore(kept);
  } catch (error) {
    await shut(server);
    throw error;
  }
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    serve(request, response, stopping.signal).catch((error: unknown) => {
      if (stopping.signal.aborted || response.headersSent) response.destroy();
      else sendAnswer(response, { status: 500, body: { error: `sandbox: ${String(error)}` } }, {});
    });
  });

  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      stopping.abort();
      answerer.dropLateWrites();
      await shut(server);
      file?.flush();
    },
  };
}

function serving(parts: {
  readonly vendor: SandboxVendor;
  readonly log: RequestLog;
  readonly control: (call: Call) => Answer;
  readonly answerer: CallAnswerer;
  readonly clock: Clock;
  readonly maxBodyBytes: number;
}): (request: IncomingMessage, response: ServerResponse, signal: AbortSignal) => Promise<void> {
  const { vendor, log, clock, maxBodyBytes } = parts;
  const wallOffsetMs = clock.now() - clock.monotonicMs();

  async function answer(call: Call, signal: AbortSignal): Promise<Answer | null> {
    if (call.text !== "" && call.body === undefined) return vendor.wrong.badBody(call, "not_json");
    return parts.answerer.answer(call, signal);
  }

  async function serveVendor(head: Head, request: IncomingMessage, response: ServerResponse, signal: AbortSignal) {
    const refusal = vendor.refuse(head);
    const headers = vendor.headers(head);
    const text = await readBody(request, maxBodyBytes);
    if (text === null) return;
    const call = callOf(head, request, text);
    const reply = refusal ?? (text === "too_large" ? vendor.wrong.badBody(call, text) : await answer(call, signal));
    log.add({
      method: head.method,
      path: request.url ?? "/",
      status: reply?.status ?? 0,
      ms: microseconds(clock.monotonicMs() - head.arrivedMs),
      rows: reply?.rows ?? 0,
      time: microseconds(wallOffsetMs + head.arrivedMs),
    });
    if (reply === null) request.socket.resetAndDestroy();
    else sendAnswer(response, reply, headers);
  }

  return async (request, response, signal) => {
    const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
    const method = request.method ?? "GET";
    const head: Head = { method, path, headers: request.headers, arrivedMs: clock.monotonicMs() };
    if (!path.startsWith(CONTROL_PREFIX)) return serveVendor(head, request, response, signal);
    const text = await readBody(request, MAX_CONTROL_BYTES);
    if (text === null) return;
    const tooLarge = { status: 413, body: { error: `body: longer than ${MAX_CONTROL_BYTES} bytes` } };
    sendAnswer(response, text === "too_large" ? tooLarge : parts.control(callOf(head, request, text)), {});
  };
}

function callOf(head: Head, request: IncomingMessage, text: string): Call {
  const query = new URLSearchParams((request.url ?? "").split("?")[1] ?? "");
  return { ...head, query, body: jsonOf(text), text };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EADDRINUSE") reject(error);
      const fix = "choose another port, or stop what listens there";
      reject(new Fault("PORT_IN_USE", `port ${port} on 127.0.0.1 is in use`, { fix, cause: error }));
    });
    server.listen(port, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}

function shut(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function jsonOf(text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function microseconds(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}
