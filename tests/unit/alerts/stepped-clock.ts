import type { Clock } from "../../../src/contract/clock.ts";
import { NOON } from "./samples.ts";

export type SteppedClock = Clock & {
  /** Wakes, in order, who sleeps until then; each with the time for which it asked. */
  readonly advance: (ms: number) => Promise<void>;
  /** How many sleep, of those who asked for so many ms. */
  readonly sleepers: (ms?: number) => number;
};

/** Stands still until it is moved. */
export function steppedClock(): SteppedClock {
  let nowMs = 0;
  let sleepers: { readonly at: number; readonly ms: number; readonly wake: () => void }[] = [];
  return {
    now: () => NOON + nowMs,
    monotonicMs: () => nowMs,
    sleepers: (ms) => sleepers.filter((one) => ms === undefined || one.ms === ms).length,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        const sleeper = {
          at: nowMs + ms,
          ms,
          wake: () => {
            signal.removeEventListener("abort", leave);
            resolve();
          },
        };
        const leave = () => {
          sleepers = sleepers.filter((one) => one !== sleeper);
          reject(signal.reason);
        };
        signal.addEventListener("abort", leave, { once: true });
        sleepers.push(sleeper);
      }),
    advance: async (ms) => {
      const end = nowMs + ms;
      for (;;) {
        const next = sleepers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        sleepers = sleepers.filter((one) => one !== next);
        nowMs = Math.max(nowMs, next.at);
        next.wake();
        await turn();
      }
      nowMs = end;
      await turn();
    },
  };
}

const turn = () => new Promise<void>((done) => setImmediate(done));
