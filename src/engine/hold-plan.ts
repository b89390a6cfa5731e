import type { GuardVerdict, RunRecord } from "../contract/run.ts";
import type { Lease, StateStore } from "../contract/state.ts";
import { approvedPlans, judgePlan, type PlannedSync } from "./plan-sync.ts";
import type { Workbench } from "./workbench.ts";

export const APPROVAL_MS = 24 * 3_600_000;

/**
 * `run --approve`: where a plan is held already, exactly its set (operation + keys) is released, for 24 h; a plan that is
 * larger than that is judged again by what is new in it. Where none is held, this plan's own set is released (S22).
 */
export async function settleHold(
  bench: Workbench,
  state: StateStore,
  planned: PlannedSync,
  options: { approve: boolean; who: string },
  at: { run: RunRecord; lease: Lease },
): Promise<PlannedSync> {
  const held = planned.guards.filter((verdict) => verdict.held);
  if (held.length === 0) {
    if (planned.holds.some((hold) => hold.approvedAt === null)) await state.dropWaitingHolds(at.lease);
    return planned;
  }
  if (!options.approve) return planned;
  const nowMs = bench.clock.now();
  const guards = [...new Set(held.map((verdict) => verdict.guard))];
  const audit = (run: string) =>
    state.audit({ at: nowMs, who: options.who, act: "approve", sync: at.lease.sync, run, detail: guards.join(", ") });
  const until = nowMs + APPROVAL_MS;
  const waiting = planned.holds.find((hold) => hold.approvedAt === null);
  if (waiting !== undefined) {
    const hold = { ...waiting, approvedAt: nowMs, approvedBy: options.who, until };
    await state.approve(hold.id, options.who, nowMs, until);
    await audit(hold.run);
    const holds = [hold, ...planned.holds.filter((other) => other.id !== hold.id)];
    const verdicts = await judgePlan(bench, planned.prepared.sync, planned.session, planned.facts, holds);
    return { ...planned, holds, guards: verdicts };
  }
  await state.hold(at.lease, {
    id: at.run.id,
    sync: at.lease.sync,
    run: at.run.id,
    guards,
    account: planned.prepared.account.account.id,
    heldAt: nowMs,
    approvedAt: nowMs,
    approvedBy: options.who,
    until,
  });
  await audit(at.run.id);
  return { ...planned, guards: planned.guards.map((verdict) => ({ ...verdict, held: false })) };
}

/**
 * Where the sync wants a guard to hold only what it speaks of: those rows are kept out of what is sent. Gives how many; 0 where
 * nothing is held, or the whole plan is.
 */
export async function setAside(bench: Workbench, { prepared, session, guards, holds }: PlannedSync): Promise<number> {
  const held = guards.filter((verdict) => verdict.held);
  if (held.length === 0 || !prepared.sync.holdsPartly) return 0;
  return session.setAside(held, await approvedPlans(bench, holds));
}

/** Stores the plan as the set that an approval releases; says why in a sentence. */
export async function holdPlan(
  bench: Workbench,
  state: StateStore,
  lease: Lease,
  run: RunRecord,
  planned: PlannedSync,
): Promise<string> {
  const held = planned.guards.filter((verdict) => verdict.held);
  await state.hold(lease, {
    id: run.id,
    sync: lease.sync,
    run: run.id,
    guards: [...new Set(held.map((verdict) => verdict.guard))],
    account: planned.prepared.account.account.id,
    heldAt: bench.clock.now(),
    approvedAt: null,
    approvedBy: null,
    until: null,
  });
  return describeHeld(planned.guards);
}

/** Which guards hold, and by how much, in a sentence. */
export function describeHeld(guards: readonly GuardVerdict[]): string {
  return guards
    .filter((verdict) => verdict.held)
    .map((verdict) => {
      const what = verdict.field === null ? verdict.guard : `${verdict.guard} (${verdict.field})`;
      return `guard ${what}: ${verdict.value} of ${verdict.of} rows, limit ${verdict.limit}`;
    })
    .join("; ");
}
