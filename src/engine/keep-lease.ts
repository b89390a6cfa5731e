import type { Clock } from "../contract/clock.ts";
import type { Lease, StateStore } from "../contract/state.ts";

const LEASE_MS = 60_000;
const RENEW_MS = 15_000;

/**
 * Keeps a lease while its run works. Where it cannot be renewed in time the run is aborted: whatever it still has in
 * flight is refused by the epoch.
 */
export const keepLease = {
  forMs: LEASE_MS,
  start: (
    state: StateStore,
    lease: Lease,
    clock: Clock,
    outer: AbortSignal,
  ): { signal: AbortSignal; stop: () => Promise<void> } => {
    const lost = new AbortController();
    const stopping = new AbortController();
    const beat = async (): Promise<void> => {
      for (;;) {
        try {
          await clock.sleep(RENEW_MS, stopping.signal);
        } catch {
          // Woken because the run is over.
          return;
        }
        try {
          await state.renew(lease, LEASE_MS);
        } catch (error) {
          lost.abort(error);
          return;
        }
      }
    };
    const beating = beat();
    return {
      signal: AbortSignal.any([outer, lost.signal]),
      stop: async () => {
        stopping.abort();
        await beating;
        if (!lost.signal.aborted) await state.release(lease);
      },
    };
  },
};
