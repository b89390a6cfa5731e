import { type Hints, NO_HINTS } from "../../src/contract/fault.ts";
import { retryAfterMs } from "../../src/kit/retry-after.ts";
import type { Answer } from "./client.ts";
import { readErrors } from "./vendor-error.ts";

/** What an answer tells of the org's limits: `Sforce-Limit-Info: api-usage=18/15000` (api_rest, headers_api_usage). */
export function readHints(answer: Answer, nowMs: number): Hints {
  const { status, headers } = answer;
  const refusal = limitRefusal(answer);
  const daily = readDaily(headers["sforce-limit-info"]);
  return {
    ...NO_HINTS,
    daily: refusal === "DAILY" ? { max: daily?.max ?? 0, remaining: 0 } : daily,
    retryAfterMs: retryAfterMs(headers["retry-after"], nowMs),
    throttled: refusal !== null || status === 429 || status === 503,
  };
}

function readDaily(header: string | undefined): Hints["daily"] {
  const parts = /\bapi-usage=(\d{1,12})\/(\d{1,12})/.exec(header ?? "");
  if (parts === null) return null;
  const max = Number(parts[2]);
  return { max, remaining: Math.max(0, max - Number(parts[1])) };
}

/**
 * 403 REQUEST_LIMIT_EXCEEDED: "TotalRequests Limit exceeded." is the day's quota, "ConcurrentRequests (Concurrent API
 * Requests) Limit exceeded." the calls that run for 20 s and more. Other 403s are permissions.
 */
export function limitRefusal({ status, text }: Answer): "DAILY" | "CONCURRENT" | null {
  if (status !== 403) return null;
  const error = readErrors(text, status).find(({ code }) => code === "REQUEST_LIMIT_EXCEEDED");
  if (error === undefined) return null;
  return /concurrent/i.test(error.message) ? "CONCURRENT" : "DAILY";
}
