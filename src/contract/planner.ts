import type { CompiledMapping, CompiledMatch } from "./mapping.ts";
import type { PlanRow } from "./plan.ts";
import type { DuplicateMatch, Removal, Sync, WriteMode } from "./project.ts";
import type { GuardVerdict, ModelCounts, Operation, Origin } from "./run.ts";
import type { Forgotten, KeyMove, Reject } from "./state.ts";
import type { Column, FieldValues } from "./value.ts";
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

/**
 * People never to be sent, as a SELECT of the model's own database: its columns that stand for the sync's primary key, and for
 * each match entry; null where it lacks one of them.
 */
export type SuppressList = {
  readonly sql: string;
  readonly key: readonly Column[] | null;
  readonly match: readonly (readonly CompiledMatch[] | null)[];
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
  /** Only records that were found and never written, and only the first match entry's fields (S8). */
  readonly keysOnly: boolean;
  /** A field that is newly mapped goes only with rows that change otherwise (S23). */
  readonly forwardOnly: boolean;
  /** Nothing is removed, whatever left the model: the snapshot was put back from an older day (S25). */
  readonly keepsRemovals: boolean;
  /** Whose rows are passed over: neither sent nor removed, whatever else is wrong with them. */
  readonly suppress: { readonly list: SuppressList | null; readonly forgotten: readonly Forgotten[] };
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
  /** Looked for by what was sent once and never answered, beside a row of its own; its key is the planner's. */
  readonly isFormer?: boolean;
  /** Its record before: a removal of it had no answer, and it may be there still. */
  readonly formerId?: string;
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
  /** Rows of people who are never to be sent. */
  readonly suppressed: number;
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
  /** True where rows without a key, or `keepsRemovals`, kept removals from being planned. */
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

/** A sync whose rows are to be known by another primary key, while the model still gives the former one (S1). */
export type RekeyRequest = {
  /** The name under which the snapshot stands. */
  readonly sync: string;
  readonly local: LocalDatabase;
  readonly sql: string;
  /** Per part of the snapshot's key: the model's column that gives it now, and the family that it was of. */
  readonly former: readonly { readonly column: Column; readonly family: string }[];
  readonly primaryKey: readonly Column[];
  /** Keys of present refusals: they move too, also those of rows that the snapshot does not know. */
  readonly refused: readonly string[];
};

/** Rows that stand in the way of another key: how many, and up to five of their former keys. */
export type KeyTrouble = { readonly rows: number; readonly examples: readonly string[] };

/** Entries of the snapshot and rows of the model, as the former key brings them together. */
export type RekeyFacts = {
  /** Entries of the snapshot; `carried` of them have a row, `left` have none. */
  readonly rows: number;
  readonly carried: number;
  readonly left: number;
  /** Rows of the model that the snapshot does not know. */
  readonly unknown: number;
  /** Known keys that stand in several rows. */
  readonly ambiguous: KeyTrouble;
  /** Known rows whose new key is null, or is another row's too. */
  readonly withoutKey: KeyTrouble;
  readonly repeated: KeyTrouble;
};

/** One change of key in the making. Its methods are called in this order; nothing outlives `close` but what `commit` wrote. */
export interface RekeySession {
  /** Evaluates the model once, to its end, and compares its former keys with the snapshot's. */
  stage(signal: AbortSignal): Promise<RekeyFacts>;
  /** The new key of every refusal, also where it is the former one. Keys that no row has any more are told apart from rows' keys. */
  moves(): Promise<readonly KeyMove[]>;
  /** Gives the snapshot its new keys. One transaction; fenced by the epoch. Only where no trouble was found. */
  commit(epoch: number): Promise<void>;
  close(): Promise<void>;
}

/** By what a person is known. */
export type PersonTraits = {
  readonly keys: readonly string[];
  /** Match values, compared ignoring case and outer blanks. */
  readonly values: readonly string[];
  /** Fields whose values are compared; null: of any field. */
  readonly fields: readonly string[] | null;
};

/** A row of a snapshot that is about a person; `values` are those of the fields that were compared. */
export type PersonRow = {
  readonly key: string;
  readonly remoteId: string | null;
  readonly origin: Origin | null;
  readonly values: readonly string[];
};

/** What a plan file and its list of invalid rows hold of a person. */
export type PersonInPlan = {
  /** Rows that are theirs, and rows that only mention them. */
  readonly rows: number;
  readonly keys: readonly string[];
  /** Match values of the rows that are theirs. */
  readonly values: readonly string[];
};

/** The database that holds the snapshots and computes the diffs. */
export interface Planner {
  metas(): Promise<readonly SnapshotMeta[]>;
  plan(request: PlanRequest): Promise<PlanSession>;
  /** Pages of a plan file by sequence number, `fromSeq` included, `toSeq` not. */
  readPlan(path: string, fromSeq: number, toSeq: number): Promise<readonly PlanRow[]>;
  /** Whether the plan file is there. Fault: STATE_FAILED where that cannot be told. */
  hasPlan(path: string): Promise<boolean>;
  /** SHA-256 of a plan file as it stands now; null where it is not there. */
  planSha(path: string): Promise<string | null>;
  /** Deletes a plan file with its list of invalid rows; does nothing where there is none. */
  dropPlan(path: string): Promise<void>;
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
  /** Of these records, those to which living rows of a plan go. */
  aims(path: string, remoteIds: readonly string[]): Promise<readonly string[]>;
  /** Of these records, those whose rows left the model with a plan, and to which no other row of it goes: record id → key of the row. */
  leaving(path: string, remoteIds: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Who of this account's snapshots holds these records. */
  owners(account: string, object: string, remoteIds: readonly string[]): Promise<readonly LinkOwner[]>;
  /** Work under an older epoch is refused from here on (LEASE_LOST), whatever it wants to move. */
  claim(sync: string, epoch: number): Promise<void>;
  /** Of the rows that a plan gave a record: how many of these were made and how many found, as far as they are accepted. */
  tallyRun(at: { sync: string; run: string; plan: string }): Promise<{ created: number; adopted: number }>;
  rename(from: string, to: string): Promise<void>;
  /** What the snapshot of a sync holds; null where there is none. */
  tally(sync: string): Promise<SnapshotTally | null>;
  /** Drops the snapshot of a sync, so that its next plan is a first one; does nothing where there is none. Fenced by the epoch. */
  forget(sync: string, epoch: number): Promise<void>;
  /** Prepares another primary key for a snapshot. Fault: STATE_MISMATCH where there is none. */
  rekey(request: RekeyRequest): Promise<RekeySession>;
  /** Records of a sync's rows, each once, in order, those after `after`; at most `limit`. */
  remoteIds(sync: string, after: string | null, limit: number): Promise<readonly string[]>;
  /**
   * Rows go on with the records that answer for theirs now, by former id. Whose those are nobody knows: their origin is
   * `unknown`. Gives the number of rows; fenced by the epoch.
   */
  relink(at: { sync: string; epoch: number }, moves: ReadonlyMap<string, string>): Promise<number>;
  /** Reads all of a sync's snapshot, so that damage shows. Fault: STATE_CORRUPT. */
  inspect(sync: string): Promise<SnapshotFacts>;
  /** Copies all snapshots of this moment into a new file in the planner's own folder. Fault: STATE_CORRUPT. */
  copyTo(path: string): Promise<void>;
  findPerson(sync: string, traits: PersonTraits): Promise<readonly PersonRow[]>;
  findInPlan(path: string, traits: PersonTraits): Promise<PersonInPlan>;
  /** Deletes these rows of a snapshot, whose records are nobody's from then on; fenced by the epoch. Gives their number. */
  forgetRows(at: { sync: string; epoch: number }, keys: readonly string[]): Promise<number>;
  /**
   * Blanks a person's rows in the plan of a run that has ended: the rows stay, so that the counts do. `commit` is told the sum that
   * the file will have, before it does. Gives the number of blanked rows; 0, and nothing happens, where there are none.
   */
  blankPlan(
    path: string,
    traits: PersonTraits,
    placeholder: string,
    commit: (sha256: string) => Promise<void>,
  ): Promise<number>;
  /** Writes the planner's file anew, so that nothing that was deleted can be read in its free blocks, and closes the planner. */
  rewriteAndClose(): Promise<void>;
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

/** What `verify` counts in a snapshot: rows, rows with a record, and records that several living rows hold. */
export type SnapshotFacts = { readonly rows: number; readonly linked: number; readonly shared: number };

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
