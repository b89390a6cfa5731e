import type { Field, Value } from "./field.ts";
import type { ObjectStore } from "./object-store.ts";
import { findObject, type Org, objectOfId } from "./org.ts";
import { soqlTrouble } from "./soql-query.ts";
import { readValue, type StoredRecord } from "./stored-record.ts";

/** What "Account.Owner.Email" means, seen from one object. */
export type FieldPath = {
  /** The references to go along, none for an own field. */
  readonly hops: readonly Field[];
  readonly field: Field;
  readonly read: (record: StoredRecord) => Value;
};

/** Throws a SoqlTrouble INVALID_FIELD for what is not there, or hidden from the integration user. */
export function fieldPath(org: Org, store: ObjectStore, alias: string | null, written: string): FieldPath {
  const parts = written.split(".");
  const first = (parts[0] ?? "").toLowerCase();
  if (parts.length > 1 && (first === alias?.toLowerCase() || first === store.kind.name.toLowerCase())) {
    if (store.relationship(first) === null) parts.shift();
  }
  const last = parts.pop() ?? "";
  const hops: Field[] = [];
  let place = store;
  for (const part of parts) {
    const hop = place.relationship(part);
    if (hop === null) {
      const message = `Didn't understand relationship '${part}' in field path. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. Please reference your WSDL or the describe call for the appropriate names.`;
      throw soqlTrouble("INVALID_FIELD", message);
    }
    hops.push(hop);
    place = targetOf(org, hop);
  }
  const field = place.visible(last);
  if (field === null) throw noColumn(place, last);
  return { hops, field, read: reader(org, hops, field.name) };
}

/** The object behind a reference; of several the one that has most fields. */
function targetOf(org: Org, hop: Field): ObjectStore {
  const targets = hop.referenceTo.map((name) => findObject(org, name)).filter((store) => store !== null);
  const [first] = targets.sort((a, b) => b.fields.size - a.fields.size);
  if (first === undefined) throw soqlTrouble("INVALID_FIELD", `${hop.name} refers to no object`);
  return first;
}

/** The record that a reference points to. */
export function parentOf(
  org: Org,
  record: StoredRecord,
  hop: Field,
): { store: ObjectStore; record: StoredRecord } | null {
  const id = record.values[hop.name];
  if (typeof id !== "string") return null;
  const store = objectOfId(org, id);
  const parent = store?.byId(id) ?? null;
  return store === null || parent === null ? null : { store, record: parent };
}

function reader(org: Org, hops: readonly Field[], name: string): (record: StoredRecord) => Value {
  if (hops.length === 0) return name === "Id" ? (record) => record.id : (record) => record.values[name] ?? null;
  return (record) => {
    let at = record;
    for (const hop of hops) {
      const parent = parentOf(org, at, hop);
      if (parent === null) return null;
      at = parent.record;
    }
    return readValue(at, name);
  };
}

function noColumn(store: ObjectStore, name: string): Error {
  const message = `No such column '${name}' on entity '${store.kind.name}'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names.`;
  return soqlTrouble("INVALID_FIELD", message);
}
