import { asCount, asObject, asText, refusedInput, refuseUnknownKeys } from "./control-input.ts";
import { type FaultEntry, NAMED_FAULTS, type SandboxFault } from "./fault-list.ts";

/** Entries from the body of `POST faults`: one, or a list. Throws a Fault USAGE on anything it does not know. */
export function parseFaults(body: unknown): FaultEntry[] {
  const list = Array.isArray(body) ? body : [body];
  return list.map((entry, index) => parseFault(entry, Array.isArray(body) ? `[${index}]` : "body"));
}

function parseFault(value: unknown, at: string): FaultEntry {
  const entry = asObject(value, at);
  refuseUnknownKeys(entry, ["match", "after", "times", "fault"], at);
  const match = asObject(entry.match ?? {}, `${at}.match`);
  refuseUnknownKeys(match, ["method", "path"], `${at}.match`);
  return {
    match: {
      method: match.method === undefined ? null : asText(match.method, `${at}.match.method`).toUpperCase(),
      path: match.path === undefined ? null : asText(match.path, `${at}.match.path`),
    },
    after: entry.after === undefined ? 0 : asCount(entry.after, 0, `${at}.after`),
    times: entry.times === undefined ? 1 : entry.times === null ? null : asCount(entry.times, 1, `${at}.times`),
    fault: parseKind(entry.fault, `${at}.fault`),
  };
}

function parseKind(value: unknown, at: string): SandboxFault {
  const named = NAMED_FAULTS.find((name) => name === value);
  if (named !== undefined) return named;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw refusedInput(
      `${at}: ${JSON.stringify(value)} is no fault; use ${NAMED_FAULTS.map((name) => `"${name}"`).join(", ")}, {"status", "headers"?, "body"?} or {"delay_ms"}`,
    );
  }
  const fault = asObject(value, at);
  if ("delay_ms" in fault) {
    refuseUnknownKeys(fault, ["delay_ms"], at);
    return { delay_ms: asCount(fault.delay_ms, 0, `${at}.delay_ms`) };
  }
  refuseUnknownKeys(fault, ["status", "headers", "body"], at);
  const status = asCount(fault.status, 200, `${at}.status`);
  if (status > 599) throw refusedInput(`${at}.status: ${status} is no HTTP status from 200 to 599`);
  return { status, headers: headersOf(fault.headers ?? {}, `${at}.headers`), body: fault.body ?? null };
}

function headersOf(value: unknown, at: string): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, text] of Object.entries(asObject(value, at))) {
    if (!/^[\w-]+$/.test(name)) throw refusedInput(`${at}: ${JSON.stringify(name)} is no header name`);
    if (typeof text !== "string" && typeof text !== "number") {
      throw refusedInput(`${at}.${name}: expected a text or a number`);
    }
    headers[name] = String(text);
  }
  return headers;
}
