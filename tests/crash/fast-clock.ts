import type { Clock } from "../../src/contract/clock.ts";
import { systemClock } from "../../src/wire.ts";

/** `SPEED@EPOCH`: at that time, ms since the epoch, this clock and the machine's agree; from there on it runs ahead. */
export function fastClockText(speed: number): string {
  return `${speed}@${Date.now()}`;
}

/**
 * The machine's time, many times as fast: the minute of a lease is over in seconds. Processes that are given the same text
 * agree on the time.
 */
export function fastClock(text: string): Clock {
  const [speed, epoch] = text.split("@").map(Number);
  if (speed === undefined || epoch === undefined || !(speed >= 1)) throw new Error(`"${text}" is no clock`);
  const clock = systemClock();
  return {
    now: () => Math.floor(epoch + (clock.now() - epoch) * speed),
    monotonicMs: () => clock.monotonicMs() * speed,
    sleep: (ms, signal) => clock.sleep(ms / speed, signal),
  };
}
