import type { Clock } from "../../../src/contract/clock.ts";

/** Knows the calls that a delay holds, and since when: only those ever run long here. */
export interface LongCalls {
  /** The clock that delays are slept on. */
  readonly clock: Clock;
  /** How many have been running for at least `longMs`. */
  running(longMs: number): number;
}

export function longCalls(clock: Clock): LongCalls {
  const startedMs = new Set<{ readonly at: number }>();
  return {
    clock: {
      now: clock.now,
      monotonicMs: clock.monotonicMs,
      async sleep(ms, signal) {
        const call = { at: clock.monotonicMs() };
        startedMs.add(call);
        try {
          await clock.sleep(ms, signal);
        } finally {
          startedMs.delete(call);
        }
      },
    },
    running(longMs) {
      const nowMs = clock.monotonicMs();
      let count = 0;
      for (const { at } of startedMs) if (nowMs - at >= longMs) count++;
      return count;
    },
  };
}
