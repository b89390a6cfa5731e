import type { Field, Value } from "./field.ts";
import type { ObjectStore } from "./object-store.ts";
import { findObject, MASTER_RECORD_TYPE, type Org } from "./org.ts";
import { type RowError, rowError } from "./row-error.ts";
import { isDeleted, type StoredRecord } from "./stored-record.ts";
import { matchingRecords } from "./upsert-key.ts";

/** The id of the parent that `"Account": {"Ext__c": "z"}` means; null where there is no such relationship. */
export function resolveParent(
  org: Org,
  store: ObjectStore,
  relationship: string,
  sent: object,
): ParentFound | RowError {
  const it = store.relationship(relationship);
  if (it === null) return noSuchColumn(store, relationship);
  const { attributes, ...keys } = sent as Record<string, unknown>;
  const type = (attributes as { type?: unknown } | undefined)?.type;
  const target = findObject(org, typeof type === "string" ? type : (it.referenceTo[0] ?? ""));
  const [name, ...more] = Object.keys(keys);
  if (target === null || name === undefined || more.length > 0) {
    return rowError("INVALID_FIELD", `The relationship ${relationship} must name one record by one external id field`);
  }
  const key = target.visible(name);
  const value = keys[name];
  if (key === null || !(key.isExternalId || key.isIdLookup)) {
    const message = `Field name provided, ${name} is not an External ID or indexed field for ${target.kind.name}`;
    return rowError("INVALID_FIELD", message);
  }
  const found = isScalar(value) ? matchingRecords(target, key, value) : [];
  const [record, second] = found;
  if (record === undefined) {
    const message = `Foreign key external ID: ${String(value).toLowerCase()} not found for field ${key.name} in entity ${target.kind.name}`;
    return rowError("INVALID_FIELD", message);
  }
  if (second !== undefined) {
    const ids = found.map(({ id }) => id.slice(0, 15)).join(", ");
    return rowError("INVALID_FIELD", `${key.label}: more than one record found for external id field: [${ids}]`);
  }
  return { field: it, id: record.id };
}

export type ParentFound = { readonly field: Field; readonly id: string };

export function noSuchColumn(store: ObjectStore, name: string): RowError {
  return rowError("INVALID_FIELD", `No such column '${name}' on sobject of type ${store.kind.name}`);
}

/** Why a record may not point at `id`; null where it may. `isSystem`: also at an owner who is gone. */
export function referenceError(
  org: Org,
  store: ObjectStore,
  it: Field,
  id: string,
  isSystem: boolean,
): RowError | null {
  if (it.name === "RecordTypeId") return recordTypeError(org, store, it, id);
  const target = it.referenceTo
    .map((name) => findObject(org, name))
    .find((one) => one?.kind.keyPrefix === id.slice(0, 3));
  if (target === undefined || target === null) {
    return rowError("MALFORMED_ID", `${it.label}: id value of incorrect type: ${id}`, it.name);
  }
  const record = target.byId(id);
  if (record === null) return rowError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id");
  if (isDeleted(record)) return rowError("ENTITY_IS_DELETED", "entity is deleted");
  return it.name === "OwnerId" && !isSystem ? ownerError(store, record) : null;
}

function ownerError(store: ObjectStore, owner: StoredRecord): RowError | null {
  if (owner.values.IsActive !== false) return null;
  const message = `operation performed with inactive user [${owner.id.slice(0, 15)}] as owner of ${store.kind.name.toLowerCase()}`;
  return rowError("INACTIVE_OWNER_OR_USER", message);
}

function recordTypeError(org: Org, store: ObjectStore, it: Field, id: string): RowError | null {
  if (id === MASTER_RECORD_TYPE) return null;
  const type = findObject(org, "RecordType")?.byId(id)?.values;
  if (type?.SobjectType === store.kind.name && type.IsActive === true) return null;
  return rowError("INVALID_CROSS_REFERENCE_KEY", `${it.label}: this ID value isn't valid for the user: ${id}`, it.name);
}

function isScalar(value: unknown): value is Exclude<Value, null> {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}
