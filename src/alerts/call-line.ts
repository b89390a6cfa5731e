/** Calls that are made in the background, a few at once, in the order in which they came. */
export type CallLine = {
  /** False where too many wait already. `call` never rejects. */
  readonly add: (call: () => Promise<void>) => boolean;
  /** Resolves once none is left. */
  readonly idle: () => Promise<void>;
  /** Forgets those that were not begun; gives their number. */
  readonly drop: () => number;
};

export function openCallLine(atOnce: number, most: number): CallLine {
  let waiting: (() => Promise<void>)[] = [];
  let running = 0;
  let idlers: (() => void)[] = [];
  const next = (): void => {
    while (running < atOnce) {
      const call = waiting.shift();
      if (call === undefined) break;
      running += 1;
      void call().then(() => {
        running -= 1;
        next();
      });
    }
    if (running > 0) return;
    for (const wake of idlers) wake();
    idlers = [];
  };
  return {
    add: (call) => {
      if (waiting.length >= most) return false;
      waiting.push(call);
      next();
      return true;
    },
    idle: () => {
      if (running === 0 && waiting.length === 0) return Promise.resolve();
      return new Promise((resolve) => idlers.push(resolve));
    },
    drop: () => {
      const dropped = waiting.length;
      waiting = [];
      return dropped;
    },
  };
}
