import type { Clock } from "../contract/clock.ts";
import { Fault, type Hints, NO_HINTS } from "../contract/fault.ts";
import type { Priority } from "../contract/project.ts";
import { type Breaker, openBreaker } from "./breaker.ts";
import type { Budget } from "./budget.ts";
import { queueOfTurns } from "./queue-of-turns.ts";

/** What one run spent; the decorators count into it. */
export type Meter = { calls: number; throttled: number; waitedMs: number; bytesOut: number };

export function newMeter(): Meter {
  return { calls: 0, throttled: 0, waitedMs: 0, bytesOut: 0 };
}

/** What a call brought home: an answer, or a sign that nobody is there (no connection, 5xx, an answer of somebody else). */
export type Homecoming = { readonly hints: Hints; readonly isDown: boolean };

/** One account's door: everybody who calls it waits here in turn. */
export interface Gate {
  readonly budget: Budget;
  /**
   * Waits for a free slot, for the end of a pause that the vendor asked for, and while the account is down. Faults:
   * QUOTA_SPENT, whose hints say when it is asked after again, DESTINATION_UNREACHABLE after two minutes of vain waiting, and
   * the signal's reason.
   */
  pass(meter: Meter, signal: AbortSignal, priority?: Priority): Promise<void>;
  came(home: Homecoming): void;
}

/** `onChange` hears, after every answer, what may have to outlive the process. `most` calls are in flight at once. */
export function openGate(
  budget: Budget,
  clock: Clock,
  onChange: (budget: Budget) => void,
  most = Number.POSITIVE_INFINITY,
): Gate {
  const queue = queueOfTurns();
  const breaker = openBreaker();
  let inFlight = 0;
  let onFreed: () => void = () => undefined;
  /** Only whose turn it is waits here. */
  const untilFreed = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const leave = (): void => reject(signal.reason);
      signal.addEventListener("abort", leave, { once: true });
      onFreed = () => {
        signal.removeEventListener("abort", leave);
        resolve();
      };
    });
  const wait = async (meter: Meter, signal: AbortSignal): Promise<void> => {
    for (;;) {
      signal.throwIfAborted();
      if (inFlight >= most) {
        const since = clock.monotonicMs();
        await untilFreed(signal);
        meter.waitedMs += clock.monotonicMs() - since;
      }
      const nowMs = clock.monotonicMs();
      refuse(budget, breaker, clock);
      const downMs = breaker.waitMs(nowMs);
      const waitMs = downMs === 0 ? budget.book(nowMs) : downMs;
      if (waitMs === 0) {
        inFlight++;
        return;
      }
      if (downMs === 0) breaker.postponed();
      meter.waitedMs += waitMs;
      await clock.sleep(waitMs, signal);
    }
  };
  return {
    budget,
    pass: (meter, signal, priority = "normal") => queue.take(priority, () => wait(meter, signal), signal),
    came: ({ hints, isDown }) => {
      inFlight--;
      onFreed();
      const nowMs = clock.monotonicMs();
      budget.finish(nowMs);
      budget.learn(hints, nowMs);
      if (isDown) breaker.failed(nowMs);
      else breaker.answered();
      onChange(budget);
    },
  };
}

function refuse(budget: Budget, breaker: Breaker, clock: Clock): void {
  const nowMs = clock.monotonicMs();
  const pauseMs = Math.ceil(budget.quotaPauseMs(nowMs));
  if (pauseMs > 0)
    throw new Fault("QUOTA_SPENT", budget.quotaText(), {
      fix: `run it again from ${new Date(clock.now() + pauseMs).toISOString()} on; a larger quota or a smaller reserve ends the wait sooner`,
      hints: { ...NO_HINTS, retryAfterMs: pauseMs },
    });
  if (breaker.isHopeless(nowMs))
    throw new Fault("DESTINATION_UNREACHABLE", "the destination has not answered for two minutes", {
      fix: "run again when it is back; the rows are planned again",
    });
}
