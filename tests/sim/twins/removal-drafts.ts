/** The planner twin's removals: by origin, and never of a record that somebody else holds (S10, S12). */
import type { PlanRequest } from "../../../src/contract/planner.ts";
import type { Removal } from "../../../src/contract/project.ts";
import type { FieldValues } from "../../../src/contract/value.ts";
import type { Draft } from "./changed-rows.ts";
import { neighbours, type PlannerDisk, type Snapshot } from "./planner-disk.ts";
import type { SettledLink } from "./settled-links.ts";
import type { Gone } from "./staged-model.ts";

/** Removals go out in this order. */
const REMOVALS = ["clear", "set", "archive", "delete"] as const;

export function removalDrafts(request: PlanRequest, gone: readonly Gone[], shared: ReadonlySet<string>): Draft[] {
  return gone.filter(({ planned, waiting }) => planned && !waiting).map((row) => removalDraft(request, row, shared));
}

function removalDraft(request: PlanRequest, row: Gone, shared: ReadonlySet<string>): Draft {
  const { onRemoved, onRemovedAdopted } = request;
  const removal = row.origin === "created" ? onRemoved : onRemovedAdopted;
  const named = onRemoved.kind === "none" ? onRemovedAdopted.kind : onRemoved.kind;
  const kind = removal.kind === "none" ? named : removal.kind;
  const operation = kind === "none" ? "archive" : kind;
  const isShared = shared.has(row.remoteId ?? "");
  const stays =
    row.origin === "created" ? "removed records of ours stay as they are" : "the record was there before us";
  const settled = isShared ? "transferred" : removal.kind === "none" ? "skipped" : null;
  const reason = isShared ? "another row or sync holds this record" : removal.kind === "none" ? stays : null;
  return {
    operation,
    change: "removed",
    key: row.entry.key,
    hash: null,
    remoteId: row.remoteId,
    origin: row.origin,
    adopted: false,
    match: [],
    fields: removalFields(removal, request, row),
    before: Object.fromEntries(
      request.mapping.fields.flatMap(({ field }) => {
        const value = row.entry.payload[field] ?? null;
        return value === null ? [] : [[field, value]];
      }),
    ),
    payload: row.entry.payload,
    settled,
    reason,
    isKnown: true,
    attempts: row.attempts,
    part: settled === null ? 3 + REMOVALS.indexOf(operation) : 9,
  };
}

function removalFields(removal: Removal, { mapping }: PlanRequest, { entry }: Gone): FieldValues {
  if (removal.kind === "set") return removal.fields;
  if (removal.kind !== "clear") return {};
  const keys = new Set(mapping.match.flat().map((part) => part.field));
  const ours = mapping.fields.filter(({ field }) => {
    const isOurs = (entry.payload[field] ?? null) !== null || field in (entry.doubt ?? {});
    return isOurs && !keys.has(field);
  });
  return Object.fromEntries(ours.map(({ field }) => [field, null]));
}

/** Records of removed rows that a living row of this plan holds, or a row of another sync. */
export function sharedRecords(
  disk: PlannerDisk,
  request: PlanRequest,
  snapshot: Snapshot | null,
  gone: readonly Gone[],
  links: readonly SettledLink[],
): Set<string> {
  const removed = new Set(gone.flatMap(({ remoteId }) => remoteId ?? []));
  const left = new Set(gone.map(({ entry }) => entry.key));
  const shared = new Set<string>();
  const hold = (remoteId: string | null): void => {
    if (remoteId !== null && removed.has(remoteId)) shared.add(remoteId);
  };
  for (const link of links) hold(link.remoteId);
  for (const entry of snapshot?.entries.values() ?? [])
    if (entry.absentSince === null && !left.has(entry.key)) hold(entry.remoteId);
  for (const entry of neighbours(disk, request)) if (entry.absentSince === null) hold(entry.remoteId);
  return shared;
}
