/** The planner twin's snapshot moves: what is acknowledged is accepted, what was sent without an answer is marked (S4, S19). */
import type { PlanRow } from "../../../src/contract/plan.ts";
import type { Acceptance } from "../../../src/contract/planner.ts";
import type { FieldValues } from "../../../src/contract/value.ts";
import { REMOVAL } from "../../../src/planner/snapshot-schema.ts";
import { type Entry, fenced, neighbours, type PlannerDisk, planOf, type Snapshot } from "./planner-disk.ts";

type AcceptAt = { sync: string; epoch: number; run: string; plan: string; nowMs: number };
type Moved = { readonly entry: Entry; readonly drops: boolean; readonly transferred: boolean };
type Range = { readonly fromSeq: number; readonly toSeq: number };

export function acceptRows(disk: PlannerDisk, at: AcceptAt, rows: readonly Acceptance[]): number {
  const snapshot = fenced(disk, at.sync, at.epoch);
  const plan = planOf(disk, at.plan).rows;
  const all = rows.flatMap((ack): Moved[] => {
    const row = plan[ack.seq];
    return row === undefined ? [] : [movedRow(at, row, ack, snapshot.entries.get(row.key))];
  });
  const moved = handedOver(disk, snapshot, all);
  for (const { entry, drops } of moved) {
    snapshot.entries.delete(entry.key);
    if (!drops) snapshot.entries.set(entry.key, entry);
  }
  const living = new Set(moved.filter(isLiving).map(({ entry }) => entry.remoteId));
  for (const entry of [...snapshot.entries.values()])
    if (entry.absentSince !== null && entry.remoteId !== null && living.has(entry.remoteId))
      snapshot.entries.delete(entry.key);
  letGo(snapshot, plan, living);
  startAnew(disk, snapshot, moved);
  snapshot.meta = { ...snapshot.meta, generation: snapshot.meta.generation + 1, epoch: at.epoch };
  return snapshot.meta.generation;
}

/** A row that leaves in this very plan, and whose record another row took along, lets go of it at once. */
function letGo(snapshot: Snapshot, plan: readonly PlanRow[], taken: ReadonlySet<string | null>): void {
  for (const { key, change, remoteId } of plan) {
    const isTaken = change === "removed" && remoteId !== null && taken.has(remoteId);
    if (isTaken && snapshot.entries.get(key)?.absentSince === null) snapshot.entries.delete(key);
  }
}

/** A record that was removed is nobody's to go on with: rows of any sync that left it there start anew when they return. */
function startAnew(disk: PlannerDisk, { meta }: Snapshot, moved: readonly Moved[]): void {
  const removed = new Set(
    moved.filter(({ drops, transferred }) => drops && !transferred).map(({ entry }) => entry.remoteId),
  );
  for (const { meta: other, entries } of disk.snapshots.values()) {
    if (other.account !== meta.account || other.object !== meta.object) continue;
    for (const [key, { absentSince, remoteId }] of [...entries])
      if (absentSince !== null && removed.has(remoteId)) entries.delete(key);
  }
}

/** Whether the record is still there is open for rows of other syncs as well that have it, or left it there. */
function doubtElsewhere(disk: PlannerDisk, { meta }: Snapshot, doubted: readonly PlanRow[]): void {
  const removed = new Set(doubted.filter(isRemoval).map(({ remoteId }) => remoteId));
  for (const { meta: other, entries } of disk.snapshots.values()) {
    if (other.sync === meta.sync || other.account !== meta.account || other.object !== meta.object) continue;
    for (const [key, entry] of entries)
      if (entry.remoteId !== null && removed.has(entry.remoteId))
        entries.set(key, { ...entry, doubt: { ...entry.doubt, [REMOVAL]: null } });
  }
}

function isRemoval({ operation }: PlanRow): boolean {
  return operation === "archive" || operation === "delete";
}

function isLiving({ entry, drops }: Moved): boolean {
  return !drops && entry.absentSince === null;
}

function movedRow(at: AcceptAt, row: PlanRow, ack: Acceptance, stood: Entry | undefined): Moved {
  const isRemoved = row.change === "removed";
  const isApplied = ack.state === "applied" || ack.state === "altered";
  // An insert whose answer was lost found its record: nothing is to be sent, and the record is the row's.
  const isOurs = row.operation === "insert" && row.settled === "skipped" && row.origin === "unknown";
  const isLinked = isRemoved || isApplied || isOurs;
  const isNew = row.remoteId === null || (row.adopted && stood?.mark !== "linked");
  const former = stood === undefined || isNew ? {} : certainOf(stood);
  const entry: Entry = {
    key: row.key,
    hash: isRemoved ? null : row.hash,
    payload: isApplied ? withoutNulls({ ...former, ...row.fields, ...ack.kept }) : (stood?.payload ?? {}),
    remoteId: isLinked ? (ack.remoteId ?? row.remoteId) : null,
    origin: isOurs ? row.origin : originOf(row, ack, isApplied),
    doubt: isRemoved && !isApplied ? (stood?.doubt ?? null) : null,
    mark: markOf(row, isApplied, isOurs),
    absentSince: isRemoved ? at.nowMs : null,
    acceptedAt: at.nowMs,
    acceptedRun: at.run,
    found: stood?.found ?? (row.adopted ? row.before : null),
  };
  const transferred = isRemoved && ack.state === "transferred";
  const isGone = isApplied && (row.operation === "archive" || row.operation === "delete");
  return { entry, transferred, drops: isRemoved && (transferred || isGone) };
}

/** What a write in doubt may have changed is unknown, once its row no longer is in doubt. */
export function certainOf({ payload, doubt }: Entry): FieldValues {
  return Object.fromEntries(Object.entries(payload).filter(([field]) => !(field in (doubt ?? {}))));
}

function originOf(row: PlanRow, { created, remoteId }: Acceptance, isApplied: boolean): Entry["origin"] {
  const isMoved = row.remoteId !== null && remoteId !== null && remoteId !== row.remoteId;
  if (row.change === "removed") return isMoved ? "unknown" : row.origin;
  if (!isApplied) return null;
  if (row.origin !== null && !(row.adopted && created === true) && !isMoved) return row.origin;
  return created === null ? "unknown" : created ? "created" : "adopted";
}

function markOf(row: PlanRow, isApplied: boolean, isOurs: boolean): Entry["mark"] {
  if (row.change !== "removed" && isApplied && row.hash === null) return "linked";
  if (row.change === "removed" || isApplied || isOurs) return null;
  return row.operation === "insert" ? "present" : "unmatched";
}

function withoutNulls(values: FieldValues): FieldValues {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
}

/**
 * A removed row gives its record over to whoever holds it: to another row of the sync for good; under another sync its entry
 * stays as that of a row which left; where nobody holds it any more, as it was.
 */
function handedOver(disk: PlannerDisk, snapshot: Snapshot, moved: readonly Moved[]): readonly Moved[] {
  if (!moved.some(({ transferred }) => transferred)) return moved;
  const own = new Set(moved.filter(isLiving).map(({ entry }) => entry.remoteId));
  const keys = new Set(moved.map(({ entry }) => entry.key));
  for (const entry of snapshot.entries.values())
    if (entry.absentSince === null && !keys.has(entry.key)) own.add(entry.remoteId);
  const others = new Set<string | null>();
  for (const entry of neighbours(disk, snapshot.meta)) if (entry.absentSince === null) others.add(entry.remoteId);
  return moved.flatMap((one): Moved[] => {
    if (!one.transferred || own.has(one.entry.remoteId)) return [one];
    return others.has(one.entry.remoteId) ? [{ ...one, drops: false }] : [];
  });
}

export function markInDoubt(
  disk: PlannerDisk,
  at: { sync: string; epoch: number; plan: string },
  ranges: readonly Range[],
  nowMs: number,
): void {
  if (ranges.length === 0) return;
  const snapshot = fenced(disk, at.sync, at.epoch);
  const isIn = (seq: number) => ranges.some(({ fromSeq, toSeq }) => fromSeq <= seq && seq <= toSeq);
  const plan = planOf(disk, at.plan).rows;
  const doubted = plan.filter(({ seq, settled }) => isIn(seq) && settled === null);
  for (const row of doubted) {
    const fields: FieldValues = isRemoval(row) ? { [REMOVAL]: null } : row.fields;
    const stood = snapshot.entries.get(row.key);
    snapshot.entries.set(
      row.key,
      stood === undefined
        ? unknownEntry(row, fields, nowMs)
        : {
            ...stood,
            remoteId: row.change !== "removed" && row.remoteId === null ? null : (stood.remoteId ?? row.remoteId),
            origin: stood.origin ?? (row.remoteId === null ? null : (row.origin ?? "unknown")),
            doubt: { ...stood.doubt, ...fields },
          },
    );
  }
  const living = doubted.filter(({ change }) => change !== "removed");
  letGo(snapshot, plan, new Set(living.map(({ remoteId }) => remoteId)));
  doubtElsewhere(disk, snapshot, doubted);
  snapshot.meta = { ...snapshot.meta, generation: snapshot.meta.generation + 1 };
}

/** A row that the snapshot did not know is looked for even when it has left the model by then. */
function unknownEntry({ key, remoteId, origin }: PlanRow, doubt: FieldValues, nowMs: number): Entry {
  const nothing = { hash: null, payload: {}, mark: null, absentSince: null, found: null };
  return { ...nothing, key, remoteId, origin: origin ?? "unknown", doubt, acceptedAt: nowMs, acceptedRun: "in doubt" };
}
