import type { Clock } from "../../../src/contract/clock.ts";

/** Time that stands still until everybody sleeps, then jumps to the first who wakes. */
export function virtualClock(): Clock & { readonly slept: number[]; run<T>(work: Promise<T>): Promise<T> } {
  const startMs = 1_800_000_000_000;
  let nowMs = 0;
  let order = 0;
  let sleepers: { atMs: number; order: number; wake: () => void }[] = [];
  const slept: number[] = [];
  return {
    slept,
    now: () => startMs + nowMs,
    monotonicMs: () => nowMs,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        slept.push(ms);
        const leave = (): void => {
          sleepers = sleepers.filter((other) => other !== sleeper);
          reject(signal.reason);
        };
        const wake = (): void => {
          signal.removeEventListener("abort", leave);
          resolve();
        };
        const sleeper = { atMs: nowMs + ms, order: order++, wake };
        sleepers.push(sleeper);
        signal.addEventListener("abort", leave);
      }),
    /** Lets time pass until the work is done. */
    run: async <T>(work: Promise<T>): Promise<T> => {
      let isDone = false;
      const watched = work.finally(() => {
        isDone = true;
      });
      watched.catch(() => undefined);
      for (let idle = 0; !isDone; ) {
        await new Promise((resolve) => setImmediate(resolve));
        const [next] = sleepers.sort((a, b) => a.atMs - b.atMs || a.order - b.order);
        if (isDone) break;
        if (next === undefined) {
          // Real work (a file, a database) may be under way; nobody waits for time.
          if (++idle > 20_000) throw new Error("everybody waits, and nobody sleeps");
          continue;
        }
        idle = 0;
        sleepers = sleepers.filter((other) => other !== next);
        nowMs = Math.max(nowMs, next.atMs);
        next.wake();
      }
      return watched;
    },
  };
}
