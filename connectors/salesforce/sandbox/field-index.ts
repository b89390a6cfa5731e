import type { Field, Value } from "./field.ts";
import type { StoredRecord } from "./stored-record.ts";

/** The living records by the values of one field. */
export interface FieldIndex {
  /** All that have the value, compared as `comparable` says. */
  find(value: Value): readonly StoredRecord[];
  enter(record: StoredRecord, value: Value): void;
  leave(record: StoredRecord, value: Value): void;
}

const NONE: readonly StoredRecord[] = [];

/** Nobody looks for what somebody changed, and one user has changed nearly everything. */
const NEVER_ASKED = ["CreatedById", "LastModifiedById"];

/** Whether finding records by the field is cheap: keys, look-ups and parents. */
export function isIndexed(it: Field): boolean {
  if (it.type === "reference") return !NEVER_ASKED.includes(it.name);
  return it.isUnique || it.isExternalId || it.isIdLookup || it.type === "email";
}

/** Two values of one field are the same to SOQL and to unique fields where this is the same. */
export function comparable(it: Field, value: Value): string {
  if (typeof value !== "string") return String(value);
  return it.isCaseSensitive || it.type === "reference" || it.type === "id" ? value : value.toLowerCase();
}

export function fieldIndex(it: Field): FieldIndex {
  // Nearly every value has one record: those need no set.
  const byValue = new Map<string, StoredRecord | Set<StoredRecord>>();
  return {
    find(value) {
      const found = byValue.get(comparable(it, value));
      if (found === undefined) return NONE;
      return found instanceof Set ? [...found] : [found];
    },
    enter(record, value) {
      if (value === null) return;
      const key = comparable(it, value);
      const there = byValue.get(key);
      if (there === undefined) byValue.set(key, record);
      else if (there instanceof Set) there.add(record);
      else byValue.set(key, new Set([there, record]));
    },
    leave(record, value) {
      if (value === null) return;
      const key = comparable(it, value);
      const there = byValue.get(key);
      if (there === record) byValue.delete(key);
      if (!(there instanceof Set)) return;
      there.delete(record);
      if (there.size === 0) byValue.delete(key);
    },
  };
}
