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
  /** The day's quota as the vendor last told it, less our calls since; null where it never did. */
  readonly daily: { readonly max: number; readonly remaining: number } | null;
  /** Calls that we may still make today: the rest but for the reserve; null where nobody knows. */
  readonly quotaLeft: number | null;
  /** ms until a spent quota is asked after again; 0 while there is any left. */
  quotaPauseMs(nowMs: number): number;
  /** Why there is none left, for people. */
  quotaText(): string;
  /** So many processes call the account; each takes its part of the window. */
  shareAmong(callers: number): void;
  /** Calls in the present window, under way or answered. */
  usedNow(nowMs: number): number;
  /** Calls that an earlier process made, the last of them at this time. */
  remember(calls: number, atMs: number): void;
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

/**
 * Vendors do not say when a quota comes back (Salesforce counts the last 24 hours, HubSpot its own day): a spent one is asked
 * after again once an hour.
 */
const QUOTA_PAUSE_MS = 3_600_000;

/** `reserve`: share (0..1) of the day's quota that is left to others. */
export function windowBudget(first: { max: number; intervalMs: number }, reserve = 0): Budget {
  let window = { max: first.max, intervalMs: first.intervalMs };
  let inFlight = 0;
  let daily: { max: number; remaining: number } | null = null;
  let dailyAtMs = 0;
  let blockedUntilMs = 0;
  let refusals = 0;
  // Calls of other programs with the same credentials, as the vendor's counter shows them.
  let foreign = { calls: 0, untilMs: 0 };
  let callers = 1;
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

  const quotaLeft = (): number | null =>
    daily === null ? null : Math.max(0, daily.remaining - Math.ceil(daily.max * reserve));

  return {
    get window() {
      return window;
    },
    get daily() {
      return daily;
    },
    get quotaLeft() {
      return quotaLeft();
    },
    quotaPauseMs: (nowMs) => ((quotaLeft() ?? 1) > 0 ? 0 : Math.max(0, dailyAtMs + QUOTA_PAUSE_MS - nowMs)),
    quotaText: () => {
      const kept = Math.ceil((daily?.max ?? 0) * reserve);
      const left = daily?.remaining ?? 0;
      if (left <= 0) return `the account's daily quota of ${daily?.max ?? 0} API calls is used up`;
      return `${left} of the account's ${daily?.max ?? 0} daily API calls are left, and ${kept} are reserved for others`;
    },
    shareAmong: (among) => {
      callers = Math.max(1, among);
    },
    usedNow: used,
    remember: (calls, atMs) => {
      for (let call = 0; call < calls; call++) finished.push(atMs);
    },
    get blockedUntilMs() {
      return blockedUntilMs;
    },
    book: (nowMs) => {
      if (nowMs < blockedUntilMs) return blockedUntilMs - nowMs;
      const others = nowMs < foreign.untilMs ? foreign.calls : 0;
      const mine = used(nowMs);
      if (mine < Math.max(1, Math.floor(window.max / callers)) && mine + others < Math.max(1, window.max)) {
        inFlight++;
        // The vendor's next word replaces this count; until then it is the best there is.
        if (daily !== null && daily.remaining > 0) daily = { ...daily, remaining: daily.remaining - 1 };
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
      if (hints.daily !== null) {
        // Calls that are under way may not stand in the vendor's count yet.
        daily = { max: hints.daily.max, remaining: Math.max(0, hints.daily.remaining - inFlight) };
        dailyAtMs = nowMs;
      }
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
      calls === 0
        ? 0
        : Math.max(0, Math.ceil((calls + used(nowMs)) / Math.max(1, Math.floor(window.max / callers))) - 1) *
          window.intervalMs,
  };
}
