import type { Random } from "../contract/clock.ts";

/** Full jitter: anything from 0 to the doubled pause, so that callers that failed together do not come back together. */
export function backoffMs(attempt: number, random: Random, firstMs = 500, mostMs = 30_000): number {
  return Math.round(random() * Math.min(mostMs, firstMs * 2 ** attempt));
}

const HOUR_MS = 3_600_000;

/** The pause of a row that the destination refused for good: 1 h, doubling to 24 h (S17). */
export function rejectPauseMs(attempts: number): number {
  return Math.min(24 * HOUR_MS, HOUR_MS * 2 ** Math.max(0, attempts - 1));
}
