import type { Field, Value } from "./field.ts";
import type { Org } from "./org.ts";
import { type RowError, rowError } from "./row-error.ts";
import type { Values } from "./stored-record.ts";

/**
 * Refuses values that a restricted picklist does not have, or not for the record's type. Other picklists take any text.
 * Values are compared without regard to case.
 */
export function checkPicklist(org: Org, it: Field, value: Value, recordTypeId: Value): RowError | null {
  if (value === null || !it.isRestricted) return null;
  const allowed = optionsFor(org, it, recordTypeId);
  const parts = it.type === "multipicklist" ? String(value).split(";") : [String(value)];
  const bad = parts.find((part) => !allowed.some((option) => option.toLowerCase() === part.trim().toLowerCase()));
  if (bad === undefined) return null;
  const message = `${it.label}: bad value for restricted picklist field: ${bad}`;
  return rowError("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, it.name);
}

/** The values a picklist offers for records of one type; all of them for a type that says nothing of the field. */
export function optionsFor(org: Org, it: Field, recordTypeId: Value): readonly string[] {
  const ofType = typeof recordTypeId === "string" ? org.rules.picklists[recordTypeId]?.[it.name] : undefined;
  return ofType ?? it.options;
}

/** All bad picklist values among `changes`. `values` is the record as it would be. */
export function picklistErrors(org: Org, fields: readonly Field[], changes: Values, values: Values): RowError[] {
  const errors: RowError[] = [];
  for (const it of fields) {
    const error = checkPicklist(org, it, changes[it.name] ?? null, values.RecordTypeId ?? null);
    if (error !== null) errors.push(error);
  }
  return errors;
}
