import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { type Message, optionsOf, reasonOf } from "../../alerts/post-message.ts";
import { type ResolveHost, reachEndpoint } from "../../alerts/reach-endpoint.ts";
import { withinDeadline } from "../../alerts/within-deadline.ts";
import type { Clock } from "../../contract/clock.ts";
import type { Endpoint } from "../../contract/project.ts";

export type HookTools = { readonly clock: Clock; readonly resolveHost: ResolveHost };

export type Question = {
  readonly method: "GET" | "POST";
  readonly endpoint: Endpoint;
  readonly headers: Readonly<Record<string, string>>;
  /** Empty for a GET. */
  readonly body: Buffer;
};

export type Exchanged =
  /** 2xx, with the answer's JSON; undefined where it is none. */
  | { readonly ok: true; readonly json: unknown }
  /** `why` is half a sentence and shows nothing of the URL nor of the answer. */
  | { readonly ok: false; readonly why: string; readonly mayPass: boolean };

const DEADLINE_MS = 30_000;
const MOST_BYTES = 1024 * 1024;
/** There was no connection, so nothing was sent: another address may have one. */
const UNCONNECTED = /\((ECONNREFUSED|ENETUNREACH|EHOSTUNREACH|EADDRNOTAVAIL)\)$/;

/**
 * One call to an address that was checked, on a connection of its own, with no proxy; a redirect is an error. What may have got
 * there is not sent again. Rejects only with the reason of `signal`.
 */
export async function exchange(question: Question, tools: HookTools, signal: AbortSignal): Promise<Exchanged> {
  const answer = await withinDeadline(tools.clock, DEADLINE_MS, signal, async (within): Promise<Exchanged> => {
    const reached = await reachEndpoint(question.endpoint, tools.resolveHost, within);
    if (!reached.ok) return { ok: false, why: reached.why, mayPass: true };
    const { method, headers, body } = question;
    let last: Exchanged = { ok: false, why: "it has no address", mayPass: false };
    for (const address of reached.addresses) {
      last = await ask({ method, url: reached.url, address, headers, body, readsAnswer: true }, within);
      if (last.ok || !UNCONNECTED.test(last.why)) break;
    }
    if (within.aborted && !last.ok) return { ok: false, why: String(within.reason), mayPass: true };
    return last;
  });
  signal.throwIfAborted();
  return answer;
}

function ask(message: Message, signal: AbortSignal): Promise<Exchanged> {
  return new Promise((resolve) => {
    const request = message.url.protocol === "https:" ? httpsRequest : httpRequest;
    const call = request(optionsOf(message, signal), (response) => {
      void readAnswer(response).then((answer) => {
        resolve(answer);
        call.destroy();
      });
    });
    call.on("error", (error) => resolve({ ok: false, why: reasonOf(error), mayPass: true }));
    call.end(message.body);
  });
}

async function readAnswer(response: IncomingMessage): Promise<Exchanged> {
  const status = response.statusCode ?? 0;
  if (status >= 300 && status < 400)
    return { ok: false, why: `it answered ${status}: a redirect is not followed`, mayPass: false };
  if (status < 200 || status >= 300)
    return { ok: false, why: `it answered ${status}`, mayPass: status === 408 || status === 429 || status >= 500 };
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > MOST_BYTES) return { ok: false, why: "its answer has more than 1 MB", mayPass: false };
      chunks.push(chunk);
    }
  } catch (error) {
    return { ok: false, why: error instanceof Error ? reasonOf(error) : "its answer broke off", mayPass: true };
  }
  return { ok: true, json: parsed(Buffer.concat(chunks).toString("utf8")) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Who only takes the call may answer anything.
    return undefined;
  }
}
