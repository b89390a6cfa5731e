type Asked<T> = { readonly answer: Promise<T>; readonly signal: AbortSignal };

/** Answers that are asked for once and shared by name. */
export interface AskOnce<T> {
  ask(name: string, make: () => Promise<T>, signal: AbortSignal): Promise<T>;
  /** Waits for every question under way, whatever comes of it. */
  settled(): Promise<void>;
}

/**
 * A failure is told to everybody who waits for it and then forgotten: the next one asks again. Where the first asker was
 * cancelled, those who waited with it ask for themselves.
 */
export function askOnce<T>(): AskOnce<T> {
  const asked = new Map<string, Asked<T>>();
  const first = async (name: string, make: () => Promise<T>, signal: AbortSignal): Promise<T> => {
    const mine: Asked<T> = { answer: make(), signal };
    asked.set(name, mine);
    try {
      return await mine.answer;
    } catch (error) {
      if (asked.get(name) === mine) asked.delete(name);
      throw error;
    }
  };
  const ask: AskOnce<T>["ask"] = async (name, make, signal) => {
    const known = asked.get(name);
    if (known === undefined) return first(name, make, signal);
    try {
      return await known.answer;
    } catch (error) {
      if (!known.signal.aborted || signal.aborted) throw error;
      if (asked.get(name) === known) asked.delete(name);
      return ask(name, make, signal);
    }
  };
  return {
    ask,
    settled: async () => {
      await Promise.allSettled([...asked.values()].map(({ answer }) => answer));
    },
  };
}
