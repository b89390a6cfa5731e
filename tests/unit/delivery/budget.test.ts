// Proves that the budget never lets the server count more calls than it allows, learns its limits, and obeys Retry-After.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { windowBudget } from "../../../src/delivery/budget.ts";
import { someHints } from "./samples.ts";

type Call = { readonly thinkMs: number; readonly toServerMs: number; readonly backMs: number };
const calls = fc.array(
  fc.record({
    thinkMs: fc.integer({ min: 0, max: 40 }),
    toServerMs: fc.integer({ min: 0, max: 300 }),
    backMs: fc.integer({ min: 0, max: 300 }),
  }),
  { minLength: 1, maxLength: 120 },
);

/** Plays callers that ask in turn, each call on its way for its own time; gives the times at which the server saw them. */
function play(max: number, intervalMs: number, concurrency: number, sequence: readonly Call[]): number[] {
  const budget = windowBudget({ max, intervalMs });
  const arrivals: number[] = [];
  let nowMs = 0;
  let returns: number[] = [];
  const comeHome = (untilMs: number): void => {
    for (const atMs of returns.filter((time) => time <= untilMs).sort((a, b) => a - b)) budget.finish(atMs);
    returns = returns.filter((time) => time > untilMs);
  };
  for (const call of sequence) {
    nowMs += call.thinkMs;
    comeHome(nowMs);
    while (returns.length >= concurrency) {
      nowMs = Math.min(...returns);
      comeHome(nowMs);
    }
    for (let waitMs = budget.book(nowMs); waitMs > 0; waitMs = budget.book(nowMs)) {
      nowMs += waitMs;
      comeHome(nowMs);
    }
    arrivals.push(nowMs + call.toServerMs);
    returns.push(nowMs + call.toServerMs + call.backMs);
  }
  return arrivals.sort((a, b) => a - b);
}

describe("the window as the server counts it", () => {
  test("never more than max arrivals in any interval, whatever the latencies", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 50, max: 1000 }),
        fc.integer({ min: 1, max: 10 }),
        calls,
        (max, intervalMs, concurrency, sequence) => {
          const arrivals = play(max, intervalMs, concurrency, sequence);
          for (const [index, arrivedAt] of arrivals.entries()) {
            const inWindow = arrivals.slice(index).filter((time) => time < arrivedAt + intervalMs).length;
            expect(inWindow).toBeLessThanOrEqual(max);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  test("calls without latency use at least 98 % of what is allowed", () => {
    const sequence = Array.from({ length: 1900 }, () => ({ thinkMs: 0, toServerMs: 0, backMs: 0 }));
    const arrivals = play(190, 10_000, 10, sequence);
    expect(arrivals.at(-1)).toBeLessThanOrEqual(9 * 10_000 * 1.02);
  });
});

describe("learning", () => {
  test.each([
    { what: "a wider window", first: 1, told: 5, remaining: null, free: 5 },
    { what: "a narrower window", first: 100, told: 3, remaining: null, free: 3 },
    { what: "calls of others, by what remains", first: 10, told: 10, remaining: 4, free: 4 },
    { what: "nothing left", first: 10, told: 10, remaining: 0, free: 0 },
  ])("$what", ({ first, told, remaining, free }) => {
    const budget = windowBudget({ max: first, intervalMs: 1000 });
    budget.learn(someHints({ window: { max: told, intervalMs: 1000, remaining } }), 0);
    let booked = 0;
    while (booked < 500 && budget.book(0) === 0) booked++;
    expect(booked).toBe(free);
    for (let call = 0; call < booked; call++) budget.finish(1);
    expect(budget.book(1006), "a window later all is free again").toBe(0);
  });

  test("our own calls are not taken for those of others", () => {
    const budget = windowBudget({ max: 10, intervalMs: 1000 });
    for (let call = 0; call < 4; call++) {
      expect(budget.book(0)).toBe(0);
      budget.finish(call);
      budget.learn(someHints({ window: { max: 10, intervalMs: 1000, remaining: 10 - call - 1 } }), call);
    }
    let booked = 0;
    while (budget.book(4) === 0) booked++;
    expect(booked).toBe(6);
  });

  test("a daily allowance is remembered; an answer without one says nothing", () => {
    const budget = windowBudget({ max: 10, intervalMs: 1000 });
    expect(budget.daily).toBeNull();
    budget.learn(someHints({ daily: { max: 100, remaining: 7 } }), 0);
    budget.learn(someHints({}), 1);
    expect(budget.daily?.remaining).toBe(7);
  });
});

describe("the day's quota", () => {
  const daily = (remaining: number) => someHints({ daily: { max: 100, remaining } });

  test("a reserve is left to others, our own calls count at once, and the vendor's word replaces the count", () => {
    const budget = windowBudget({ max: 10, intervalMs: 1000 }, 0.1);
    expect(budget.quotaLeft).toBeNull();
    budget.learn(daily(12), 0);
    expect(budget.quotaLeft).toBe(2);
    budget.book(0);
    expect(budget.quotaLeft).toBe(1);
    budget.learn(daily(20), 1);
    expect(budget.quotaLeft, "the call under way may not be counted yet").toBe(9);
    budget.finish(2);
    budget.learn(daily(20), 2);
    expect(budget.quotaLeft).toBe(10);
  });

  test("a spent one is asked after again once an hour, whoever spent it", () => {
    const budget = windowBudget({ max: 10, intervalMs: 1000 }, 0.1);
    budget.learn(daily(10), 5);
    expect(budget.quotaPauseMs(5)).toBe(3_600_000);
    expect(budget.quotaText()).toMatch(/10 of the account's 100 daily API calls are left, and 10 are reserved/);
    expect(budget.quotaPauseMs(3_600_005)).toBe(0);
    budget.learn(daily(0), 3_600_006);
    expect(budget.quotaPauseMs(3_600_006)).toBe(3_600_000);
    expect(budget.quotaText()).toMatch(/used up/);
  });
});

test("calls of an earlier process fill the window until its end", () => {
  const budget = windowBudget({ max: 3, intervalMs: 1000 });
  budget.remember(2, -400);
  expect(budget.book(0)).toBe(0);
  expect(budget.book(0)).toBe(605);
  expect(budget.usedNow(0)).toBe(3);
  expect(budget.book(605)).toBe(0);
});

test("several processes take equal parts of the window, and what others took counts once", () => {
  const budget = windowBudget({ max: 10, intervalMs: 1000 });
  budget.shareAmong(3);
  for (let call = 0; call < 3; call++) expect(budget.book(0)).toBe(0);
  expect(budget.book(0)).toBeGreaterThan(0);
  budget.learn(someHints({ window: { max: 10, intervalMs: 1000, remaining: 1 } }), 1);
  budget.shareAmong(1);
  expect(budget.book(1)).toBe(0);
  expect(budget.book(1)).toBeGreaterThan(0);
});

describe("refusals", () => {
  test("no call before Retry-After is over, and never an earlier end than was once told", () => {
    const budget = windowBudget({ max: 10, intervalMs: 1000 });
    budget.learn(someHints({ throttled: true, retryAfterMs: 5000 }), 100);
    budget.learn(someHints({ throttled: true, retryAfterMs: 1000 }), 200);
    expect(budget.book(200)).toBe(4900);
    expect(budget.book(5099)).toBe(1);
    expect(budget.book(5100)).toBe(0);
  });

  test("a pause is obeyed where the call itself succeeded", () => {
    const budget = windowBudget({ max: 10, intervalMs: 1000 });
    budget.learn(someHints({ retryAfterMs: 300 }), 0);
    expect(budget.book(0)).toBe(300);
  });

  test("without Retry-After the pause doubles up to the interval, and starts anew after a success", () => {
    const budget = windowBudget({ max: 10, intervalMs: 10_000 });
    let nowMs = 0;
    const pauses = Array.from({ length: 6 }, () => {
      budget.learn(someHints({ throttled: true }), nowMs);
      const pause = budget.book(nowMs);
      nowMs += pause;
      return pause;
    });
    expect(pauses).toEqual([1000, 2000, 4000, 8000, 10_000, 10_000]);
    budget.learn(someHints({}), nowMs);
    budget.learn(someHints({ throttled: true }), nowMs);
    expect(budget.book(nowMs)).toBe(1000);
  });

  test("a block from another process holds, and a shorter one does not lift it", () => {
    const budget = windowBudget({ max: 10, intervalMs: 1000 });
    budget.blockUntil(700);
    budget.blockUntil(300);
    expect(budget.book(0)).toBe(700);
    expect(budget.blockedUntilMs).toBe(700);
  });
});

test("where every slot is in flight one asks again soon; a window of zero still lets one call at a time through", () => {
  const budget = windowBudget({ max: 0, intervalMs: 1000 });
  expect(budget.book(0)).toBe(0);
  expect(budget.book(0)).toBe(10);
  budget.finish(20);
  expect(budget.book(20)).toBe(1005);
});

test.each([
  [0, 0],
  [1, 0],
  [190, 0],
  [191, 10_000],
  [600, 30_000],
])("forecasts %i calls in %i ms", (count, ms) => {
  expect(windowBudget({ max: 190, intervalMs: 10_000 }).forecastMs(count, 0)).toBe(ms);
});
