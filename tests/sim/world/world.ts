/** Virtual time for everything that happens in one seed: it stands still while anybody works and jumps when all sleep. */

/** Whoever is woken may be gone: then its turn costs nothing. */
type Timer = {
  readonly atMs: number;
  readonly order: number;
  readonly wake: () => void;
  readonly isGone: () => boolean;
};

export interface World {
  /** ms since the seed began. */
  readonly nowMs: number;
  /** Calls `wake` when `atMs` has come, unless `isGone` by then. */
  at(atMs: number, wake: () => void, isGone?: () => boolean): void;
  sleep(ms: number): Promise<void>;
  /** Real work (a database) goes one piece at a time, and time waits for it: so every order is the seed's. */
  real<T>(work: () => Promise<T>): Promise<T>;
  /** Lets time pass until the work is done. Throws where nobody would ever wake again, or the seed does not end. */
  run<T>(work: Promise<T>): Promise<T>;
}

/** Far more than any seed needs: beyond it something turns in a circle. */
const MOST_EVENTS = 60_000;
const IDLE_TURNS = 50;

export function newWorld(): World {
  let nowMs = 0;
  let order = 0;
  let events = 0;
  const timers: Timer[] = [];
  let working: Promise<unknown> | null = null;
  const sleep = (ms: number): Promise<void> => new Promise((wake) => at(nowMs + ms, wake));
  const at: World["at"] = (atMs, wake, isGone = () => false) => {
    const timer = { atMs: Math.max(atMs, nowMs), order: order++, wake, isGone };
    let place = timers.length;
    while (place > 0 && (timers[place - 1]?.atMs ?? 0) <= timer.atMs) place--;
    timers.splice(place, 0, timer);
  };
  const next = (): Timer | undefined => {
    for (let timer = timers.pop(); timer !== undefined; timer = timers.pop()) if (!timer.isGone()) return timer;
    return undefined;
  };
  return {
    get nowMs() {
      return nowMs;
    },
    at,
    sleep,
    real: (work) => {
      const mine: Promise<unknown> = (working ?? Promise.resolve()).then(work, work);
      const settled = mine.then(
        () => undefined,
        () => undefined,
      );
      working = settled;
      void settled.then(() => {
        if (working === settled) working = null;
      });
      return mine as ReturnType<typeof work>;
    },
    run: async (work) => {
      let isDone = false;
      const watched = work.finally(() => {
        isDone = true;
      });
      watched.catch(() => undefined);
      for (let idle = 0; ; ) {
        await new Promise((resume) => setImmediate(resume));
        if (working !== null) {
          await working;
          continue;
        }
        if (isDone) return watched;
        const timer = next();
        if (timer === undefined) {
          if (++idle > IDLE_TURNS) throw new Error("everybody waits, and nobody sleeps");
          continue;
        }
        idle = 0;
        if (++events > MOST_EVENTS) throw new Error(`no end after ${MOST_EVENTS} events`);
        nowMs = Math.max(nowMs, timer.atMs);
        timer.wake();
      }
    },
  };
}
