import { createHmac } from "node:crypto";
import type { Hook, HookCall, HookWait } from "../../contract/hook.ts";
import { exchange, type HookTools } from "./exchange.ts";

/** What a hook without a body of its own tells. */
export type HookFacts = Readonly<Record<string, string | null>>;

export type Hooked =
  | { readonly ok: true }
  /** `why` is half a sentence and shows no secret. */
  | { readonly ok: false; readonly why: string };

/** A server that is started again in between answers wrongly for a while. */
const MOST_WRONG_IN_A_ROW = 5;
const LONGEST_ID = 200;

/** Makes a hook's call and waits for the end of what it started. Rejects only with the reason of `signal`. */
export async function callHook(hook: Hook, facts: HookFacts, tools: HookTools, signal: AbortSignal): Promise<Hooked> {
  const { call } = hook;
  if (call === null)
    return { ok: false, why: "a value of it is missing where the service runs: `sluice check` says which" };
  const body = Buffer.from(call.body ?? JSON.stringify(facts), "utf8");
  const headers = { ...BASE, "content-type": "application/json", ...call.headers, ...signatureOf(call, body) };
  const answer = await exchange({ method: "POST", endpoint: call.endpoint, headers, body }, tools, signal);
  if (!answer.ok) return { ok: false, why: answer.why };
  return call.wait === null ? { ok: true } : waitForEnd(call.wait, answer.json, tools, signal);
}

const BASE = { "user-agent": "sluice", accept: "application/json" } as const;

function signatureOf({ endpoint }: HookCall, body: Buffer): Record<string, string> {
  if (endpoint.secret === null) return {};
  return { "x-sluice-signature": `sha256=${createHmac("sha256", endpoint.secret).update(body).digest("hex")}` };
}

async function waitForEnd(wait: HookWait, first: unknown, tools: HookTools, signal: AbortSignal): Promise<Hooked> {
  const { clock } = tools;
  const url = urlOf(wait, first);
  if (url === null) return { ok: false, why: `its answer has no id at ${wait.idPath?.join(".")}` };
  const endpoint = { ...wait.endpoint, url };
  const headers = { ...BASE, ...wait.headers };
  const endMs = clock.monotonicMs() + wait.timeoutMs;
  let wrongInARow = 0;
  for (;;) {
    const leftMs = endMs - clock.monotonicMs();
    if (leftMs <= 0) return { ok: false, why: `what it started did not end within ${wait.timeoutMs / 1000} s` };
    await clock.sleep(Math.min(wait.everyMs, leftMs), signal);
    const answer = await exchange({ method: "GET", endpoint, headers, body: Buffer.alloc(0) }, tools, signal);
    if (answer.ok) {
      wrongInARow = 0;
      const state = textAt(answer.json, wait.statusPath);
      if (state !== null && wait.success.includes(state)) return { ok: true };
      if (state !== null && wait.failure.includes(state))
        return { ok: false, why: `what it started ended with the state ${state}` };
      if (state === null)
        return { ok: false, why: `the state of what it started is not at ${wait.statusPath.join(".")}` };
      continue;
    }
    wrongInARow += 1;
    if (!answer.mayPass || wrongInARow >= MOST_WRONG_IN_A_ROW)
      return { ok: false, why: `how it goes on cannot be learned: ${answer.why}` };
  }
}

/** null where the answer does not say the id. It is one step of a path, and never leads elsewhere. */
function urlOf({ endpoint, idPath }: HookWait, first: unknown): string | null {
  if (idPath === null) return endpoint.url;
  const id = textAt(first, idPath);
  if (id === null || id === "" || id.length > LONGEST_ID || /^\.+$/.test(id)) return null;
  return endpoint.url.replaceAll("{id}", () => encodeURIComponent(id));
}

/** The text, number or boolean at a path of an answer, as text. */
function textAt(json: unknown, path: readonly string[]): string | null {
  let found: unknown = json;
  for (const key of path) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, key)) return null;
    found = (found as Readonly<Record<string, unknown>>)[key];
  }
  return ["string", "number", "boolean"].includes(typeof found) ? String(found) : null;
}
