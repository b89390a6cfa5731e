import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { PROBLEM_TYPE, refusal } from "./refusal.ts";

/** What a caller is told whose request broke off in the framework, by status. */
export const BROKEN: Readonly<Record<number, string>> = {
  400: "BAD_REQUEST",
  408: "TOO_SLOW",
  413: "BODY_TOO_LARGE",
  414: "NAME_TOO_LONG",
  415: "NOT_JSON",
  431: "HEADERS_TOO_LARGE",
};

const STATUS: Readonly<Record<string, number>> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 };
/** For a caller that still sends to read the answer before it finds the connection closed. */
const FAREWELL_MS = 1_000;

/** Answers bytes that are no sound request, or come too slowly to be one, as any refusal is answered; then hangs up. */
export function answerBadBytes(code: string, socket: Socket, headers: Readonly<Record<string, string>>): void {
  if (code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = STATUS[code] ?? 400;
  const { body } = refusal(status, BROKEN[status] ?? "BAD_REQUEST", `this is no sound HTTP request (${code})`, null);
  const text = JSON.stringify(body);
  const lines = {
    ...headers,
    "content-type": PROBLEM_TYPE,
    "content-length": Buffer.byteLength(text),
    connection: "close",
  };
  const head = Object.entries(lines).map(([name, value]) => `${name}: ${value}`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head.join("\r\n")}\r\n\r\n${text}`);
  const hangUp = setTimeout(() => socket.destroy(), FAREWELL_MS);
  socket.once("close", () => clearTimeout(hangUp));
}
