import type { RunRecord } from "./run.ts";
import type { Asked, AuditEntry } from "./state.ts";

/** What a caller may do with the service. */
export const SCOPES = ["read", "run", "approve", "values", "admin"] as const;
/**
 * read: runs, syncs, plans without values, events, metrics · run: start, cancel, pause · approve: release what a guard holds ·
 * values: row values and keys · admin: connections, tokens, the audit log; includes all others.
 */
export type Scope = (typeof SCOPES)[number];

/** A key to the service. The key itself is shown once and kept nowhere; its SHA-256 is. */
export type TokenRecord = {
  readonly id: string;
  /** Who acts, in the audit log. */
  readonly name: string;
  /** Hex. */
  readonly sha256: string;
  readonly scopes: readonly Scope[];
  /** Only these syncs; null: all. */
  readonly syncs: readonly string[] | null;
  /** ms since the epoch. */
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
  readonly usedAt: number | null;
};

/** A run that somebody asked for and nobody began. */
export type RunRequest = {
  readonly run: RunRecord;
  readonly ask: Ask;
};

/** What a queued run was asked to do, beside what its record says, and by whom. */
export type Ask = Asked & { readonly who: string };

/** One caller's word for "this is the same request as before". */
export type IdempotencyKey = {
  readonly key: string;
  /** Whose: keys of different callers never meet. */
  readonly caller: string;
  /** SHA-256 of what was asked; the same key for something else is an error. */
  readonly request: string;
};

export type Requested =
  | { readonly kind: "new" | "coalesced" | "repeated"; readonly run: RunRecord }
  /** The key was used for something else before. */
  | { readonly kind: "conflict" };

/** How a run ends that never began. */
export type Dismissal = {
  readonly state: "cancelled" | "failed" | "blocked";
  readonly code: string;
  readonly reason: string;
};

/** A run of another sync that ended. */
export type Arrival = { readonly sync: string; readonly run: string };

/** What the service knows of a sync's schedule beyond its file. */
export type ScheduleRecord = {
  readonly sync: string;
  /** Of the settings for which the next start was computed; another one computes it anew. */
  readonly spec: string;
  /** No schedule starts it. */
  readonly paused: boolean;
  readonly pausedBy: string | null;
  /** When the last start was due, ms since the epoch. */
  readonly firedAt: number | null;
  readonly nextAt: number | null;
  /** Why the last start did not begin a run; null where it did. */
  readonly passed: string | null;
  /** Of the syncs that it comes after, those that ended since it began last: the newest run of each, by the sync's name. */
  readonly arrived: readonly Arrival[];
  /** The last ended run of this sync of which those that come after it were told. */
  readonly announced: string | null;
};

export type AuditFilter = { readonly beforeId: number | null; readonly sync: string | null; readonly limit: number };

/** What the service keeps in the state database, beside what every run keeps there. Each method is one transaction. */
export interface ServiceStore {
  /**
   * Notes a run to be begun. One waits for a sync and action: another request gets the waiting one (`coalesced`), a resync takes
   * a waiting run's place, and an approval or insistence is kept. A known idempotency key gets the run that it got before (`repeated`).
   */
  request(request: RunRequest, key: IdempotencyKey | null): Promise<Requested>;
  /** Of the sync's queued runs (one that sends, one that only plans) the one that may begin first; null where none waits. */
  queued(sync: string): Promise<RunRequest | null>;
  /** Ends a queued run that nobody begins any more. False where it was begun, or is over. */
  dismiss(run: string, end: Dismissal, nowMs: number): Promise<boolean>;
  /** Syncs with a run that is queued or unfinished. */
  openSyncs(): Promise<readonly string[]>;

  /** The newest run of each sync that was to send. */
  lastRuns(): Promise<readonly RunRecord[]>;

  schedules(): Promise<readonly ScheduleRecord[]>;
  schedule(sync: string): Promise<ScheduleRecord | null>;
  putSchedule(sync: string, patch: Partial<Omit<ScheduleRecord, "sync">>): Promise<void>;
  /** Notes that a sync which this one comes after has ended; gives all that have since it began last, in order. */
  arrive(sync: string, arrival: Arrival): Promise<readonly Arrival[]>;
  /** It begins for these: what arrived meanwhile counts for the next time. */
  depart(sync: string, arrivals: readonly Arrival[]): Promise<void>;

  tokens(): Promise<readonly TokenRecord[]>;
  /** By the hash of the key; revoked and expired ones too. */
  token(sha256: string): Promise<TokenRecord | null>;
  putToken(token: TokenRecord): Promise<void>;
  /** False where there is none by this id, or it was revoked before. */
  revokeToken(id: string, nowMs: number): Promise<boolean>;
  touchToken(id: string, nowMs: number): Promise<void>;

  /** Newest first. */
  audits(filter: AuditFilter): Promise<readonly (AuditEntry & { readonly id: number })[]>;

  /** Whether `firstSeen` was told of it and has not forgotten it. */
  hasSeen(source: string, id: string): Promise<boolean>;
  /** True the first time: a message that comes again is an echo. Forgets what is older than `forMs`. */
  firstSeen(source: string, id: string, nowMs: number, forMs: number): Promise<boolean>;

  /** Rows of the doorbell on this database. */
  readonly rings: RingStore;
}

/** A ring that was taken. */
export type RingRow = { readonly key: string; readonly dueMs: number; readonly ticket: string };

/** The rows behind the doorbell's embedded twin. */
export type RingTaking = {
  readonly nowMs: number;
  readonly limit: number;
  readonly forMs: number;
  readonly newTicket: () => string;
};

export interface RingStore {
  /** Due now, or earlier than it was; rings again after who works on it. */
  ring(key: string, nowMs: number): Promise<void>;
  plan(key: string, atMs: number | null): Promise<void>;
  /** Takes up to `limit` of a queue that are due and free, oldest first, for `forMs`. */
  take(queue: string, options: RingTaking): Promise<readonly RingRow[]>;
  /** False where the ticket is no longer valid. */
  extend(key: string, ticket: string, untilMs: number): Promise<boolean>;
  /** Gives a taken ring back; `againMs` null: gone, unless it was rung or planned meanwhile. */
  done(key: string, ticket: string, againMs: number | null): Promise<void>;
  drop(key: string): Promise<void>;
  /** Gives back what is taken: of a process that is no more. */
  free(): Promise<void>;
  /** When the next one of a queue is due that nobody has, ms since the epoch; null: none. */
  nextDue(queue: string): Promise<number | null>;
  stats(nowMs: number): Promise<{ planned: number; waiting: number; working: number; oldestMs: number | null }>;
}
