import type { Clock } from "../../../src/contract/clock.ts";

/** Wall time moves when told; waiting takes no more than a turn of the event loop, so that others get on. */
export function fakeClock(): Clock & { advance(ms: number): void } {
  let nowMs = 1_800_000_000_000;
  let sleptMs = 0;
  return {
    now: () => nowMs,
    monotonicMs: () => performance.now() + sleptMs,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        sleptMs += ms;
        if (signal.aborted) reject(signal.reason);
        else setImmediate(resolve);
      }),
    advance: (ms) => {
      nowMs += ms;
    },
  };
}
