import type { Clock } from "../contract/clock.ts";
import { Fault } from "../contract/fault.ts";
import type { Lease, StateStore } from "../contract/state.ts";

/** Longer than any call may take (120 s), so that no answer comes home after somebody else took over. */
const LEASE_MS = 180_000;
const RENEW_MS = 15_000;
/** Nothing is sent under a lease that was renewed longer ago: a call's deadline and a margin must fit into the rest. */
const FRESH_MS = 45_000;
/** A state database that cannot be reached for a moment is asked again. */
const AGAIN_MS = 1_000;

/** A lease that is renewed for as long as its run works. */
export type KeptLease = {
  /** Aborts with the caller's signal, and where the lease is lost. */
  readonly signal: AbortSignal;
  /**
   * Before anything is sent. A process that was stopped for a while renews first, and learns there that another took over.
   * Fault: LEASE_LOST.
   */
  confirm(): Promise<void>;
  stop(): Promise<void>;
};

/**
 * Keeps a lease while its run works. Where it cannot be renewed in time the run is aborted: whatever it still has in
 * flight is refused by the epoch.
 */
export const keepLease = {
  forMs: LEASE_MS,
  start: (state: StateStore, lease: Lease, clock: Clock, outer: AbortSignal): KeptLease => {
    const lost = new AbortController();
    const stopping = new AbortController();
    let renewedAt = clock.monotonicMs();
    const renew = async (): Promise<void> => {
      const atMs = clock.monotonicMs();
      await state.renew(lease, LEASE_MS);
      renewedAt = atMs;
    };
    const beat = async (): Promise<void> => {
      for (let pause = RENEW_MS; await slept(clock, pause, stopping.signal); ) {
        try {
          await renew();
          pause = RENEW_MS;
        } catch (error) {
          const isOver = clock.monotonicMs() - renewedAt >= LEASE_MS;
          if (isOver || (error instanceof Fault && error.code === "LEASE_LOST")) {
            lost.abort(error);
            return;
          }
          pause = AGAIN_MS;
        }
      }
    };
    const beating = beat();
    return {
      signal: AbortSignal.any([outer, lost.signal]),
      confirm: async () => {
        lost.signal.throwIfAborted();
        // Once more where the process slept again while it was renewed.
        while (clock.monotonicMs() - renewedAt > FRESH_MS) await renew();
      },
      stop: async () => {
        stopping.abort();
        await beating;
        if (!lost.signal.aborted) await state.release(lease);
      },
    };
  },
};

/** False where it was woken because the run is over. */
async function slept(clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await clock.sleep(ms, signal);
    return true;
  } catch {
    return false;
  }
}
