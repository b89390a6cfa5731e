import { setTimeout as wait } from "node:timers/promises";
import type { Clock } from "../../contract/clock.ts";

/** The machine's own time. */
export const realClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: async (ms, signal) => {
    await wait(ms, undefined, { signal });
  },
};
