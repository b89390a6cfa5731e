import type { Priority } from "../contract/project.ts";

/** One at a time, the more urgent first; so often somebody who waited longest goes first, that nobody waits for ever. */
export interface QueueOfTurns {
  /** Runs `work` when its turn comes. Who gives up while waiting leaves, and `work` is never run. */
  take(priority: Priority, work: () => Promise<void>, signal: AbortSignal): Promise<void>;
}

const URGENCY: Readonly<Record<Priority, number>> = { high: 2, normal: 1, low: 0 };
const OLDEST_EACH = 10;

type Waiting = { readonly urgency: number; readonly start: () => void };

export function queueOfTurns(): QueueOfTurns {
  const waiting: Waiting[] = [];
  let isTaken = false;
  let turns = 0;
  const next = (): void => {
    turns++;
    const most = turns % OLDEST_EACH === 0 ? null : Math.max(...waiting.map(({ urgency }) => urgency));
    const index = most === null ? 0 : waiting.findIndex(({ urgency }) => urgency === most);
    const [chosen] = waiting.splice(index, 1);
    if (chosen === undefined) isTaken = false;
    else chosen.start();
  };
  const turn = (priority: Priority, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted();
      if (!isTaken) {
        isTaken = true;
        resolve();
        return;
      }
      const leave = (): void => {
        waiting.splice(waiting.indexOf(mine), 1);
        reject(signal.reason);
      };
      const mine = {
        urgency: URGENCY[priority],
        start: () => {
          signal.removeEventListener("abort", leave);
          resolve();
        },
      };
      waiting.push(mine);
      signal.addEventListener("abort", leave, { once: true });
    });
  return {
    take: async (priority, work, signal) => {
      await turn(priority, signal);
      try {
        await work();
      } finally {
        next();
      }
    },
  };
}
