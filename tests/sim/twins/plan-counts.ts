/** What the planner twin counts of a plan: facts for people, rows for the guards, rows that a guard sets aside. */
import type { PlanRow } from "../../../src/contract/plan.ts";
import type { GuardCounts, PlanFacts, PlanRequest } from "../../../src/contract/planner.ts";
import type { GuardVerdict, Operation } from "../../../src/contract/run.ts";
import { invalidMessage } from "../../../src/planner/invalid-messages.ts";
import { type InvalidMark, type PlannerDisk, planOf, type Snapshot } from "./planner-disk.ts";
import type { StagedModel } from "./staged-model.ts";

const isSent = ({ settled }: PlanRow): boolean => settled === null;
const isChange = ({ change }: PlanRow): boolean => change !== "removed";

export function factsOf(
  request: PlanRequest,
  snapshot: Snapshot | null,
  model: StagedModel,
  rows: readonly PlanRow[],
): PlanFacts {
  const number = (...tests: ((row: PlanRow) => boolean)[]) =>
    rows.filter((row) => tests.every((test) => test(row))).length;
  const read = model.staged.length;
  const invalid = model.invalid.reduce((sum, mark) => sum + mark.rows, 0);
  const waiting = model.due.filter((due) => due.waiting).length;
  const added = number(({ change }) => change === "added");
  const changed = number(({ change }) => change === "changed");
  const removed = model.gone.filter((gone) => !gone.waiting).length;
  const creates = number(isSent, isChange, ({ remoteId }) => remoteId === null);
  const present = [...(snapshot?.entries.values() ?? [])].filter(({ absentSince }) => absentSince === null).length;
  return {
    counts: { read, invalid, unchanged: read - invalid - waiting - added - changed, waiting, added, changed, removed },
    superseded: model.superseded.size,
    suppressed: 0,
    snapshotRows: present,
    operations: operationsOf(rows),
    writesById: number(isSent, isChange, ({ remoteId }) => remoteId !== null),
    creates: request.write === "update" ? 0 : creates,
    adopts: number(isSent, ({ adopted }) => adopted),
    removals: number(isSent, ({ change }) => change === "removed"),
    transferred: number(({ settled }) => settled === "transferred"),
    invalidGroups: groupsOf(model.invalid),
    newInvalid: newInvalid(model.invalid, snapshot),
    removalsPostponed:
      snapshot !== null && (request.keepsRemovals || model.invalid.some(({ code }) => code === "NULL_KEY")),
  };
}

function operationsOf(rows: readonly PlanRow[]): PlanFacts["operations"] {
  const byName = new Map<Operation, { operation: Operation; rows: number; settled: number }>();
  for (const { operation, settled } of rows) {
    const count = byName.get(operation) ?? { operation, rows: 0, settled: 0 };
    count.rows++;
    if (settled !== null) count.settled++;
    byName.set(operation, count);
  }
  return [...byName.values()].sort((a, b) => (a.operation < b.operation ? -1 : 1));
}

function groupsOf(invalid: readonly InvalidMark[]): PlanFacts["invalidGroups"] {
  const groups = new Map<
    string,
    { code: string; field: string | null; count: number; example: string | null; message: string }
  >();
  for (const { code, field, key, message, rows } of invalid) {
    const name = JSON.stringify([code, field]);
    const group = groups.get(name) ?? { code, field, count: 0, example: key, message: invalidMessage(code, message) };
    group.count += rows;
    if (key !== null && (group.example === null || key < group.example)) group.example = key;
    groups.set(name, group);
  }
  const name = (group: { code: string; field: string | null }) => `${group.code} ${group.field ?? "~"}`;
  return [...groups.values()].sort((a, b) => b.count - a.count || (name(a) < name(b) ? -1 : 1)).slice(0, 100);
}

function newInvalid(invalid: readonly InvalidMark[], snapshot: Snapshot | null): number {
  const name = ({ key, code, field }: InvalidMark) => JSON.stringify([key, code, field]);
  const known = new Set(snapshot?.invalid.map(name));
  return invalid.filter((mark) => !known.has(name(mark))).reduce((sum, mark) => sum + mark.rows, 0);
}

/** Planned rows that no approved plan covers: the same operation on the same key, held or sent there (S22). */
function openRows(disk: PlannerDisk, rows: readonly PlanRow[], approved: readonly string[]): PlanRow[] {
  const covered = new Set(
    approved.flatMap((path) => {
      const plan = planOf(disk, path).rows;
      const word = plan.some(({ settled }) => settled === "held") ? "held" : null;
      return plan.filter(({ settled }) => settled === word).map(({ operation, key }) => `${operation} ${key}`);
    }),
  );
  return rows.filter((row) => isSent(row) && !covered.has(`${row.operation} ${row.key}`));
}

function isCleared(row: PlanRow, field: string): boolean {
  return isChange(row) && row.fields[field] === null && (row.before[field] ?? null) !== null;
}

const isUpdate = (row: PlanRow): boolean => row.change === "changed" && row.remoteId !== null;
const isCreate = (row: PlanRow): boolean => isChange(row) && row.remoteId === null;

export function countsForGuards(
  disk: PlannerDisk,
  request: PlanRequest,
  rows: readonly PlanRow[],
  approved: readonly string[],
): GuardCounts {
  const open = openRows(disk, rows, approved);
  const cleared = request.mapping.fields.map(
    ({ field }) => [field, open.filter((row) => isCleared(row, field)).length] as const,
  );
  return {
    changed: open.filter(isUpdate).length,
    creates: request.write === "update" ? 0 : open.filter(isCreate).length,
    removals: open.filter((row) => !isChange(row)).length,
    cleared: new Map(cleared.filter(([, count]) => count > 0)),
  };
}

/** The plan with the rows of which the verdicts speak held, at its end; null where nothing can be held apart. */
export function withHeld(
  disk: PlannerDisk,
  rows: readonly PlanRow[],
  held: readonly GuardVerdict[],
  approved: readonly string[],
): { rows: PlanRow[]; count: number } | null {
  if (
    held.length === 0 ||
    held.some(({ guard, field }) => guard === "failed" || (guard === "cleared" && field === null))
  )
    return null;
  const open = new Set(openRows(disk, rows, approved));
  const guiltOf = (row: PlanRow): string | null => {
    const verdict = open.has(row) ? held.find((one) => speaksOf(one, row)) : undefined;
    if (verdict === undefined) return null;
    return `held by guard ${verdict.guard}${verdict.field === null ? "" : ` (${verdict.field})`}`;
  };
  const guilty = rows.map((row) => ({ row, reason: guiltOf(row) }));
  const kept = guilty.filter(({ reason }) => reason === null).map(({ row }) => row);
  const aside = guilty
    .filter(({ reason }) => reason !== null)
    .map(({ row, reason }): PlanRow => ({ ...row, settled: "held", reason }));
  return aside.length === 0
    ? null
    : { rows: [...kept, ...aside].map((row, seq) => ({ ...row, seq })), count: aside.length };
}

function speaksOf({ guard, field }: GuardVerdict, row: PlanRow): boolean {
  if (guard === "removed" || guard === "empty") return !isChange(row);
  if (guard === "changed") return isUpdate(row);
  if (guard === "created") return isCreate(row);
  return field !== null && isCleared(row, field);
}
