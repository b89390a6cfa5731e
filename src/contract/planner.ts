import type { CompiledMapping } from "./mapping.ts";
import type { PlanRow } from "./plan.ts";
import type { DuplicateMatch, Removal, Sync, WriteMode } from "./project.ts";
import type { GuardVerdict, ModelCounts, Operation, Origin } from "./run.ts";
import type { Reject } from "./state.ts";
import type { FieldValues } from "./value.ts";
import type { LocalDatabase } from "./warehouse.ts";

/** What the planner knows of one sync's snapshot; checked and moved in every planner transaction. */
export type SnapshotMeta = {
  readonly sync: string;
  readonly account: string;
  readonly object: string;
  readonly model: string;
  readonly epoch: number;
  readonly generation: number;
  readonly hashVersion: string;
  /** Primary key columns as `name:family`. */
  readonly key: readonly string[];
  readonly fields: readonly string[];
  /** Of these: fields that came under `forward_only`, so that rows may not hold them yet. */
  readonly forward: readonly string[];
};

export type PlanRequest = {
  /** The name under which the snapshot stands. */
  readonly sync: string;
  readonly model: string;
  readonly account: string;
  readonly object: string;
  readonly local: LocalDatabase;
  readonly sql: string;
  readonly mapping: CompiledMapping;
  readonly write: WriteMode;
  readonly onRemoved: Removal;
  readonly onRemovedAdopted: Removal;
  readonly onDuplicateMatch: DuplicateMatch;
  readonly onMissingRecord: Sync["onMissingRecord"];
  /** Every row goes again, with all it has, whatever was acknowledged (S24). */
  readonly resend: boolean;
  /** A field that is newly mapped goes only with rows that change otherwise (S23). */
  readonly forwardOnly: boolean;
  /** Present refusals; `hash` null where the row should be tried again now. */
  readonly rejects: AsyncIterable<readonly Reject[]>;
  readonly nowMs: number;
  /** A row without a match is looked up again after this time. */
  readonly recheckUnmatchedMs: number;
};

/** A row whose record has to be looked for: per match entry the canonical values, null where one is missing. */
export type UnlinkedRow = {
  readonly key: string;
  readonly match: readonly (Readonly<Record<string, string>> | null)[];
};

export type Link = {
  readonly key: string;
  /** Index of the match entry that found the record. */
  readonly entry: number;
  readonly remoteId: string;
  readonly present: FieldValues;
};

/** A row that cannot be sent, found while linking. */
export type Unlinkable = { readonly key: string; readonly code: string; readonly message: string };

export type OperationPlan = { readonly operation: Operation; readonly rows: number; readonly settled: number };

export type PlanFacts = {
  readonly counts: ModelCounts;
  readonly superseded: number;
  /** Rows of the snapshot that are not marked absent. */
  readonly snapshotRows: number;
  readonly operations: readonly OperationPlan[];
  /** Writes by id and writes by match or create, for the forecast. */
  readonly writesById: number;
  readonly creates: number;
  readonly adopts: number;
  readonly removals: number;
  readonly transferred: number;
  readonly invalidGroups: readonly {
    code: string;
    field: string | null;
    count: number;
    example: string | null;
    message: string;
  }[];
  readonly newInvalid: number;
  /** True where rows without a key kept removals from being planned. */
  readonly removalsPostponed: boolean;
};

/** Counts for the guards, less what approved plans cover. */
export type GuardCounts = {
  readonly changed: number;
  readonly creates: number;
  readonly removals: number;
  readonly cleared: ReadonlyMap<string, number>;
};

export type PlanFile = { readonly path: string; readonly rows: number; readonly sha256: string };

/** One plan in the making. Its methods are called in this order; nothing outlives `close` but what `commit` wrote. */
export interface PlanSession {
  /**
   * Evaluates the model once, to its end, checks keys and match values, compares with the snapshot. `mustLook`: some rows
   * may only be written once their record was looked for.
   */
  stage(signal: AbortSignal): Promise<{ unlinked: number; mustLook: boolean }>;
  /** Rows without a record from `fromIndex` (0-based) on, at most `limit`. */
  unlinked(fromIndex: number, limit: number): Promise<readonly UnlinkedRow[]>;
  link(links: readonly Link[], unlinkable: readonly Unlinkable[]): Promise<void>;
  /** Builds the plan. `linksAreComplete` says that every unlinked row was looked for. */
  build(linksAreComplete: boolean, signal: AbortSignal): Promise<PlanFacts>;
  guardCounts(approvedPlans: readonly string[]): Promise<GuardCounts>;
  /**
   * Marks the rows of which these verdicts speak, less those that approved plans cover, as `held` and puts them at the end of
   * the plan. Gives how many; 0, and nothing is marked, where a verdict is about no rows that could be told (`failed`).
   */
  setAside(held: readonly GuardVerdict[], approvedPlans: readonly string[]): Promise<number>;
  /** Keys with a present refusal that this plan no longer concerns. */
  goneRejects(): Promise<readonly string[]>;
  sample(limit: number): Promise<readonly PlanRow[]>;
  /** Writes the plan file (and the list of invalid rows beside it) aside, syncs and renames it. */
  write(path: string, signal: AbortSignal): Promise<PlanFile>;
  /** Makes the snapshot ready for this plan: meta, rows that need no call. One transaction; fenced by the epoch. */
  commit(epoch: number): Promise<void>;
  /**
   * Instead of `build` and what follows: puts the records that were found into the snapshot, with what stood in them, as not
   * yet written. Gives how many, and how many found records belong to other rows.
   */
  storeLinks(at: { epoch: number; run: string }): Promise<{ linked: number; taken: number }>;
  /** Lets go of its tables and of the warehouse; closing twice does nothing. */
  close(): Promise<void>;
}

export type PlanCount = { readonly operation: Operation; readonly settled: PlanRow["settled"]; readonly rows: number };

/** A planned row's acknowledged end, by sequence number. */
export type Acceptance = {
  readonly seq: number;
  readonly state: "applied" | "altered" | "skipped" | "transferred";
  readonly remoteId: string | null;
  readonly created: boolean | null;
  readonly kept: FieldValues | null;
};

export type LinkOwner = { readonly remoteId: string; readonly sync: string; readonly key: string };

/** The database that holds the snapshots and computes the diffs. */
export interface Planner {
  metas(): Promise<readonly SnapshotMeta[]>;
  plan(request: PlanRequest): Promise<PlanSession>;
  /** Pages of a plan file by sequence number, `fromSeq` included, `toSeq` not. */
  readPlan(path: string, fromSeq: number, toSeq: number): Promise<readonly PlanRow[]>;
  /** How many rows a plan file holds in these ranges (both ends included), by operation and by what was settled at planning. */
  countPlan(path: string, ranges: readonly { fromSeq: number; toSeq: number }[]): Promise<readonly PlanCount[]>;
  /** Moves acknowledged rows into the snapshot; repeating it changes nothing. Returns the new generation. */
  accept(
    at: { sync: string; epoch: number; run: string; plan: string; nowMs: number },
    rows: readonly Acceptance[],
  ): Promise<number>;
  /** Marks planned rows as sent with an unknown answer: they are planned again even where the hash is equal. */
  markInDoubt(
    at: { sync: string; epoch: number; plan: string },
    ranges: readonly { fromSeq: number; toSeq: number }[],
  ): Promise<void>;
  /** Who of this account's snapshots holds these records. */
  owners(account: string, object: string, remoteIds: readonly string[]): Promise<readonly LinkOwner[]>;
  rename(from: string, to: string): Promise<void>;
  /** What the snapshot of a sync holds; null where there is none. */
  tally(sync: string): Promise<SnapshotTally | null>;
  /** Drops the snapshot of a sync, so that its next plan is a first one; does nothing where there is none. Fenced by the epoch. */
  forget(sync: string, epoch: number): Promise<void>;
  /** One row's entry in the snapshot, for `why`. */
  entry(sync: string, key: string): Promise<SnapshotEntry | null>;
  close(): Promise<void>;
}

/** Rows of one snapshot, by what is known of their records. */
export type SnapshotTally = {
  readonly rows: number;
  readonly created: number;
  readonly adopted: number;
  readonly unknown: number;
  readonly withoutRecord: number;
  /** Of all these: rows that left the model and whose records live on. */
  readonly absent: number;
};

export type SnapshotEntry = {
  readonly key: string;
  readonly remoteId: string | null;
  readonly origin: Origin | null;
  readonly payload: FieldValues;
  readonly mark: string | null;
  readonly isInDoubt: boolean;
  readonly absentSince: string | null;
  readonly acceptedAt: string;
  readonly acceptedRun: string;
};
