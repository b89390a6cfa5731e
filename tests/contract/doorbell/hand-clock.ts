import type { Clock } from "../../../src/contract/clock.ts";

export type HandClock = Clock & {
  /** Both clocks go on by so much; who slept until then wakes. */
  advance(ms: number): void;
  /** The wall clock alone goes on, as it does while the machine sleeps, or when somebody sets it. */
  jump(ms: number): void;
  /** How many sleep by it. */
  sleepers(): number;
};

/** Time stands still until a hand moves it, also for those who sleep. */
export function handClock(startMs = 1_800_000_000_000): HandClock {
  const sleepers = new Set<{ readonly atMs: number; readonly wake: () => void }>();
  let goneMs = 0;
  let jumpedMs = 0;
  return {
    now: () => startMs + goneMs + jumpedMs,
    monotonicMs: () => goneMs,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        const abort = (): void => {
          sleepers.delete(sleeper);
          reject(signal.reason);
        };
        const wake = (): void => {
          sleepers.delete(sleeper);
          signal.removeEventListener("abort", abort);
          resolve();
        };
        const sleeper = { atMs: goneMs + ms, wake };
        sleepers.add(sleeper);
        signal.addEventListener("abort", abort, { once: true });
      }),
    advance: (ms) => {
      goneMs += ms;
      for (const sleeper of [...sleepers].sort((a, b) => a.atMs - b.atMs)) if (sleeper.atMs <= goneMs) sleeper.wake();
    },
    jump: (ms) => {
      jumpedMs += ms;
    },
    sleepers: () => sleepers.size,
  };
}

/** The clock of a database whose time is a hand clock's: who waits for a lock waits in earnest. */
export function lockClock(clock: Clock): Clock {
  return {
    now: clock.now,
    monotonicMs: () => performance.now(),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  };
}
