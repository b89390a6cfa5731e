import type { Problem } from "./fault.ts";
import type { Hooks } from "./hook.ts";
import type { Schedule } from "./schedule.ts";
import type { Trigger } from "./trigger.ts";

/** Where in a file a thing stands; lines and columns count from 1. */
export type Position = { readonly line: number; readonly column: number };

/** Finds the place of a setting again, for problems that only a database or a destination can tell. */
export type SourceFile = {
  /** Relative to the project folder. */
  readonly file: string;
  /** Of the value at `path` (its key with `"key"`); of the nearest parent where the path is not written out. */
  readonly locate: (path: readonly (string | number)[], part?: "key" | "value") => Position;
};

/** Whose calls go first where several syncs wait for one account. */
export const PRIORITIES = ["high", "normal", "low"] as const;
export type Priority = (typeof PRIORITIES)[number];

export type Connection = {
  readonly name: string;
  readonly type: string;
  /** As the connector's own schema parsed it, references resolved. Holds secrets: never printed. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Share (0..1) of the account's daily quota of calls that is left to its other users. */
  readonly reserve: number;
  readonly source: SourceFile;
  /** Path of the connection within `source`. */
  readonly path: readonly (string | number)[];
};

export type Model = {
  readonly name: string;
  readonly connection: string;
  readonly primaryKey: readonly string[];
  readonly description: string | null;
  readonly tags: readonly string[];
  /** Zone of zoneless timestamps; null falls back to connection, then project. */
  readonly timezone: string | null;
  /** The SELECT, front matter blanked out line by line so that the database's line numbers are the file's. */
  readonly sql: string;
  readonly source: SourceFile;
};

export const WRITE_MODES = ["upsert", "update", "insert"] as const;
export type WriteMode = (typeof WRITE_MODES)[number];

export type Removal =
  | { readonly kind: "none" | "clear" | "archive" | "delete" }
  | { readonly kind: "set"; readonly fields: Readonly<Record<string, string>> };

export const NULL_POLICIES = ["clear_ours", "write", "skip"] as const;
export const BLANK_POLICIES = ["as_null", "write", "skip"] as const;

export type FieldMapping = {
  readonly field: string;
  readonly from: { readonly column: string } | { readonly value: string };
  readonly onNull: (typeof NULL_POLICIES)[number];
  readonly onBlank: (typeof BLANK_POLICIES)[number];
};

/** All its fields together mean one record. */
export type MatchEntry = readonly { readonly field: string; readonly column: string }[];

export type DuplicateMatch =
  | { readonly policy: "reject" }
  | { readonly policy: "keep_latest"; readonly by: string }
  | { readonly policy: "keep_linked" };

/** A limit: held when over `rows` and over `share` (0..1) both where both are given; `max` holds alone. */
export type GuardLimit = { readonly rows: number | null; readonly share: number | null; readonly max: number | null };

export const GUARDS = ["removed", "empty", "changed", "cleared", "created", "failed"] as const;
export type GuardName = (typeof GUARDS)[number];
/** null switches a guard off. */
export type Guards = Readonly<Record<GuardName, GuardLimit | null>>;

/**
 * Of what an alert tells. `recovered`: a sync that succeeded, after a run that had not · `missed`: a start of its schedule did not
 * come, or came late · `budget`: the calls of an account's day are nearly spent.
 */
export const ALERT_EVENTS = ["failed", "partial", "held", "missed", "budget", "recovered"] as const;
export type AlertEvent = (typeof ALERT_EVENTS)[number];

/** The gravest first. */
export const SEVERITIES = ["error", "warning", "info"] as const;
export type Severity = (typeof SEVERITIES)[number];

export const EVENT_SEVERITY: Readonly<Record<AlertEvent, Severity>> = {
  failed: "error",
  partial: "warning",
  held: "warning",
  missed: "warning",
  budget: "warning",
  recovered: "info",
};

/** Where a message goes. Holds secrets: never printed. */
export type Endpoint = {
  /** https, or smtps and smtp for mail. */
  readonly url: string;
  /** Signs the body; null: unsigned. */
  readonly secret: string | null;
  /** It may be in a private network, also without https. */
  readonly allowsPrivate: boolean;
};

/** An address of mail as it is written: `ops@example.com` or `Ops <ops@example.com>`. */
export type Mailbox = { readonly name: string; readonly address: string };

export type Alert = {
  readonly name: string;
  readonly endpoint: Endpoint;
  readonly on: readonly AlertEvent[];
  /** Only events as grave as this, and graver. */
  readonly severity: Severity;
  /** Only of syncs of these owners; null: of all. */
  readonly owners: readonly string[] | null;
} & AlertWay;

export type AlertWay =
  | { readonly type: "slack" | "webhook" }
  /** `to` "owner": each sync's own owner, where that is an address. */
  | { readonly type: "email"; readonly from: Mailbox; readonly to: readonly Mailbox[] | "owner" };

export type Sync = {
  readonly name: string;
  readonly description: string | null;
  readonly owner: string | null;
  readonly tags: readonly string[];
  readonly model: string;
  readonly connection: string;
  readonly object: string;
  readonly write: WriteMode;
  /** In order; the first entry that finds exactly one record wins, and the first is the key of new records. */
  readonly match: readonly MatchEntry[];
  readonly onAmbiguous: "reject" | "oldest" | "newest";
  readonly onDuplicateMatch: DuplicateMatch;
  readonly onMissingRecord: "skip" | "rematch" | "recreate";
  readonly onRemoved: Removal;
  /** For records that we did not create; never archive unless said here. */
  readonly onRemovedAdopted: Removal;
  /** Records that carry others with them may be archived or deleted. */
  readonly allowCascade: boolean;
  readonly fields: readonly FieldMapping[];
  /** Groups of fields that always travel together. */
  readonly sendTogether: readonly (readonly string[])[];
  readonly priority: Priority;
  readonly guards: Guards;
  /** A guard holds only the rows it speaks of, and the rest goes out (S22). */
  readonly holdsPartly: boolean;
  readonly tolerate: { readonly rejectedShare: number; readonly codes: readonly string[] };
  /** `forward_only`: a field that is newly mapped goes only with rows that change otherwise (S23). */
  readonly onMappingChange: "backfill" | "forward_only";
  /** A model of people who are never to be sent; null: none. */
  readonly suppress: string | null;
  /** Names of the alerts that tell of it; null: all. */
  readonly alerts: readonly string[] | null;
  /** Called after each run that succeeded. */
  readonly onSuccess: Endpoint | null;
  /** When it starts by itself; null: only when somebody starts it, and where the environment says `schedules: off`. */
  readonly schedule: Schedule | null;
  /** Called around each run of the service; a command that runs by itself calls none. */
  readonly hooks: Hooks;
  /** A former name whose snapshot this sync takes over; false: certainly none. null: not said. */
  readonly renamedFrom: string | false | null;
  readonly source: SourceFile;
  /** SHA-256 of what decides what is sent; a run pins it. */
  readonly configHash: string;
};

export type Project = {
  /** Absolute. */
  readonly dir: string;
  readonly environment: string;
  readonly timezone: string | null;
  readonly connections: ReadonlyMap<string, Connection>;
  readonly models: ReadonlyMap<string, Model>;
  readonly syncs: ReadonlyMap<string, Sync>;
  /** Empty where the environment says `alerts: off`. */
  readonly alerts: ReadonlyMap<string, Alert>;
  readonly triggers: ReadonlyMap<string, Trigger>;
  /** So many runs of each sync, and all of so many days, stay with their plans. */
  readonly keep: { readonly runs: number; readonly days: number };
  /** Absolute path of the SQLite file, from `state.url`. */
  readonly stateFile: string;
  /** Folder of planner, plans and scratch space, absolute. */
  readonly workDir: string;
  /** Every resolved secret, for the redactor. */
  readonly secrets: readonly string[];
};

export type LoadedProject =
  | { readonly ok: true; readonly project: Project; readonly problems: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };
