import { Fault } from "../contract/fault.ts";
import type { Planner, SnapshotMeta } from "../contract/planner.ts";
import type { LeaseRecord, StateStore, SyncRecord } from "../contract/state.ts";

/** What state and planner say of one sync. */
export type Halves = {
  readonly record: SyncRecord | undefined;
  readonly lease: LeaseRecord | undefined;
  readonly meta: SnapshotMeta | undefined;
};

const FIX =
  "put state, planner and plans back from one backup (`sluice state restore BACKUP`); without one, move .sluice and " +
  "sluice.state.json away and run `sluice link SYNC` for each sync. Nothing was sent";

/**
 * Planner and state are two halves of one memory (S25): one without the other, or from another day, is not trusted. Gives what
 * is wrong, null where nothing is.
 *
 * | the planner's half            | the state's half | what it means                                        |
 * | ----------------------------- | ---------------- | ---------------------------------------------------- |
 * | none                          | a record         | the snapshot is lost: STATE_MISSING                  |
 * | a snapshot that was written   | none             | the state is lost, or older: STATE_MISSING           |
 * | a lower generation            | a higher one     | the planner is older: STATE_MISMATCH                 |
 * | a higher epoch                | a lower one      | the state is older: STATE_MISMATCH                   |
 * | a higher generation, no epoch | a lower one      | a run died before it told the state: all is well     |
 *
 * An epoch is given by the state and then written into the planner, so the planner never has a higher one by itself.
 */
export function troubleOfHalves({ record, lease, meta }: Halves): Fault | null {
  if (record !== undefined && meta === undefined)
    return new Fault("STATE_MISSING", `the planner has lost the snapshot of "${record.name}"`, { fix: FIX });
  if (meta === undefined) return null;
  if (record === undefined && meta.generation > 0)
    return new Fault("STATE_MISSING", `the state has lost sync "${meta.sync}", of which the planner has a snapshot`, {
      fix: FIX,
    });
  if (record !== undefined && meta.generation < record.generation)
    return new Fault(
      "STATE_MISMATCH",
      `the planner file is older than the state (generation ${meta.generation} of ${record.generation} for "${record.name}")`,
      { fix: FIX },
    );
  return olderState(meta, lease);
}

/** Nobody can have worked under an epoch that the state has not given yet, unless the state is of an earlier day. */
export function olderState(meta: SnapshotMeta | undefined, lease: LeaseRecord | undefined): Fault | null {
  if (meta === undefined || meta.epoch <= (lease?.epoch ?? 0)) return null;
  return new Fault("STATE_MISMATCH", `the state is older than the planner: "${meta.sync}" was worked on since`, {
    fix: FIX,
  });
}

/** Of every sync that state or planner know, by name. */
export async function halvesOf(state: StateStore, planner: Planner): Promise<Halves[]> {
  const records = await state.syncs();
  const leases = await state.leases();
  const metas = await planner.metas();
  const names = new Set([...records.map(({ name }) => name), ...metas.map(({ sync }) => sync)]);
  return [...names].sort().map((name) => ({
    record: records.find((record) => record.name === name),
    lease: leases.find((lease) => lease.sync === name),
    meta: metas.find((meta) => meta.sync === name),
  }));
}
