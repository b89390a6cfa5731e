/** How a run that a schedule names counts as done. */
export const AFTER_STATES = ["success", "partial", "always"] as const;
/** success: it succeeded · partial: or was partial · always: it ended, however. */
export type AfterState = (typeof AFTER_STATES)[number];

/** When a sync starts by itself. */
export type Starts =
  /** Five fields, or a nickname such as `@daily`; `timezone` is an IANA name. */
  | { readonly kind: "cron"; readonly cron: string; readonly timezone: string }
  | { readonly kind: "every"; readonly everyMs: number }
  /** Once all of these have ended since it began last. */
  | { readonly kind: "after"; readonly syncs: readonly string[]; readonly on: AfterState };

/** No start within; one that would be is put off to its end. `toMinute` <= `fromMinute` reaches into the next day. */
export type Blackout = {
  /** 0 Sunday … 6 Saturday, of the day on which it begins. */
  readonly days: readonly number[];
  /** Minutes since local midnight, 0..1439. */
  readonly fromMinute: number;
  readonly toMinute: number;
};

export type Schedule = {
  readonly starts: Starts;
  /** A start is put off by up to so much, by the same for the same start. */
  readonly jitterMs: number;
  readonly blackouts: readonly Blackout[];
  /** Whose clock the blackouts mean. */
  readonly timezone: string;
  /** All must hold when a start is due; where one does not, that start passes. */
  readonly when: readonly When[];
};

/** A check before a scheduled start: a query whose one value must be true, or a file that must be there. */
export type When =
  | { readonly kind: "sql"; readonly sql: string; readonly connection: string }
  /** Absolute, within the project. */
  | { readonly kind: "file"; readonly path: string };
