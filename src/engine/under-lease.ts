import { Fault } from "../contract/fault.ts";
import type { Planner } from "../contract/planner.ts";
import type { Lease, StateStore } from "../contract/state.ts";
import { olderState } from "./compare-halves.ts";
import { type KeptLease, keepLease } from "./keep-lease.ts";
import type { RunOptions } from "./run-options.ts";
import type { Workbench } from "./workbench.ts";

type Holder = Pick<RunOptions, "holder" | "isDead">;

/** The right to work on a sync, kept for as long as the work takes. */
export type Tenure = {
  readonly lease: Lease;
  readonly kept: KeptLease;
  /** The last holder never gave the lease back: it died at work, or sleeps. */
  readonly followsDeath: boolean;
};

/**
 * Works while the sync is this process's alone, in state and planner; `work` gets a signal that also tells of a lost lease.
 * Fault: SYNC_BUSY.
 */
export async function underLease<T>(
  { clock, planner }: Pick<Workbench, "clock" | "planner">,
  state: StateStore,
  sync: string,
  options: Holder,
  work: (lease: Lease, signal: AbortSignal, tenure: Tenure) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  await refuseOlderState(state, planner, sync);
  const { lease, wasHeld } = await takeLease(state, sync, options);
  const kept = keepLease.start(state, lease, clock, signal);
  try {
    await planner.claim(sync, lease.epoch);
    return await work(lease, kept.signal, { lease, kept, followsDeath: wasHeld });
  } finally {
    await kept.stop();
  }
}

/**
 * Before the lease is taken: its epoch would be higher than the planner's again, and nobody could tell any more. The planner is
 * asked first, so that another worker's lease in between is no mismatch.
 */
async function refuseOlderState(state: StateStore, planner: Planner, sync: string): Promise<void> {
  const meta = (await planner.metas()).find((candidate) => candidate.sync === sync);
  const lease = (await state.leases([sync]))[0];
  const trouble = olderState(meta, lease);
  if (trouble !== null) throw trouble;
}

/** A lease that nobody renews; the caller releases it. Fault: SYNC_BUSY. */
export async function takeLease(
  state: StateStore,
  sync: string,
  options: Holder,
): Promise<{ lease: Lease; wasHeld: boolean }> {
  const attempt = await state.acquire(sync, options.holder, keepLease.forMs, options.isDead);
  if (attempt.ok) return attempt;
  const until = new Date(attempt.untilMs).toISOString();
  throw new Fault("SYNC_BUSY", `sync "${sync}" is being run by ${attempt.holder}`, {
    fix: `wait until it ends; where that process is no more, its hold runs out at ${until}, and the next start goes on`,
  });
}
