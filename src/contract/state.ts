import type { GuardName } from "./project.ts";
import type { Operation, RowState, RunRecord, RunState } from "./run.ts";

/** What the state database knows of a sync, whether or not its file still exists. */
export type SyncRecord = {
  readonly name: string;
  readonly account: string;
  readonly object: string;
  readonly model: string;
  /** Counts acceptances; planner and state of one generation belong together. */
  readonly generation: number;
  readonly configHash: string;
  /** Of its queries; null where nobody noted it, before there was one. */
  readonly sqlHash: string | null;
};

/** Leave that is given with a run. */
export type Asked = {
  /** Lets go what a guard holds (S22). */
  readonly approve: boolean;
  /** Goes on with a paused run before its time, and with a sync that died again and again. */
  readonly insists: boolean;
};
export const PLAINLY: Asked = { approve: false, insists: false };

/** The right to work on one sync. Every write of a run carries it; a write under an old epoch is refused (LEASE_LOST). */
export type Lease = { readonly sync: string; readonly epoch: number; readonly holder: string };

export type LeaseAttempt =
  /** `wasHeld`: nobody had given the lease back, so its last holder died at work, or sleeps. */
  | { readonly ok: true; readonly lease: Lease; readonly wasHeld: boolean }
  | { readonly ok: false; readonly holder: string; readonly untilMs: number };

/** A range of the plan, both ends included, that goes out in one call. `sent` without an acknowledgement means in doubt. */
export type BatchRecord = {
  readonly run: string;
  readonly fromSeq: number;
  readonly toSeq: number;
  readonly state: "sent" | "done";
  readonly attempt: number;
  /** One entry per sequence number, in order; null once accepted. */
  readonly acks: readonly RowAck[] | null;
};

/** How one planned row ended, by position in its batch. */
export type RowAck = {
  readonly state: RowState;
  readonly remoteId: string | null;
  readonly created: boolean | null;
  /** Fields that the destination kept in another form; null where none. */
  readonly kept: Readonly<Record<string, string | null>> | null;
};

/** The present refusal of a row; it is gone once the row is applied or leaves the model. */
export type Reject = {
  readonly key: string;
  readonly operation: Operation;
  readonly run: string;
  readonly code: string;
  readonly field: string | null;
  readonly message: string;
  /** The row's hash when it was refused: another hash is tried at once. */
  readonly hash: string | null;
  readonly attempts: number;
  /** ms since the epoch; null for suppressed rows, which are never tried again. */
  readonly nextTryAt: number | null;
};

/** A row that is known by another key from now on. */
export type KeyMove = { readonly from: string; readonly to: string };

/** A planned row of one run that did not simply apply; what `rows` and `why` show. */
export type RowNote = {
  readonly seq: number;
  readonly key: string;
  readonly operation: Operation;
  readonly state: RowState;
  readonly code: string | null;
  readonly field: string | null;
  readonly message: string | null;
};

/** One record under two ids, of which only the newer will answer for ever. */
export type Alias = {
  readonly account: string;
  readonly object: string;
  readonly oldId: string;
  readonly newId: string;
  readonly reason: string;
  /** ms since the epoch. */
  readonly at: number;
};

export type Acknowledgement = {
  readonly run: string;
  readonly fromSeq: number;
  readonly toSeq: number;
  readonly acks: readonly RowAck[];
  readonly notes: readonly RowNote[];
  /** Written or renewed. */
  readonly rejects: readonly Reject[];
  /** Keys whose former refusal is over. */
  readonly cured: readonly string[];
  /** Records that answered under another id: merged there by somebody. */
  readonly aliases: readonly Alias[];
};

/** How often a sync's process died in a row without getting on. */
export type Deaths = {
  readonly count: number;
  /** Batches of the run `run` that were answered when it died last. */
  readonly run: string;
  readonly answered: number;
};

/** A sync whose memory was put back from a backup: it removes nothing until `link` has looked at its records (S25). */
export type Restoration = {
  readonly sync: string;
  /** When the backup was made and when it was put back, ms since the epoch. */
  readonly backupAt: number;
  readonly restoredAt: number;
};

/** One trait of a person who was forgotten. Nobody can read it back. */
export type Forgotten = {
  /** Only rows of this sync; null: of every sync. */
  readonly sync: string | null;
  /** What it was: a row's key, or a match value, as it stands or in lower case. */
  readonly trait: ForgottenTrait;
  /** SHA-256, hex, of salt and text. */
  readonly hash: string;
  readonly salt: string;
  /** ms since the epoch. */
  readonly at: number;
};
export type ForgottenTrait = "key" | "exact" | "lower";

/** What a person may have left in the state. */
export type Traces = {
  readonly keys: readonly string[];
  /** In no sentence that is kept; compared ignoring case. */
  readonly words: readonly string[];
  /** Stands where a key stood. */
  readonly placeholder: string;
  /** Runs whose plans hold the person. */
  readonly plans: readonly string[];
};
export type ForgottenRows = {
  readonly refusals: number;
  readonly notes: number;
  readonly sentences: number;
  readonly holds: number;
};

/** A lease as it stands; `holder` null where it was given back. */
export type LeaseRecord = { readonly sync: string; readonly epoch: number; readonly holder: string | null };

/** A plan that waits for a person. The set that an approval releases is the plan file of `run`. */
export type Hold = {
  readonly id: string;
  readonly sync: string;
  readonly run: string;
  readonly guards: readonly GuardName[];
  /** The account for which it was planned; null for holds of older versions. */
  readonly account: string | null;
  readonly heldAt: number;
  readonly approvedAt: number | null;
  readonly approvedBy: string | null;
  /** An approval ends here, ms since the epoch. */
  readonly until: number | null;
};

export type AuditEntry = {
  readonly at: number;
  readonly who: string;
  readonly act: string;
  readonly sync: string | null;
  readonly run: string | null;
  readonly detail: string;
};

/** What outlives a process of an account's budget. */
export type BudgetRecord = {
  readonly account: string;
  readonly window: { readonly max: number; readonly intervalMs: number } | null;
  /** No call before this time, ms since the epoch. */
  readonly blockedUntil: number;
  /** Calls that filled the window then; null where nobody said. */
  readonly used: { readonly calls: number; readonly at: number } | null;
};

export type RunFilter = {
  readonly sync?: string;
  readonly syncs?: readonly string[];
  readonly states?: readonly RunState[];
  /** Only runs whose id sorts before this one. */
  readonly before?: string;
  /** Also those that only said what would be sent. */
  readonly withPlans?: boolean;
  readonly limit: number;
};

/** Patch of a run's own facts; absent members stay. */
export type RunPatch = Partial<Omit<RunRecord, "id" | "sync" | "startedAt">>;

/**
 * Correctness lives here. Every method is one transaction. Methods that take a lease fail with LEASE_LOST, having changed
 * nothing, where the lease is not the newest of its sync or has run out by the database's clock.
 */
export interface StateStore {
  /** All, or those of these names. */
  syncs(names?: readonly string[]): Promise<readonly SyncRecord[]>;
  putSync(lease: Lease, sync: SyncRecord): Promise<void>;
  /** Moves all rows of a sync to its new name; nobody may hold a lease on either but the caller. */
  renameSync(from: string, to: string): Promise<void>;
  /** Forgets what is known of the sync, its refusals and its holds; runs, notes and audit stay. */
  forgetSync(lease: Lease): Promise<void>;

  /** Takes the lease where it is free, has run out, or `isDead(holder)`. The epoch is one more than ever before. */
  acquire(sync: string, holder: string, forMs: number, isDead: (holder: string) => boolean): Promise<LeaseAttempt>;
  /** Who holds the sync now, dead or alive; null where nobody does. */
  holder(sync: string): Promise<string | null>;
  renew(lease: Lease, forMs: number): Promise<void>;
  release(lease: Lease): Promise<void>;

  /** Null for a sync that did not die since it last got on. */
  deaths(sync: string): Promise<Deaths | null>;
  putDeaths(lease: Lease, deaths: Deaths | null): Promise<void>;

  /**
   * Also begins a run that was queued under this id, as it was asked for when somebody looked. Faults: CANCELLED where it is
   * queued no more; SYNC_BUSY where more was asked of it since: look again.
   */
  createRun(lease: Lease, run: RunRecord, asked?: Asked): Promise<void>;
  patchRun(lease: Lease, id: string, patch: RunPatch): Promise<void>;
  run(id: string): Promise<RunRecord | null>;
  /** Newest first. */
  runs(filter: RunFilter): Promise<readonly RunRecord[]>;

  /** Durable before the first byte is sent. */
  recordIntents(lease: Lease, batches: readonly { run: string; fromSeq: number; toSeq: number }[]): Promise<void>;
  /** Takes intents back that certainly never left: their rows count as never sent. */
  withdrawIntents(lease: Lease, batches: readonly { run: string; fromSeq: number; toSeq: number }[]): Promise<void>;
  acknowledge(lease: Lease, acknowledgements: readonly Acknowledgement[]): Promise<void>;
  /** In order of `fromSeq`. */
  batches(run: string): Promise<readonly BatchRecord[]>;
  /** After acceptance: drops the acknowledgement blobs of the batches up to `toSeq`, folds neighbours into one range. */
  foldAccepted(lease: Lease, run: string, batches: readonly { fromSeq: number; toSeq: number }[]): Promise<void>;

  /** All present refusals of a sync, in pages, by key. */
  rejects(sync: string): AsyncGenerator<readonly Reject[]>;
  reject(sync: string, key: string): Promise<Reject | null>;
  dropRejects(lease: Lease, keys: readonly string[]): Promise<void>;
  /**
   * Refusals get their rows' new keys, all at once, so that one may get what was another's. The sync's holds go, waiting or
   * approved: their sets name former keys. The setting is stored with it. `moves` names every refusal.
   */
  moveRejects(lease: Lease, moves: readonly KeyMove[], setting: { name: string; value: string }): Promise<void>;
  /** In the plan's order, after so many to `skip`. */
  notes(
    run: string,
    filter: {
      state?: RowState;
      code?: string | null;
      field?: string | null;
      seq?: number;
      limit: number;
      skip?: number;
    },
  ): Promise<readonly RowNote[]>;
  noteTotals(run: string): Promise<readonly { operation: Operation; state: RowState; count: number }[]>;
  /** Counts by state, code and field. */
  noteGroups(
    run: string,
  ): Promise<
    readonly { state: RowState; code: string | null; field: string | null; count: number; example: RowNote }[]
  >;

  hold(lease: Lease, hold: Hold): Promise<void>;
  /** Holds of a sync, waiting or approved, that have not run out; newest first. */
  holds(sync: string, nowMs: number): Promise<readonly Hold[]>;
  approve(id: string, who: string, nowMs: number, untilMs: number): Promise<void>;
  /** Approvals stay. */
  dropWaitingHolds(lease: Lease): Promise<void>;

  budget(account: string): Promise<BudgetRecord | null>;
  /** A pause that the vendor asked for is never shortened by a later word. */
  putBudget(record: BudgetRecord): Promise<void>;
  /** Says for so many ms that this caller uses the account's budget; 0 ends that. Gives how many do now, by the database's clock. */
  shareBudget(account: string, caller: string, forMs: number): Promise<number>;

  /** Newest alias wins; chains are followed by the caller. */
  aliases(account: string, object: string): Promise<ReadonlyMap<string, string>>;

  /** Every lease that was ever taken, or those of these syncs; by sync. */
  leases(syncs?: readonly string[]): Promise<readonly LeaseRecord[]>;
  restoration(sync: string): Promise<Restoration | null>;
  /** Of all these syncs at once; written before anybody works with what was put back. */
  putRestorations(restorations: readonly Restoration[]): Promise<void>;
  /** The sync's records were looked at: it may remove again. */
  dropRestoration(lease: Lease): Promise<void>;

  /** People who must not come back, of every sync. */
  forgotten(): Promise<readonly Forgotten[]>;
  /** What is there already stays as it is. */
  putForgotten(forgotten: readonly Forgotten[]): Promise<void>;
  /**
   * Blanks what the runs of a sync, which have all ended, say of these keys, and every sentence that holds one of the words; drops
   * their refusals and the holds of `plans`.
   */
  forgetRows(lease: Lease, traces: Traces): Promise<ForgottenRows>;
  /** Looks without changing anything. */
  countRows(sync: string, traces: Traces): Promise<ForgottenRows>;
  /** Rewrites the file, so that nothing that was deleted can be read in its free pages. */
  compact(): Promise<void>;

  /** What the database finds wrong with itself, at most 20 lines; `quick` leaves out indexes and references. */
  inspect(depth: "quick" | "full"): Promise<readonly string[]>;
  /** Copies the database of this moment into a new file, also while others write. */
  copyTo(path: string): Promise<void>;

  audit(entry: AuditEntry): Promise<void>;
  setting(name: string): Promise<string | null>;
  putSetting(name: string, value: string): Promise<void>;
  /**
   * Deletes finished runs with batches and notes, all but the newest `keep` of each sync that ended before `beforeMs`; of one sync
   * alone where it is named. Gives their ids.
   */
  prune(keep: number, beforeMs: number, sync?: string): Promise<readonly string[]>;
  close(): Promise<void>;
}
