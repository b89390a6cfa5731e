/** The planner twin's first half of a plan: what the model gives, against what the snapshot holds. */
import type { CompiledMapping } from "../../../src/contract/mapping.ts";
import type { PlanRequest } from "../../../src/contract/planner.ts";
import type { Reject } from "../../../src/contract/state.ts";
import type { Row } from "../../../src/contract/value.ts";
import { REMOVAL } from "../../../src/planner/snapshot-schema.ts";
import { formerRows, ghostsOf } from "./doubted-rows.ts";
import type { Entry, InvalidMark, Snapshot } from "./planner-disk.ts";
import { canonical, hashOf, keyOf, matchText } from "./row-values.ts";

export type Staged = {
  readonly key: string | null;
  readonly hash: string;
  /** Per match entry its text. */
  readonly match: readonly (string | null)[];
  readonly row: Row;
};

/** A valid row that differs, with its place in the queue of refusals. */
export type Due = Staged & {
  readonly key: string;
  readonly values: readonly (string | null)[];
  readonly former: Entry | null;
  /** The record it is linked to; null where a removal in doubt may have taken it. */
  readonly remoteId: string | null;
  readonly attempts: number;
  readonly waiting: boolean;
};

/** A row of the snapshot that is gone from the model. */
export type Gone = {
  readonly entry: Entry;
  readonly remoteId: string | null;
  readonly origin: Entry["origin"];
  readonly waiting: boolean;
  readonly attempts: number;
  readonly planned: boolean;
  readonly forgotten: boolean;
};

export type Unlinked = {
  readonly key: string;
  readonly match: readonly (string | null)[];
  readonly isFormer?: boolean;
  readonly formerId?: string;
};

export type StagedModel = {
  readonly staged: readonly Staged[];
  readonly byKey: ReadonlyMap<string, Staged>;
  readonly invalid: InvalidMark[];
  readonly superseded: Set<string>;
  readonly rejects: readonly Reject[];
  readonly touch: Map<string, string>;
  due: readonly Due[];
  gone: readonly Gone[];
  readonly unlinked: readonly Unlinked[];
  readonly mustLook: boolean;
};

export function stageModel(
  request: PlanRequest,
  snapshot: Snapshot | null,
  version: string,
  rows: readonly Row[],
  rejects: readonly Reject[],
): StagedModel {
  const staged = rows.map((row) => stagedRow(request.mapping, row));
  const counts = new Map<string, number>();
  for (const { key } of staged) if (key !== null) counts.set(key, (counts.get(key) ?? 0) + 1);
  const byKey = new Map(staged.flatMap((one) => (one.key === null ? [] : [[one.key, one] as const])));
  const invalid: InvalidMark[] = [];
  const nullKeys = staged.filter(({ key }) => key === null).length;
  if (nullKeys > 0)
    invalid.push({ key: null, code: "NULL_KEY", field: null, message: "the primary key is null", rows: nullKeys });
  for (const [key, count] of counts)
    if (count > 1)
      invalid.push({
        key,
        code: "REPEATED_KEY",
        field: null,
        message: `${count} rows have this primary key`,
        rows: count,
      });
  const differs = differing(request, snapshot, version);
  const touch = new Map<string, string>();
  let due = staged.flatMap((one): Due[] => {
    if (one.key === null || (counts.get(one.key) ?? 0) > 1) return [];
    const former = snapshot?.entries.get(one.key) ?? null;
    return differs(one, former) ? dueRow(request, { ...one, key: one.key }, former, rejects, invalid) : [];
  });
  if (request.keysOnly) due = due.filter(({ former }) => former?.mark === "linked");
  if (request.write === "insert") {
    const known = (one: Due) => one.former !== null && one.former.doubt === null;
    for (const one of due.filter(known)) touch.set(one.key, one.hash);
    due = due.filter((one) => !known(one));
  }
  const superseded = new Set<string>();
  due = checkMatches(request, snapshot, { staged, byKey, due, invalid, superseded });
  const gone = goneRows(request, snapshot, byKey, nullKeys, rejects);
  const ghosts = acts(request) ? ghostsOf(request.mapping, gone) : [];
  const doubted = due.filter((one) => isNewcomer(one) && one.former?.doubt != null);
  const newcomers = due
    .filter(isNewcomer)
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(withFormerId);
  const marked = due.filter(({ former }) => former?.mark === "unmatched").length;
  const unlinked = [...newcomers, ...ghosts, ...formerRows(request.mapping, doubted)];
  return {
    staged,
    byKey,
    invalid,
    superseded,
    rejects,
    touch,
    due,
    gone,
    unlinked,
    mustLook: marked + ghosts.length + doubted.length > 0,
  };
}

function stagedRow(mapping: CompiledMapping, row: Row): Staged {
  const match = mapping.match.map((entry) => matchText(entry, row));
  return { key: keyOf(mapping.primaryKey, row), hash: hashOf(mapping, row), match, row };
}

/** Whether a row must be looked at: new, of another hash, or marked. */
function differing(request: PlanRequest, snapshot: Snapshot | null, version: string) {
  const compareAll = snapshot !== null && (request.resend || snapshot.meta.hashVersion !== version);
  const recheckBefore = request.nowMs - request.recheckUnmatchedMs;
  return ({ hash }: Staged, former: Entry | null): boolean => {
    if (former === null || compareAll || former.doubt !== null || former.absentSince !== null) return true;
    return former.hash !== hash || (former.mark === "unmatched" && former.acceptedAt < recheckBefore);
  };
}

function dueRow(
  request: PlanRequest,
  one: Staged & { key: string },
  former: Entry | null,
  rejects: readonly Reject[],
  invalid: InvalidMark[],
): Due[] {
  const values: (string | null)[] = [];
  for (const field of request.mapping.fields) {
    const { value, error } = canonical(field, one.row);
    if (error !== null) {
      invalid.push({ key: one.key, code: error, field: field.field, message: null, rows: 1 });
      return [];
    }
    values.push(value);
  }
  const reject = rejects.find(({ key, operation }) => key === one.key && !isRemoval(operation));
  const isPaused =
    reject !== undefined && reject.nextTryAt !== null && reject.hash === one.hash && reject.nextTryAt > request.nowMs;
  const waiting = reject !== undefined && (reject.nextTryAt === null || isPaused);
  const remoteId = isPerhapsRemoved(former) ? null : (former?.remoteId ?? null);
  return [{ ...one, values, former, remoteId, waiting, attempts: reject?.attempts ?? 0 }];
}

function isPerhapsRemoved(former: Entry | null): boolean {
  return former?.doubt != null && REMOVAL in former.doubt;
}

function withFormerId(due: Due): Unlinked {
  const { former } = due;
  return former?.remoteId != null && isPerhapsRemoved(former) ? { ...due, formerId: former.remoteId } : due;
}

export function isRemoval(operation: Reject["operation"]): boolean {
  return operation !== "upsert" && operation !== "update" && operation !== "insert";
}

export function isNewcomer({ remoteId, waiting }: Due): boolean {
  return remoteId === null && !waiting;
}

type MatchParts = Pick<StagedModel, "staged" | "byKey" | "invalid" | "superseded"> & { due: readonly Due[] };

/** Newcomers without a match value are invalid; those that share one wait for their rivals' fate (S16). */
function checkMatches(request: PlanRequest, snapshot: Snapshot | null, parts: MatchParts): Due[] {
  const { match } = request.mapping;
  const { invalid, superseded, due } = parts;
  const newcomers = due.filter(isNewcomer);
  const columns = match.flatMap((entry) => entry.map((part) => part.column.name)).join(", ");
  const message = `no value to find or create a record by (${columns})`;
  if (match.length > 0)
    for (const { key } of newcomers.filter((one) => one.match.every((value) => value === null)))
      invalid.push({ key, code: "NO_MATCH_VALUE", field: match[0]?.[0]?.field ?? "", message, rows: 1 });
  for (const [index, entry] of newcomers.length === 0 ? [] : match.entries()) {
    const field = entry.map((part) => part.field).join(", ");
    for (const [key, fate] of rivals(request, snapshot, parts, newcomers, index)) {
      if (fate === "superseded") superseded.add(key);
      if (fate !== "invalid" || invalid.some((mark) => mark.key === key)) continue;
      invalid.push({ key, code: "DUPLICATE_MATCH_KEY", field, message: "several rows have this match value", rows: 1 });
    }
  }
  const wrong = new Set(invalid.map(({ key }) => key));
  return due.filter(({ key }) => !wrong.has(key) && !superseded.has(key));
}

type Fate = "invalid" | "superseded" | "kept";

function rivals(
  request: PlanRequest,
  snapshot: Snapshot | null,
  { staged }: MatchParts,
  newcomers: readonly Due[],
  index: number,
): [string, Fate][] {
  const policy = request.onDuplicateMatch;
  const sharing = new Map<string, Staged[]>();
  for (const one of staged) {
    const value = one.match[index] ?? null;
    if (value === null) continue;
    const rows = sharing.get(value);
    if (rows === undefined) sharing.set(value, [one]);
    else rows.push(one);
  }
  return newcomers.flatMap((one): [string, Fate][] => {
    const rows = sharing.get(one.match[index] ?? "") ?? [];
    if (one.match[index] === null || rows.length < 2) return [];
    const isHeld = rows.some(({ key }) => {
      const entry = key === null ? undefined : snapshot?.entries.get(key);
      return entry !== undefined && entry.remoteId !== null && entry.absentSince === null;
    });
    if (policy.policy === "reject") return [[one.key, "invalid"]];
    if (policy.policy === "keep_linked") return [[one.key, isHeld ? "superseded" : "invalid"]];
    return [[one.key, isHeld || latest(rows, policy.by)?.key !== one.key ? "superseded" : "kept"]];
  });
}

function latest(rows: readonly Staged[], by: string): Staged | undefined {
  return [...rows].sort((a, b) => compare(a.row[by] ?? null, b.row[by] ?? null) || compare(a.key, b.key)).at(-1);
}

/** Nulls first; numbers by their size, texts by their letters. */
function compare(a: string | null, b: string | null): number {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  const difference = Number(a) - Number(b);
  return Number.isNaN(difference) ? (a < b ? -1 : a > b ? 1 : 0) : difference;
}

export function acts({ onRemoved, onRemovedAdopted }: PlanRequest): boolean {
  return onRemoved.kind !== "none" || onRemovedAdopted.kind !== "none";
}

function goneRows(
  request: PlanRequest,
  snapshot: Snapshot | null,
  byKey: ReadonlyMap<string, Staged>,
  nullKeys: number,
  rejects: readonly Reject[],
): Gone[] {
  if (snapshot === null || request.keysOnly || request.keepsRemovals || nullKeys > 0) return [];
  const gone = [...snapshot.entries.values()].filter((entry) => entry.absentSince === null && !byKey.has(entry.key));
  return gone.map((entry): Gone => {
    const reject = rejects.find(({ key, operation }) => key === entry.key && isRemoval(operation));
    const waiting = reject !== undefined && (reject.nextTryAt === null || reject.nextTryAt > request.nowMs);
    const { remoteId, origin } = entry;
    const planned = remoteId !== null && acts(request);
    const forgotten = remoteId === null && entry.doubt === null;
    return { entry, remoteId, origin, waiting, attempts: reject?.attempts ?? 0, planned, forgotten };
  });
}
