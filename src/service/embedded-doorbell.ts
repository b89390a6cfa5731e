import type { Clock, Random } from "../contract/clock.ts";
import type { Doorbell, Ring, RingHandler, WorkOptions } from "../contract/doorbell.ts";
import type { RingStore } from "../contract/service.ts";
import { newRunId } from "../core/run-id.ts";

/** A taken ring is its worker's for so long, unless it extends it. */
const TAKEN_MS = 60_000;
const EXTEND_MS = 20_000;
/** The longest nap: rings of other processes are seen then at the latest. */
const NAP_MS = 1_000;
/** Before a ring whose worker threw, or a database that did not answer, is tried again. */
const AGAIN_MS = 5_000;

/**
 * The doorbell over the state's own rows, for one process: a timer that wakes for the next ring that is due. What a dead process
 * had taken is given back at the start.
 */
export async function openEmbeddedDoorbell(rings: RingStore, clock: Clock, random: Random): Promise<Doorbell> {
  await rings.free();
  const wakers = new Set<() => void>();
  const wake = (): void => {
    for (const waker of wakers) waker();
  };
  return {
    enqueue: async (key) => {
      await rings.ring(key, clock.now());
      wake();
    },
    schedule: async (key, atMs) => {
      await rings.plan(key, atMs);
      wake();
    },
    cancel: (key) => rings.drop(key),
    extend: ({ key, ticket }) => rings.extend(key, ticket, clock.now() + TAKEN_MS),
    stats: async () => {
      const nowMs = clock.now();
      const { oldestMs, ...counts } = await rings.stats(nowMs);
      return { ...counts, lagMs: oldestMs === null ? 0 : Math.max(0, nowMs - oldestMs) };
    },
    work: (handle, options) => startWorker({ rings, clock, random, wakers, handle, ...options }),
  };
}

type WorkerParts = WorkOptions & {
  readonly rings: RingStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly wakers: Set<() => void>;
  readonly handle: RingHandler;
};

function startWorker({ rings, clock, random, wakers, handle, queue, atOnce, onError }: WorkerParts) {
  const stopping = new AbortController();
  const working = new Set<Promise<void>>();
  const inHand = new Set<Ring>();
  let nap: AbortController | null = null;
  let hasNews = false;
  const wake = (): void => {
    hasNews = true;
    nap?.abort();
  };
  wakers.add(wake);

  const work = async (ring: Ring): Promise<void> => {
    const over = new AbortController();
    inHand.add(ring);
    const keeping = keepTaken(rings, clock, ring, over.signal, onError);
    let again: number | null;
    try {
      again = await handle(ring, stopping.signal);
    } catch (error) {
      onError(error);
      again = clock.now() + AGAIN_MS;
    }
    over.abort();
    await keeping;
    await rings.done(ring.key, ring.ticket, again).catch(onError);
    inHand.delete(ring);
  };

  let lookedMs = clock.now();
  /** Where the machine slept, or somebody set the clock, what is at work here has run out and is still ours. */
  const keepInHand = async (): Promise<void> => {
    const sinceMs = clock.now() - lookedMs;
    lookedMs += sinceMs;
    if (sinceMs < EXTEND_MS) return;
    for (const { key, ticket } of inHand) await rings.extend(key, ticket, clock.now() + TAKEN_MS);
  };

  const sleep = async (ms: number): Promise<void> => {
    if (hasNews || ms <= 0) return;
    nap = new AbortController();
    await clock.sleep(ms, AbortSignal.any([nap.signal, stopping.signal])).catch(() => undefined);
    nap = null;
  };

  const newTicket = () => newRunId(clock.now(), random);
  const take = (limit: number) => rings.take(queue, { nowMs: clock.now(), limit, forMs: TAKEN_MS, newTicket });

  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      hasNews = false;
      try {
        await keepInHand();
        const free = atOnce - working.size;
        const taken = free <= 0 ? [] : await take(free);
        for (const ring of taken) {
          const task = work(ring).finally(() => {
            working.delete(task);
            wake();
          });
          working.add(task);
        }
        if (taken.length > 0) continue;
        const dueMs = working.size >= atOnce ? null : await rings.nextDue(queue);
        await sleep(dueMs === null ? NAP_MS : Math.min(NAP_MS, dueMs - clock.now()));
      } catch (error) {
        onError(error);
        hasNews = false;
        await sleep(AGAIN_MS);
      }
    }
  };
  const looping = loop();
  return {
    stop: async (reason: Error) => {
      stopping.abort(reason);
      wakers.delete(wake);
      await looping;
      await Promise.all(working);
    },
  };
}

/** Says while the work lasts that somebody is at it. A ring that is lost is no harm: leases keep two workers apart. */
async function keepTaken(
  rings: RingStore,
  clock: Clock,
  { key, ticket }: Ring,
  signal: AbortSignal,
  onError: (error: unknown) => void,
): Promise<void> {
  for (;;) {
    try {
      await clock.sleep(EXTEND_MS, signal);
    } catch {
      return;
    }
    await rings.extend(key, ticket, clock.now() + TAKEN_MS).catch(onError);
  }
}
