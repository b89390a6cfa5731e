import { join } from "node:path";
import { expect } from "vitest";
import type { CompiledField, CompiledMapping } from "../../../src/contract/mapping.ts";
import type { PlanRow } from "../../../src/contract/plan.ts";
import type {
  Acceptance,
  GuardCounts,
  Link,
  PlanFacts,
  PlanFile,
  PlanRequest,
  SnapshotEntry,
  Unlinkable,
  UnlinkedRow,
} from "../../../src/contract/planner.ts";
import type { DuplicateMatch, Removal, WriteMode } from "../../../src/contract/project.ts";
import type { GuardVerdict } from "../../../src/contract/run.ts";
import type { Reject } from "../../../src/contract/state.ts";
import type { Column } from "../../../src/contract/value.ts";
import type { Subject } from "./subject.ts";

export const NOW_MS = 1_800_000_000_000;
export const HOUR_MS = 3_600_000;

type FieldSpec = Partial<Omit<CompiledField, "field" | "from">> & {
  readonly column?: string;
  readonly value?: string;
};

/** What a test says of a sync; all the rest is plain: one text field per column, matched by the primary key. */
export type SyncSpec = {
  readonly name?: string;
  readonly account?: string;
  readonly object?: string;
  readonly key?: readonly string[];
  readonly fields?: Readonly<Record<string, FieldSpec>>;
  /** Field: column, one entry each. */
  readonly match?: readonly Readonly<Record<string, string>>[];
  readonly matchForm?: "exact" | "lower";
  readonly write?: WriteMode;
  readonly onRemoved?: Removal;
  readonly onRemovedAdopted?: Removal;
  readonly onDuplicateMatch?: DuplicateMatch;
  readonly onMissingRecord?: PlanRequest["onMissingRecord"];
  readonly forwardOnly?: boolean;
  readonly sendTogether?: readonly (readonly string[])[];
};

export type PlanOptions = {
  /** Plays the destination's `find`: which record a row matches. */
  readonly find?: (row: UnlinkedRow) => Omit<Link, "key"> | null;
  readonly unlinkable?: readonly Unlinkable[];
  readonly rejects?: readonly Reject[];
  readonly nowMs?: number;
  readonly epoch?: number;
  /** False plans without leaving a trace. */
  readonly commit?: boolean;
  readonly approved?: readonly string[];
  /** Verdicts whose rows are kept out of what is sent. */
  readonly held?: readonly GuardVerdict[];
  readonly resend?: boolean;
  readonly keysOnly?: boolean;
  readonly keepsRemovals?: boolean;
  readonly suppress?: PlanRequest["suppress"];
  readonly signal?: AbortSignal;
};

export type Planned = {
  readonly facts: PlanFacts;
  readonly rows: readonly PlanRow[];
  readonly file: PlanFile;
  readonly gone: readonly string[];
  readonly guards: GuardCounts;
  /** Rows that guards keep back. */
  readonly aside: number;
  readonly unlinked: readonly UnlinkedRow[];
  readonly sample: readonly PlanRow[];
};

export const NONE: Removal = { kind: "none" };
let number = 0;

/** A sync of its own, in an account of its own unless said otherwise, driven as a run drives it. */
export function syncOn(subject: Subject, spec: SyncSpec = {}) {
  number++;
  const sync = { name: `sync_${number}`, account: `account_${number}`, object: "contacts", ...spec };
  let plans = 0;
  const plan = async (sql: string, options: PlanOptions = {}): Promise<Planned> => {
    const columns = await subject.columns(sql);
    const session = await subject.planner.plan(requestOf(subject, sync, sql, columns, options));
    const signal = options.signal ?? new AbortController().signal;
    try {
      const { unlinked: count } = await session.stage(signal);
      const unlinked = await session.unlinked(0, Math.max(1, count));
      const find = options.find;
      const links = unlinked.flatMap((row) => {
        const link = find?.(row) ?? null;
        return link === null ? [] : [{ key: row.key, ...link }];
      });
      await session.link(links, options.unlinkable ?? []);
      const facts = await session.build(find !== undefined, signal);
      const guards = await session.guardCounts(options.approved ?? []);
      const aside = await session.setAside(options.held ?? [], options.approved ?? []);
      const gone = await session.goneRejects();
      const sample = await session.sample(2);
      const file = await session.write(join(subject.plans, `${sync.name}_${plans++}.parquet`), signal);
      if (options.commit !== false) await session.commit(options.epoch ?? 1);
      const rows = await subject.planner.readPlan(file.path, 0, file.rows);
      checkSums(facts, rows);
      return { facts, rows, file, gone, guards, aside, unlinked, sample };
    } finally {
      await session.close();
    }
  };
  const accept = (planned: Planned, rows: readonly Acceptance[], epoch = 1): Promise<number> =>
    subject.planner.accept(
      { sync: sync.name, epoch, run: `run_${plans}`, plan: planned.file.path, nowMs: NOW_MS + plans * HOUR_MS },
      rows,
    );
  return {
    ...sync,
    plan,
    accept,
    /** Plans and accepts every row, as a destination would that takes all. */
    run: async (sql: string, options: PlanOptions = {}): Promise<Planned> => {
      const planned = await plan(sql, options);
      await accept(planned, planned.rows.filter(({ settled }) => settled !== "held").map(took), options.epoch ?? 1);
      return planned;
    },
    doubt: (planned: Planned, ranges: readonly { fromSeq: number; toSeq: number }[], epoch = 1) =>
      subject.planner.markInDoubt({ sync: sync.name, epoch, plan: planned.file.path }, ranges),
    entry: (key: string): Promise<SnapshotEntry | null> => subject.planner.entry(sync.name, key),
  };
}

/** The destination took the row: a new record is named after its key. */
export function took(row: PlanRow): Acceptance {
  if (row.settled === "held") throw new Error(`row ${row.key} is held: nobody sent it`);
  if (row.settled !== null) return { seq: row.seq, state: row.settled, remoteId: null, created: null, kept: null };
  const remoteId = row.remoteId ?? `R-${row.key}`;
  return { seq: row.seq, state: "applied", remoteId, created: row.remoteId === null, kept: null };
}

/** Key → what is sent, for short comparisons. */
export function sent(planned: Planned): Record<string, unknown> {
  return Object.fromEntries(planned.rows.map((row) => [row.key, row.fields]));
}

/** Code and field of every group of invalid rows, with its count. */
export function invalid(planned: Planned): [string, string | null, number][] {
  return planned.facts.invalidGroups.map((group) => [group.code, group.field, group.count]);
}

export function aReject(part: Partial<Reject> & { key: string }): Reject {
  return {
    operation: "upsert",
    run: "run_0",
    code: "INVALID_EMAIL",
    field: "email",
    message: "no such address",
    hash: null,
    attempts: 1,
    nextTryAt: NOW_MS + HOUR_MS,
    ...part,
  };
}

async function* inPages(rejects: readonly Reject[]): AsyncGenerator<readonly Reject[]> {
  if (rejects.length > 0) yield rejects;
}

function requestOf(
  subject: Subject,
  sync: SyncSpec & { name: string; account: string; object: string },
  sql: string,
  columns: readonly Column[],
  options: PlanOptions,
): PlanRequest {
  return {
    sync: sync.name,
    model: "people",
    account: sync.account,
    object: sync.object,
    local: subject.local,
    sql,
    mapping: mappingOf(sync, columns),
    write: sync.write ?? "upsert",
    onRemoved: sync.onRemoved ?? NONE,
    onRemovedAdopted: sync.onRemovedAdopted ?? NONE,
    onDuplicateMatch: sync.onDuplicateMatch ?? { policy: "reject" },
    onMissingRecord: sync.onMissingRecord ?? "rematch",
    resend: options.resend ?? false,
    keysOnly: options.keysOnly ?? false,
    keepsRemovals: options.keepsRemovals ?? false,
    suppress: options.suppress ?? { list: null, forgotten: [] },
    forwardOnly: sync.forwardOnly ?? false,
    rejects: inPages(options.rejects ?? []),
    nowMs: options.nowMs ?? NOW_MS,
    recheckUnmatchedMs: 24 * HOUR_MS,
  };
}

function mappingOf(sync: SyncSpec, columns: readonly Column[]): CompiledMapping {
  const byName = new Map(columns.map((column) => [column.name, column]));
  const columnOf = (name: string): Column => {
    const column = byName.get(name);
    if (column === undefined) throw new Error(`the test's model has no column "${name}"`);
    return column;
  };
  const key = sync.key ?? [columns[0]?.name ?? "id"];
  const specs: Readonly<Record<string, FieldSpec>> =
    sync.fields ?? Object.fromEntries(columns.map((column) => [column.name, {}]));
  const fields = Object.entries(specs).map(([field, { column, value, ...spec }]): CompiledField => {
    const from = value === undefined ? { column: columnOf(column ?? field) } : { value };
    const plain = { type: "text", timezone: null, options: null, maxLength: null } as const;
    return { field, from, ...plain, onNull: "clear_ours", onBlank: "as_null", ...spec };
  });
  const match = (sync.match ?? [Object.fromEntries(key.map((name) => [name, name]))]).map((entry) =>
    Object.entries(entry).map(([field, column]) => ({
      field,
      column: columnOf(column),
      matchForm: sync.matchForm ?? "exact",
    })),
  );
  return { primaryKey: key.map(columnOf), fields, match, sendTogether: sync.sendTogether ?? [] };
}

/** Holds for every plan there is: numbers add up, sequence numbers are dense. */
function checkSums(facts: PlanFacts, rows: readonly PlanRow[]): void {
  const { read, invalid: wrong, unchanged, waiting, added, changed } = facts.counts;
  expect(wrong + unchanged + waiting + added + changed, "read = invalid + unchanged + waiting + added + changed").toBe(
    read,
  );
  expect(Math.min(...Object.values(facts.counts)), "no count is negative").toBeGreaterThanOrEqual(0);
  expect(rows.map((row) => row.seq)).toEqual(rows.map((_, index) => index));
  expect(new Set(rows.map((row) => row.key)).size, "no key is planned twice").toBe(rows.length);
}

/** Within a part of the plan rows come in any order. */
export function inKeyOrder(rows: readonly PlanRow[]): PlanRow[] {
  return [...rows].sort((a, b) => (a.key < b.key ? -1 : 1));
}
