import { setTimeout as wait } from "node:timers/promises";
import type { Clock } from "../../../src/contract/clock.ts";

/** The machine's own time, for suites that talk to real servers. */
export const realClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) => wait(ms, undefined, { signal, ref: false }),
};
