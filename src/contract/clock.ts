/** Time and chance, handed in so that a simulation can own them. */
export interface Clock {
  /** Wall time, ms since the epoch: for what people read and for what outlives the process. */
  now(): number;
  /** Never jumps: for durations. */
  monotonicMs(): number;
  /** Resolves after `ms`, or rejects with the signal's reason at once when it aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** A number in [0, 1). */
export type Random = () => number;
