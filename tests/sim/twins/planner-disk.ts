/** What the planner twin keeps: snapshots and plan files as maps. Several planners may share one disk. */
import { Fault } from "../../../src/contract/fault.ts";
import type { PlanRow } from "../../../src/contract/plan.ts";
import type { SnapshotMeta } from "../../../src/contract/planner.ts";
import type { Origin } from "../../../src/contract/run.ts";
import type { FieldValues } from "../../../src/contract/value.ts";

/** A row's entry in the snapshot; what its members mean stands in src/README.md. Times are ms since the epoch. */
export type Entry = {
  readonly key: string;
  readonly hash: string | null;
  readonly payload: FieldValues;
  readonly remoteId: string | null;
  readonly origin: Origin | null;
  readonly doubt: FieldValues | null;
  readonly mark: "linked" | "unmatched" | "present" | null;
  readonly absentSince: number | null;
  readonly acceptedAt: number;
  readonly acceptedRun: string;
  readonly found: FieldValues | null;
};

/** A row that was refused before sending, or `rows` of them without a key. */
export type InvalidMark = {
  readonly key: string | null;
  readonly code: string;
  readonly field: string | null;
  readonly message: string | null;
  readonly rows: number;
};

export type Snapshot = {
  meta: SnapshotMeta;
  entries: Map<string, Entry>;
  invalid: readonly InvalidMark[];
};

export type StoredPlan = { readonly rows: readonly PlanRow[]; readonly sha: string };

export type PlannerDisk = { readonly snapshots: Map<string, Snapshot>; readonly plans: Map<string, StoredPlan> };

export function newPlannerDisk(): PlannerDisk {
  return { snapshots: new Map(), plans: new Map() };
}

/** The snapshot that may be moved under this epoch. Faults: STATE_MISMATCH, LEASE_LOST. */
export function fenced(disk: PlannerDisk, sync: string, epoch: number): Snapshot {
  const snapshot = disk.snapshots.get(sync);
  if (snapshot === undefined)
    throw new Fault("STATE_MISMATCH", `the planner knows no sync "${sync}" that the state has a run of`);
  if (snapshot.meta.epoch > epoch) throw new Fault("LEASE_LOST", `another run took over sync "${sync}"`);
  return snapshot;
}

export function planOf(disk: PlannerDisk, path: string): StoredPlan {
  const plan = disk.plans.get(path);
  if (plan === undefined) throw new Error(`no plan file ${path}`);
  return plan;
}

/** Entries of other syncs that write into the same object of the same account. */
export function* neighbours(
  disk: PlannerDisk,
  of: Pick<SnapshotMeta, "sync" | "account" | "object">,
): Generator<Entry> {
  for (const { meta, entries } of disk.snapshots.values())
    if (meta.sync !== of.sync && meta.account === of.account && meta.object === of.object) yield* entries.values();
}
