import type { GuardName } from "./project.ts";

/**
 * queued → planning → writing → succeeded | partial | failed | cancelled | blocked.
 * `paused` waits for a quota. Only `writing` and `paused` runs have a committed plan that may be half sent; a run found
 * `writing` without a living lease was interrupted, and the next start takes it up again.
 */
export const RUN_STATES = [
  "queued",
  "planning",
  "writing",
  "paused",
  "succeeded",
  "partial",
  "failed",
  "cancelled",
  "blocked",
] as const;
export type RunState = (typeof RUN_STATES)[number];

export const ACTIONS = ["run", "plan", "resync"] as const;
/** What a run is for: to send what changed, to say what would be sent, to send every row again. */
export type Action = (typeof ACTIONS)[number];

/** What the diff found. */
export const CHANGES = ["added", "changed", "removed"] as const;
export type Change = (typeof CHANGES)[number];

/** What a planned row does, in the words of the sync's two axes. */
export const OPERATIONS = ["upsert", "update", "insert", "clear", "set", "archive", "delete"] as const;
export type Operation = (typeof OPERATIONS)[number];

export const ORIGINS = ["created", "adopted", "unknown"] as const;
export type Origin = (typeof ORIGINS)[number];

/** read = invalid + unchanged + waiting + added + changed. `superseded` and `suppressed` rows are among the unchanged. */
export type ModelCounts = {
  readonly read: number;
  readonly invalid: number;
  readonly unchanged: number;
  readonly waiting: number;
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
};

/** planned = applied + skipped + transferred + rejected + deferred + cancelled; `altered` are among the applied. */
export type OperationCounts = {
  readonly applied: number;
  readonly altered: number;
  readonly skipped: number;
  readonly superseded: number;
  /** Rows of people who are never to be sent. */
  readonly suppressed: number;
  readonly transferred: number;
  readonly rejected: number;
  readonly deferred: number;
  readonly cancelled: number;
};

export const NO_OPERATION_COUNTS: OperationCounts = {
  applied: 0,
  altered: 0,
  skipped: 0,
  superseded: 0,
  suppressed: 0,
  transferred: 0,
  rejected: 0,
  deferred: 0,
  cancelled: 0,
};

export type Operations = Readonly<Partial<Record<Operation, OperationCounts>>>;

/** One guard's word on a plan. `value` counts only what no approval covers. */
export type GuardVerdict = {
  readonly guard: GuardName;
  readonly held: boolean;
  readonly value: number;
  /** Of what: the snapshot's rows for `removed`, `changed`, `cleared`; the rows read for `failed`. */
  readonly of: number;
  readonly limit: string;
  /** For `cleared`: the field. */
  readonly field: string | null;
};

/** Where a planned row, or a row that could not be planned, stands. */
export const ROW_STATES = [
  "planned",
  "applied",
  "altered",
  "skipped",
  "transferred",
  "rejected",
  "deferred",
  "cancelled",
  "unknown",
  "invalid",
  "waiting",
] as const;
export type RowState = (typeof ROW_STATES)[number];

/** What a plan will cost, as far as anybody can say. */
export type Forecast = {
  /** Lookups and writes of a run that starts now. */
  readonly calls: number;
  readonly lookups: number;
  readonly seconds: number;
  /** Calls that the account has left today, less what is reserved for others; null where the vendor does not say. */
  readonly quotaLeft: number | null;
  /** New records. */
  readonly creates: number;
  /** False where nobody looked whether the records are there already: `creates` is then the most there can be. */
  readonly createsAreExact: boolean;
};

export type RunRecord = {
  /** Sortable by time of start. */
  readonly id: string;
  readonly sync: string;
  readonly model: string;
  readonly state: RunState;
  /** Why it is in this state, for people; null where the state says all. */
  readonly reason: string | null;
  /** The code behind the reason: a fault's, or GUARD. */
  readonly code: string | null;
  readonly action: Action;
  /** What started it: cli, api, schedule, after NAME … */
  readonly trigger: string;
  readonly configHash: string;
  /** The account's own id, known from the first answer on: a plan is for that account and no other. */
  readonly account: string | null;
  /** Times the run was taken up again after its process had died, or after a pause. */
  readonly resumes: number;
  /**
   * A paused run goes on from here, ms since the epoch; one that ended for want of calls before it had a plan is worth another start
   * from here on, and a queued one that the service asks for in its place begins then.
   */
  readonly resumeAt: number | null;
  readonly counts: ModelCounts | null;
  readonly operations: Operations;
  readonly guards: readonly GuardVerdict[];
  /** What it was thought to cost; null before it was planned. */
  readonly forecast: Forecast | null;
  readonly planRows: number;
  readonly planSha256: string | null;
  readonly newInvalid: number;
  readonly newRejected: number;
  readonly linked: number;
  readonly created: number;
  readonly adopted: number;
  readonly calls: number;
  readonly throttled: number;
  readonly waitedMs: number;
  readonly bytesOut: number;
  readonly peakRssBytes: number;
  /** ms since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number | null;
};
