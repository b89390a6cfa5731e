/** Lets work on syncs go side by side, and one piece of work have a moment to itself. */
export interface Lull {
  /**
   * Waits while somebody wants the moment for himself, then counts as at work until what this gives is called. null where the
   * signal aborted before.
   */
  enter(name: string, signal: AbortSignal): Promise<(() => void) | null>;
  /**
   * From now on nobody enters; begins when all who are at work have left. Throws the signal's reason where it aborts before that;
   * work that has begun comes to its end.
   */
  alone<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T>;
  /** Who is at work, by name. */
  atWork(): readonly string[];
  /** Gives whoever still waits to be alone the reason, and returns when nobody is. */
  close(reason: Error): Promise<void>;
}

const NEVER = new AbortController().signal;

export function openLull(): Lull {
  const inside = new Set<{ readonly name: string }>();
  const waiting = new Set<() => void>();
  const closing = new AbortController();
  /** Who is alone or waits for it. */
  let wanted = 0;
  let isAlone = false;

  const changed = (): void => {
    for (const wake of waiting) wake();
  };
  /** `take` looks and takes in one go: of two who wake together only one may find it free. False where the signal aborted. */
  const taken = async (take: () => boolean, signal: AbortSignal): Promise<boolean> => {
    for (;;) {
      if (take()) return true;
      if (signal.aborted) return false;
      await new Promise<void>((resume) => {
        const wake = (): void => {
          waiting.delete(wake);
          signal.removeEventListener("abort", wake);
          resume();
        };
        waiting.add(wake);
        signal.addEventListener("abort", wake);
      });
    }
  };

  return {
    enter: async (name, signal) => {
      const one = { name };
      const take = (): boolean => {
        if (wanted === 0) inside.add(one);
        return wanted === 0;
      };
      if (!(await taken(take, signal))) return null;
      return () => {
        inside.delete(one);
        changed();
      };
    },
    alone: async (work, outer) => {
      const signal = AbortSignal.any([outer, closing.signal]);
      const take = (): boolean => {
        if (isAlone || inside.size > 0 || signal.aborted) return false;
        isAlone = true;
        return true;
      };
      wanted++;
      try {
        if (!(await taken(take, signal))) throw signal.reason;
        try {
          return await work();
        } finally {
          isAlone = false;
        }
      } finally {
        wanted--;
        changed();
      }
    },
    atWork: () => [...inside].map(({ name }) => name),
    close: async (reason) => {
      closing.abort(reason);
      await taken(() => !isAlone, NEVER);
    },
  };
}
