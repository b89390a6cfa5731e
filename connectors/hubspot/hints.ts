import { type Hints, NO_HINTS } from "../../src/contract/fault.ts";
import { parseJson, record } from "../../src/kit/json.ts";
import { retryAfterMs } from "../../src/kit/retry-after.ts";
import type { Answer } from "./client.ts";

/** HubSpot locks a record or object that is written too fast, and asks for at least 2 s (error handling page). */
const LOCKED_WAIT_MS = 2_000;
/** The lowest daily limit that HubSpot has, where an answer names the policy but not its size. */
const LOWEST_DAILY = 250_000;

/** What an answer's headers tell of the account's limits. Search answers carry none. */
export function readHints(answer: Answer, nowMs: number): Hints {
  const { status, headers } = answer;
  const asked = retryAfterMs(headers["retry-after"], nowMs);
  const max = count(headers["x-hubspot-ratelimit-max"]);
  const intervalMs = count(headers["x-hubspot-ratelimit-interval-milliseconds"]);
  return {
    ...NO_HINTS,
    window:
      max !== null && intervalMs !== null && max > 0 && intervalMs > 0
        ? { max, intervalMs, remaining: count(headers["x-hubspot-ratelimit-remaining"]) }
        : null,
    daily: readDaily(answer),
    retryAfterMs: status === 423 ? Math.max(asked ?? 0, LOCKED_WAIT_MS) : asked,
    throttled: status === 429,
  };
}

function readDaily({ status, headers, text }: Answer): Hints["daily"] {
  const max = count(headers["x-hubspot-ratelimit-daily"]);
  if (status === 429 && record(parseJson(text))?.policyName === "DAILY")
    return { max: max ?? LOWEST_DAILY, remaining: 0 };
  const remaining = count(headers["x-hubspot-ratelimit-daily-remaining"]);
  return max === null || remaining === null ? null : { max, remaining };
}

function count(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,12}$/.test(text) ? Number(text) : null;
}
