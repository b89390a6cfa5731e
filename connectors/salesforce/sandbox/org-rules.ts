import type { Value } from "./field.ts";

/** Field values that a record must have, all of them; an empty one fits every record. */
export type Condition = Readonly<Record<string, Value>>;

export type DuplicateRule = {
  readonly name: string;
  readonly object: string;
  /** A record is a duplicate of those that have the same values in all of them. */
  readonly fields: readonly string[];
  readonly action: "alert" | "block";
};

export type ValidationRule = {
  readonly object: string;
  readonly when: Condition;
  readonly message: string;
  readonly field: string | null;
};

export type Trigger = {
  readonly object: string;
  readonly when: Condition;
  /** The rows that fit fail with it; null where the trigger itself refuses none. */
  readonly error: { readonly statusCode: string; readonly message: string } | null;
  /** Rows that fail beside rows that do not make all fail: told row by row, or as an error of the call. */
  readonly failsPartial: "rows" | "call" | null;
  /** A reference field: rows of one parent that do not stand together in a call cannot lock it. */
  readonly locksBy: string | null;
  /** How many rows it may still refuse; null for all. */
  timesLeft: number | null;
};

export type AssignmentRule = { readonly id: string; readonly object: string; readonly owner: string };

/** What the set-up of an org adds to the rules that are the same for all; kept as JSON. */
export type OrgRules = {
  duplicate: DuplicateRule[];
  validation: ValidationRule[];
  triggers: Trigger[];
  assignment: AssignmentRule[];
  /** Record type id → field → the values it may have there. */
  picklists: Record<string, Record<string, readonly string[]>>;
};

export function noRules(): OrgRules {
  return { duplicate: [], validation: [], triggers: [], assignment: [], picklists: {} };
}

export function fits(when: Condition, values: Readonly<Record<string, Value>>): boolean {
  for (const name in when) if ((values[name] ?? null) !== (when[name] ?? null)) return false;
  return true;
}
