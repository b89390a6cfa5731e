/** The planner twin's second half of a plan: what is sent of a row that differs, and what stood there. */
import type { CompiledField } from "../../../src/contract/mapping.ts";
import type { PlanRow } from "../../../src/contract/plan.ts";
import type { PlanRequest, SnapshotMeta } from "../../../src/contract/planner.ts";
import type { FieldValues } from "../../../src/contract/value.ts";
import { owedField } from "../../../src/planner/owed-fields.ts";
import { matchValues } from "../../../src/planner/value-sql.ts";
import { withoutZeros } from "./row-values.ts";
import type { SettledLink } from "./settled-links.ts";
import type { Due } from "./staged-model.ts";

/** A plan row without its number, and the part of the plan in which it goes out. */
export type Draft = Omit<PlanRow, "seq"> & { readonly part: number };

export type ChangedRow = {
  readonly due: Due;
  readonly remoteId: string | null;
  readonly linkId: string | null;
  readonly linkOrigin: SettledLink["origin"];
  readonly isLinked: boolean;
  readonly fields: FieldValues;
  readonly before: FieldValues;
  readonly whole: FieldValues;
};

/** `compared` is the snapshot's meta where its hashes say nothing, so that all rows are compared by value. */
export function changedRow(
  request: PlanRequest,
  compared: SnapshotMeta | null,
  due: Due,
  link: SettledLink | undefined,
): ChangedRow {
  const { mapping } = request;
  const formerId = due.former?.remoteId ?? null;
  const isRegained = link !== undefined && link.remoteId === formerId;
  const remoteId = isRegained ? formerId : due.remoteId;
  const linkId = link === undefined || isRegained ? null : link.remoteId;
  const isLinked = due.remoteId !== null || isRegained;
  const old = due.former?.payload ?? {};
  const present = link?.present ?? due.former?.found ?? {};
  const doubt = due.former?.doubt ?? {};
  const keys = new Set(mapping.match[0]?.map((part) => part.field));
  const sends = mapping.fields.map((field, index): boolean => {
    const value = due.values[index] ?? null;
    if (!request.keysOnly) return goes(field, value, { old, doubt, isLinked, resend: request.resend });
    const stood = old[field.field] ?? present[field.field] ?? null;
    return keys.has(field.field) && value !== null && form(field, value) !== form(field, stood);
  });
  const isSent = (field: CompiledField): boolean => {
    const group = mapping.sendTogether.find((names) => names.includes(field.field)) ?? [field.field];
    return mapping.fields.some((other, index) => sends[index] === true && group.includes(other.field));
  };
  const isKnownWrite = isLinked && due.former?.mark !== "linked";
  const isQuiet = compared !== null && isKnownWrite && !mapping.fields.some((field, index) => triggers(field, index));
  function triggers(field: CompiledField, index: number): boolean {
    if (compared === null || sends[index] !== true) return false;
    const owed = owedField(request, compared, field.field);
    return owed === null || field.field in doubt || (owed === "forward" && (old[field.field] ?? null) !== null);
  }
  const members = mapping.fields.map((field, index) => ({ field, value: due.values[index] ?? null }));
  const sent = members.filter(({ field }) => isSent(field));
  const stood = isKnownWrite ? old : present;
  return {
    due,
    remoteId: remoteId ?? linkId,
    linkId,
    linkOrigin: link?.origin ?? null,
    isLinked,
    fields: isQuiet ? {} : toObject(sent),
    before:
      isLinked || linkId !== null
        ? toObject(sent.map(({ field }) => ({ field, value: stood[field.field] ?? null })))
        : {},
    whole: toObject(members),
  };
}

function toObject(members: readonly { field: CompiledField; value: string | null }[]): FieldValues {
  return Object.fromEntries(members.map(({ field, value }) => [field.field, value]));
}

type Standing = { old: FieldValues; doubt: FieldValues; isLinked: boolean; resend: boolean };

function goes(field: CompiledField, value: string | null, { old, doubt, isLinked, resend }: Standing): boolean {
  const stood = old[field.field] ?? null;
  const isDoubted = field.field in doubt;
  if (field.onBlank === "skip" && value === "") return false;
  if (!isLinked) return value !== null || field.onNull === "write" || isDoubted;
  if (!resend && !isDoubted && form(field, value) === form(field, stood)) return false;
  if (value !== null) return true;
  return field.onNull === "clear_ours" ? stood !== null || isDoubted : field.onNull === "write";
}

/** Text by which two values of a field are compared. */
function form(field: CompiledField, text: string | null): string | null {
  return text !== null && field.type === "number" ? withoutZeros(text) : text;
}

/** The row as it stands in the plan; null where there is nothing to send. */
export function draftOf(request: PlanRequest, changed: ChangedRow): Draft | null {
  const { due, remoteId, linkId, isLinked, fields, before } = changed;
  if (isLinked && Object.keys(fields).length === 0) return null;
  const mark = due.former?.mark ?? null;
  const isKnown = due.former !== null;
  const [settled, reason] = settledAtPlanning(request, changed);
  const origin = isLinked
    ? (due.former?.origin ?? null)
    : linkId !== null
      ? (changed.linkOrigin ?? foundOrigin(request, due))
      : null;
  return {
    operation: request.write,
    change: isKnown && mark !== "linked" ? "changed" : "added",
    key: due.key,
    hash: request.keysOnly ? null : due.hash,
    remoteId,
    origin,
    adopted: linkId !== null || mark === "linked",
    match: request.mapping.match.map((entry, index) => matchValues(entry, due.match[index] ?? null)),
    fields,
    before,
    payload: isLinked ? changed.whole : fields,
    settled,
    reason,
    isKnown,
    attempts: due.attempts,
    part: settled !== null ? 9 : remoteId === null ? 2 : 1,
  };
}

/** A record that an insert of ours may have made is no stranger's. */
function foundOrigin({ write }: PlanRequest, { former }: Due): PlanRow["origin"] {
  return write === "insert" && former?.doubt != null ? "unknown" : "adopted";
}

function settledAtPlanning(
  request: PlanRequest,
  { due, remoteId, linkId }: ChangedRow,
): [PlanRow["settled"], string | null] {
  switch (request.write) {
    case "upsert": {
      const isGone = remoteId === null && due.former?.mark === "unmatched" && request.onMissingRecord !== "recreate";
      return isGone ? ["skipped", "the record is gone from the destination"] : [null, null];
    }
    case "update":
      return remoteId === null ? ["skipped", "no record matches"] : [null, null];
    case "insert":
      return linkId === null ? [null, null] : ["skipped", `record ${linkId} is there already`];
  }
}
