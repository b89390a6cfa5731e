import type { Field, Value } from "./field.ts";
import type { ObjectStore } from "./object-store.ts";
import type { StoredRecord } from "./stored-record.ts";

/**
 * The living records that an upsert means by a key. Case does not matter where the field is unique and so configured, and
 * with standard look-up fields; the values of other external ids must be the same to the letter.
 */
export function matchingRecords(store: ObjectStore, key: Field, value: Value): readonly StoredRecord[] {
  if (key.name === "Id") {
    const record = typeof value === "string" ? store.byId(value) : null;
    return record === null ? [] : [record];
  }
  const sent = typeof value === "string" ? value.trim() : value;
  const found = store.find(key.name, sent);
  return isExact(key) ? found.filter((record) => record.values[key.name] === sent) : found;
}

/** Two keys of one call are the same where this is the same. */
export function keyText(key: Field, value: unknown): string {
  const text = String(value).trim();
  return isExact(key) ? text : text.toLowerCase();
}

function isExact(key: Field): boolean {
  return key.isCaseSensitive || (key.isExternalId && !key.isUnique);
}
