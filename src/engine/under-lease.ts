import { Fault } from "../contract/fault.ts";
import type { Lease, StateStore } from "../contract/state.ts";
import { keepLease } from "./keep-lease.ts";
import type { RunOptions } from "./run-options.ts";
import type { Workbench } from "./workbench.ts";

type Holder = Pick<RunOptions, "holder" | "isDead">;

/** Works while the sync is this process's alone; `work` gets a signal that also tells of a lost lease. Fault: SYNC_BUSY. */
export async function underLease<T>(
  { clock }: Pick<Workbench, "clock">,
  state: StateStore,
  sync: string,
  options: Holder,
  work: (lease: Lease, signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const lease = await takeLease(state, sync, options);
  const kept = keepLease.start(state, lease, clock, signal);
  try {
    return await work(lease, kept.signal);
  } finally {
    await kept.stop();
  }
}

/** A lease that nobody renews; the caller releases it. Fault: SYNC_BUSY. */
export async function takeLease(state: StateStore, sync: string, options: Holder): Promise<Lease> {
  const attempt = await state.acquire(sync, options.holder, keepLease.forMs, options.isDead);
  if (attempt.ok) return attempt.lease;
  throw new Fault("SYNC_BUSY", `sync "${sync}" is being run by ${attempt.holder}`, { fix: "wait until it ends" });
}
