import type { Hints } from "../contract/fault.ts";

/**
 * The rate allowance of one account, as the vendor counts it: at most `max` calls in any `intervalMs`. Pure: it answers
 * "how long must I wait?", and somebody else waits. Times are monotonic ms.
 *
 * A slot is taken when a call is booked and is free again `intervalMs` after its *reply*: the vendor counted the call
 * somewhere between the two, so it can never count more of them than we do.
 */
export interface Budget {
  /** 0: booked, go. Otherwise nothing is booked: ask again after so many ms. */
  book(nowMs: number): number;
  /** The call came back. */
  finish(nowMs: number): void;
  learn(hints: Hints, nowMs: number): void;
  /** No call before this time. */
  blockUntil(atMs: number): void;
  readonly window: { readonly max: number; readonly intervalMs: number };
  /** Calls left today as the vendor last said; null where it never did. */
  readonly dailyRemaining: number | null;
  /** When the last refusal lets us go on, monotonic ms; 0 for never refused. */
  readonly blockedUntilMs: number;
  /** ms that `calls` further calls would take, with those that fill the window already. */
  forecastMs(calls: number, nowMs: number): number;
}

/** Against timers that fire a little early and clocks that round. */
const MARGIN_MS = 5;
/** While every slot is in flight nobody can say when one comes back. */
const POLL_MS = 10;
/** Where a vendor refuses without saying for how long. */
const UNSAID_PAUSE_MS = 1_000;

export function windowBudget(first: { max: number; intervalMs: number }): Budget {
  let window = { max: first.max, intervalMs: first.intervalMs };
  let inFlight = 0;
  let dailyRemaining: number | null = null;
  let blockedUntilMs = 0;
  let refusals = 0;
  // Calls of other programs with the same credentials, as the vendor's counter shows them.
  let foreign = { calls: 0, untilMs: 0 };
  const finished: number[] = [];
  let head = 0;

  const used = (nowMs: number): number => {
    while (head < finished.length && (finished[head] ?? 0) + window.intervalMs + MARGIN_MS <= nowMs) head++;
    if (head > 1_000 && head * 2 > finished.length) {
      finished.splice(0, head);
      head = 0;
    }
    return inFlight + finished.length - head;
  };

  return {
    get window() {
      return window;
    },
    get dailyRemaining() {
      return dailyRemaining;
    },
    get blockedUntilMs() {
      return blockedUntilMs;
    },
    book: (nowMs) => {
      if (nowMs < blockedUntilMs) return blockedUntilMs - nowMs;
      const others = nowMs < foreign.untilMs ? foreign.calls : 0;
      if (used(nowMs) + others < Math.max(1, window.max)) {
        inFlight++;
        return 0;
      }
      const oldest = finished[head];
      if (oldest === undefined) return inFlight > 0 ? POLL_MS : Math.max(1, foreign.untilMs - nowMs);
      return Math.max(1, oldest + window.intervalMs + MARGIN_MS - nowMs);
    },
    finish: (nowMs) => {
      inFlight--;
      finished.push(nowMs);
    },
    learn: (hints, nowMs) => {
      if (hints.window !== null) {
        window = { max: hints.window.max, intervalMs: hints.window.intervalMs };
        const seen = hints.window.remaining === null ? 0 : window.max - hints.window.remaining;
        const others = seen - used(nowMs);
        // Our calls that left after this one was counted hide as many of theirs: within the interval the estimate only grows.
        if (others > (nowMs < foreign.untilMs ? foreign.calls : 0))
          foreign = { calls: others, untilMs: nowMs + window.intervalMs };
      }
      if (hints.daily !== null) dailyRemaining = hints.daily.remaining;
      if (!hints.throttled && hints.retryAfterMs === null) {
        refusals = 0;
        return;
      }
      const pause = hints.retryAfterMs ?? Math.min(window.intervalMs, UNSAID_PAUSE_MS * 2 ** refusals);
      refusals++;
      blockedUntilMs = Math.max(blockedUntilMs, nowMs + pause);
    },
    blockUntil: (atMs) => {
      blockedUntilMs = Math.max(blockedUntilMs, atMs);
    },
    forecastMs: (calls, nowMs) =>
      calls === 0 ? 0 : Math.max(0, Math.ceil((calls + used(nowMs)) / Math.max(1, window.max)) - 1) * window.intervalMs,
  };
}
