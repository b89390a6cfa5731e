import type { Row } from "./collections.ts";
import type { Field, Value } from "./field.ts";
import type { ObjectStore } from "./object-store.ts";
import type { Org } from "./org.ts";
import { rowError } from "./row-error.ts";
import { keyText, matchingRecords } from "./upsert-key.ts";
import type { WriteContext } from "./write-context.ts";
import { createRecord, updateRecord, type WriteResult } from "./write-record.ts";

/** The rows of an upsert; a key that comes twice is refused in all of its rows. */
export function upsertRows(
  org: Org,
  store: ObjectStore,
  key: Field,
  records: readonly object[],
  context: WriteContext,
): Row[] {
  const sent = records.map((record) => keyValue(record, key));
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const value of sent) {
    if (value === null) continue;
    const text = keyText(key, value);
    if (seen.has(text)) twice.add(text);
    seen.add(text);
  }
  return records.map((record, index): Row => {
    const value = sent[index] ?? null;
    const write = (): WriteResult => {
      const type = (record as { attributes?: { type?: unknown } }).attributes?.type;
      if (String(type).toLowerCase() !== store.kind.name.toLowerCase()) {
        return [rowError("INVALID_TYPE", `The record's type ${String(type)} is not ${store.kind.name}`)];
      }
      if (value !== null && twice.has(keyText(key, value))) {
        return [rowError("DUPLICATE_VALUE", `Duplicate external id specified: ${String(value)}`, key.name)];
      }
      return upsertRecord(org, store, key, value, record, context);
    };
    const known = value === null ? undefined : matchingRecords(store, key, value)[0];
    return { store, id: known?.id ?? null, write };
  });
}

/** Creates or updates the one record that the key means. */
export function upsertRecord(
  org: Org,
  store: ObjectStore,
  key: Field,
  value: Value,
  sent: object,
  context: WriteContext,
): WriteResult {
  if (key.name === "Id") {
    if (value === null) return createRecord(org, store, sent, context);
    const record = matchingRecords(store, key, value)[0];
    if (record !== undefined) return updateRecord(org, store, record, sent, context);
    return [rowError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")];
  }
  if (value === null) return [rowError("MISSING_ARGUMENT", `${key.name} not specified`)];
  const found = matchingRecords(store, key, value);
  const [record, second] = found;
  if (second !== undefined) {
    const ids = found.map(({ id }) => id.slice(0, 15)).join(", ");
    const message = `${key.label}: more than one record found for external id field: [${ids}]`;
    return [rowError("DUPLICATE_EXTERNAL_ID", message, key.name)];
  }
  if (record === undefined) return createRecord(org, store, sent, context);
  return updateRecord(org, store, record, sent, context);
}

function keyValue(record: object, key: Field): Value {
  const own = record as Record<string, unknown>;
  const given = own[key.name] ?? otherCase(own, key.name);
  if (typeof given === "string") return given.trim() === "" ? null : given;
  return typeof given === "number" || typeof given === "boolean" ? given : null;
}

function otherCase(own: Record<string, unknown>, name: string): unknown {
  const lower = name.toLowerCase();
  const other = Object.keys(own).find((one) => one.toLowerCase() === lower);
  return other === undefined ? undefined : own[other];
}
