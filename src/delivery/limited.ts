import type { Clock } from "../contract/clock.ts";
import type { Destination } from "../contract/destination.ts";
import { Fault, type Hints, NO_HINTS } from "../contract/fault.ts";
import type { Budget } from "./budget.ts";
import { notSent } from "./not-sent.ts";

/** What one run spent; the decorators count into it. */
export type Meter = { calls: number; throttled: number; waitedMs: number; bytesOut: number };

export function newMeter(): Meter {
  return { calls: 0, throttled: 0, waitedMs: 0, bytesOut: 0 };
}

/** One account's door: everybody who calls it waits here in turn. */
export interface Gate {
  readonly budget: Budget;
  pass(meter: Meter, signal: AbortSignal): Promise<void>;
  came(hints: Hints): void;
}

/** `onBlocked` hears of every refusal with the wall time until which it holds, so that it can outlive the process. */
export function openGate(budget: Budget, clock: Clock, onBlocked: (untilWallMs: number) => void): Gate {
  let turn: Promise<void> = Promise.resolve();
  const wait = async (meter: Meter, signal: AbortSignal): Promise<void> => {
    for (;;) {
      signal.throwIfAborted();
      if (budget.dailyRemaining === 0)
        throw new Fault("QUOTA_SPENT", "the account's daily quota of API calls is used up", {
          fix: "run again after the vendor's reset, or raise the quota",
        });
      const waitMs = budget.book(clock.monotonicMs());
      if (waitMs === 0) return;
      meter.waitedMs += waitMs;
      await clock.sleep(waitMs, signal);
    }
  };
  return {
    budget,
    pass: (meter, signal) => {
      const mine = turn.then(() => wait(meter, signal));
      turn = mine.catch(() => undefined);
      return mine;
    },
    came: (hints) => {
      const nowMs = clock.monotonicMs();
      const before = budget.blockedUntilMs;
      budget.finish(nowMs);
      budget.learn(hints, nowMs);
      if (budget.blockedUntilMs > before) onBlocked(clock.now() + budget.blockedUntilMs - nowMs);
    },
  };
}

/** A write that is on its way is never cut off: its answer is worth the seconds until the connector's own deadline. */
const UNCUT = new AbortController().signal;

/**
 * A destination that makes no call the account's budget does not allow, and counts what it makes. Where the vendor limits
 * searches apart, they wait at that gate too.
 */
export function limited(inner: Destination, gate: Gate, meter: Meter, search: Gate | null = null): Destination {
  const call = async <T extends { calls: number; hints: Hints }>(
    signal: AbortSignal,
    make: () => Promise<T>,
  ): Promise<T> => {
    await gate.pass(meter, signal);
    return answered(make);
  };
  const answered = async <T extends { calls: number; hints: Hints }>(make: () => Promise<T>): Promise<T> => {
    try {
      const answer = await make();
      count(meter, answer.calls, answer.hints);
      gate.came(answer.hints);
      return answer;
    } catch (error) {
      const hints: Hints = error instanceof Fault ? error.hints : NO_HINTS;
      count(meter, 1, hints);
      gate.came(hints);
      throw error;
    }
  };
  return {
    abilities: inner.abilities,
    check: (signal) => call(signal, () => inner.check(signal)),
    describe: (object, fields, signal) => call(signal, () => inner.describe(object, fields, signal)),
    find: async (request, signal) => {
      const ask = () =>
        call(signal, async () => {
          const reply = await inner.find(request, signal);
          meter.bytesOut += reply.bytesOut;
          return reply;
        });
      if (search === null || request.by === "recordId" || !("fields" in request.by)) return ask();
      await search.pass(meter, signal);
      try {
        return await ask();
      } finally {
        search.came(NO_HINTS);
      }
    },
    write: async (batch, signal) => {
      try {
        await gate.pass(meter, signal);
      } catch (error) {
        return notSent(batch, signal.aborted ? "CANCELLED" : codeOf(error), error);
      }
      const reply = await answered(() => inner.write(batch, UNCUT));
      meter.bytesOut += reply.bytesOut;
      return reply;
    },
    close: () => inner.close(),
  };
}

function codeOf(error: unknown): string {
  return error instanceof Fault ? error.code : "INTERNAL";
}

function count(meter: Meter, calls: number, hints: Hints): void {
  meter.calls += calls;
  if (hints.throttled) meter.throttled++;
}
