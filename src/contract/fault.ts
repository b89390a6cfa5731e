/** What stops a run. A Problem is in a file, an Outcome is about a row, a Fault ends the work. */

export type FaultRule = {
  /** Exit status of the CLI: 1 failed, 2 bad usage or config, 4 blocked or held, 130 cancelled. */
  readonly exitStatus: 1 | 2 | 4 | 130;
  readonly httpStatus: number;
  /** What happens next: `transient` is tried again in the run, `next_run` waits, `person` needs somebody. */
  readonly retry: "transient" | "next_run" | "person";
};

const config = { exitStatus: 2, httpStatus: 422, retry: "person" } as const;
const blocked = { exitStatus: 4, httpStatus: 409, retry: "person" } as const;
const failed = { exitStatus: 1, httpStatus: 500, retry: "person" } as const;
const transient = { exitStatus: 1, httpStatus: 503, retry: "transient" } as const;

/** One table decides, for every code, the exit status, the HTTP status and whether it is tried again. */
export const FAULTS = {
  USAGE: config,
  NOT_A_PROJECT: config,
  CONFIG_INVALID: config,
  NOT_YET_AVAILABLE: config,
  UNKNOWN_RUN: config,
  PORT_IN_USE: config,
  /** The database refused the model's SQL, or it is not exactly one SELECT. */
  MODEL_INVALID: config,
  WAREHOUSE_UNREACHABLE: config,
  /** The credentials are refused before anything was sent. */
  AUTH_REFUSED: config,
  /** The credentials stopped working in mid-run. */
  AUTH_REQUIRED: failed,
  MODEL_FAILED: failed,
  /** A call that had to come before the run did not succeed. */
  HOOK_FAILED: failed,
  WAREHOUSE_BUSY: { exitStatus: 4, httpStatus: 409, retry: "next_run" },
  PLANNER_BUSY: { exitStatus: 4, httpStatus: 409, retry: "next_run" },
  SYNC_BUSY: { exitStatus: 4, httpStatus: 409, retry: "next_run" },
  DESTINATION_CHANGED: blocked,
  SYNC_RENAMED: blocked,
  KEY_TYPE_CHANGED: blocked,
  STATE_MISSING: blocked,
  STATE_MISMATCH: blocked,
  STATE_CORRUPT: failed,
  STATE_FAILED: failed,
  PLAN_CORRUPT: failed,
  /** The sync's process died several times in a row without getting on. */
  QUARANTINED: blocked,
  LEASE_LOST: { exitStatus: 1, httpStatus: 409, retry: "next_run" },
  HELD: blocked,
  DESTINATION_UNREACHABLE: transient,
  DESTINATION_ANSWER: transient,
  THROTTLED: transient,
  QUOTA_SPENT: { exitStatus: 1, httpStatus: 503, retry: "next_run" },
  /** The destination refuses a call that is about no single row (a missing scope, an unknown object). */
  DESTINATION_REFUSED: config,
  CANCELLED: { exitStatus: 130, httpStatus: 409, retry: "next_run" },
  INTERNAL: failed,
} as const satisfies Record<string, FaultRule>;

export type FaultCode = keyof typeof FAULTS;

export function isFaultCode(code: unknown): code is FaultCode {
  return typeof code === "string" && Object.hasOwn(FAULTS, code);
}

export type FaultOptions = {
  /** What the reader can do about it, in the imperative. */
  fix?: string;
  cause?: unknown;
  /** What the decorators may learn from a call that failed. */
  hints?: Hints;
  problems?: readonly Problem[];
};

/** Thrown; everything that decides by kind asks {@link FAULTS}. */
export class Fault extends Error {
  readonly code: FaultCode;
  readonly fix: string | null;
  readonly hints: Hints;
  readonly problems: readonly Problem[];

  constructor(code: FaultCode, message: string, options: FaultOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = "Fault";
    this.code = code;
    this.fix = options.fix ?? null;
    this.hints = options.hints ?? NO_HINTS;
    this.problems = options.problems ?? [];
  }

  get rule(): FaultRule {
    return FAULTS[this.code];
  }
}

/** Something wrong in a file; collected, never thrown one by one. Lines and columns count from 1. */
export type Problem = {
  readonly severity: "error" | "warning";
  /** Path relative to the project folder. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly code: string;
  readonly message: string;
  readonly fix: string | null;
};

/** What an answer tells about the account's limits. Every member is null where the vendor said nothing. */
export type Hints = {
  /** A window as the vendor counts it: at most `max` calls in any `intervalMs`. */
  readonly window: { readonly max: number; readonly intervalMs: number; readonly remaining: number | null } | null;
  readonly daily: { readonly max: number; readonly remaining: number } | null;
  /** No call to this account before this many ms from the reply. */
  readonly retryAfterMs: number | null;
  /** True where the vendor refused the call for its rate (HTTP 429). */
  readonly throttled: boolean;
};

export const NO_HINTS: Hints = { window: null, daily: null, retryAfterMs: null, throttled: false };
