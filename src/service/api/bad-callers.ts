import type { Clock } from "../../contract/clock.ts";
import { refusal } from "./refusal.ts";
import type { Answer } from "./route.ts";

const MOST_BAD = 20;
const BAD_WINDOW_MS = 60_000;
const MOST_ADDRESSES = 10_000;

/** Counts by address who came with a wrong key: gives `answer` for the first ones of a minute, then 429 with the time to wait. */
export function countBadCallers(clock: Clock): (address: string, answer: Answer) => Answer {
  const bad = new Map<string, { count: number; sinceMs: number }>();
  return (address, answer) => {
    const nowMs = clock.now();
    const known = bad.get(address);
    const entry = known === undefined || nowMs - known.sinceMs >= BAD_WINDOW_MS ? { count: 0, sinceMs: nowMs } : known;
    entry.count++;
    bad.delete(address);
    bad.set(address, entry);
    if (bad.size > MOST_ADDRESSES) bad.delete(bad.keys().next().value ?? "");
    if (entry.count <= MOST_BAD) return answer;
    const waitS = Math.ceil((entry.sinceMs + BAD_WINDOW_MS - nowMs) / 1000);
    const headers = { "retry-after": String(waitS) };
    return refusal(429, "TOO_MANY_BAD_TOKENS", "too many bad tokens from this address", `wait ${waitS} s`, { headers });
  };
}
