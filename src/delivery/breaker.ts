/**
 * Keeps calls from an account that is down: after a few failures in a row nobody calls but one probe, at growing pauses, until
 * one is answered. Pure, as the budget is; times are monotonic ms.
 */
export interface Breaker {
  /** ms to wait before a call; 0: go. While the account is down, whoever hears 0 is the probe, and all others wait for its end. */
  waitMs(nowMs: number): number;
  /** The account has been down for so long that waiting is over: better come back with the next run. */
  isHopeless(nowMs: number): boolean;
  /** Who heard 0 may not call yet for another reason: the next one to ask may be the probe. */
  postponed(): void;
  answered(): void;
  failed(nowMs: number): void;
}

const FAILURES_UNTIL_DOWN = 5;
const FIRST_PAUSE_MS = 1_000;
const MOST_PAUSE_MS = 15_000;
/** An outage of a minute or two passes while the run waits. */
const PATIENCE_MS = 120_000;
/** While a probe is under way nobody can say when it ends. */
const POLL_MS = 100;

export function openBreaker(): Breaker {
  let failures = 0;
  let downSinceMs: number | null = null;
  let nextProbeMs = 0;
  let pauseMs = FIRST_PAUSE_MS;
  let isProbing = false;
  return {
    waitMs: (nowMs) => {
      if (downSinceMs === null) return 0;
      if (isProbing) return POLL_MS;
      if (nowMs < nextProbeMs) return nextProbeMs - nowMs;
      isProbing = true;
      return 0;
    },
    isHopeless: (nowMs) =>
      downSinceMs !== null && !isProbing && nowMs - downSinceMs > PATIENCE_MS && nowMs < nextProbeMs,
    postponed: () => {
      isProbing = false;
    },
    answered: () => {
      failures = 0;
      downSinceMs = null;
      pauseMs = FIRST_PAUSE_MS;
      isProbing = false;
    },
    failed: (nowMs) => {
      failures++;
      isProbing = false;
      if (failures < FAILURES_UNTIL_DOWN) return;
      downSinceMs ??= nowMs;
      nextProbeMs = nowMs + pauseMs;
      pauseMs = Math.min(MOST_PAUSE_MS, pauseMs * 2);
    },
  };
}
