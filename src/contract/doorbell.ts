/**
 * What tells workers that something waits. It carries no truth: what is to be done stands in the runs and leases, and a ring that
 * is lost, doubled or late is harmless. One implementation lives on the state's own rows; another may live on a job queue.
 */

/** A ring that was taken: somebody works on its key until `untilMs`. */
export type Ring = {
  /** What to look after, `QUEUE:NAME`. At most one worker has a key at a time. */
  readonly key: string;
  /** When it was due, ms since the epoch. */
  readonly dueMs: number;
  /** Names this taking: a worker that slept too long finds its own gone. */
  readonly ticket: string;
};

/** Answers when the key is to be rung again, ms since the epoch; null: not by itself. */
export type RingHandler = (ring: Ring, signal: AbortSignal) => Promise<number | null>;

export type DoorbellStats = {
  /** Not yet due. */
  readonly planned: number;
  /** Due and not taken. */
  readonly waiting: number;
  readonly working: number;
  /** How long the oldest waiting ring has been due, ms; 0 where none waits. */
  readonly lagMs: number;
};

export type RingWorker = {
  /** Takes nothing more, aborts what works, and waits until it is back. */
  stop(reason: Error): Promise<void>;
};

export type WorkOptions = {
  readonly queue: string;
  readonly atOnce: number;
  readonly onError: (error: unknown) => void;
};

export interface Doorbell {
  /** Rings as soon as anybody can; once, however often it is called before. A key at work is rung again after it. */
  enqueue(key: string): Promise<void>;
  /** Sets when a key rings by itself next, in place of what was set before; null takes that back. */
  schedule(key: string, atMs: number | null): Promise<void>;
  /**
   * Calls `handle` for rings of a queue that are due, at most `atOnce` at a time: where one queue's workers all have long work, the
   * others go on. One that throws is rung again after a pause.
   */
  work(handle: RingHandler, options: WorkOptions): RingWorker;
  /** The ring's worker is still at it. False where the ring is another's by now. */
  extend(ring: Ring): Promise<boolean>;
  /** Takes back what waits of a key; who works on it goes on. */
  cancel(key: string): Promise<void>;
  stats(): Promise<DoorbellStats>;
}
