import type { ObjectStore } from "./object-store.ts";
import type { Portal } from "./portal.ts";
import { invalid, type Refusal } from "./refusal.ts";
import type { StoredRecord, Values } from "./stored-record.ts";

/** Refuses values of unique properties that another record has. `self` is null for a record that is to be created. */
export function takenValue(
  portal: Portal,
  store: ObjectStore,
  values: Values,
  self: StoredRecord | null,
): Refusal | null {
  for (const name of store.unique) {
    const value = values[name] ?? null;
    if (value === null) continue;
    const owner = store.byUnique(name, value);
    if (owner === null || owner === self) continue;
    return name === "email" ? alreadyExists(store, owner) : valueTaken(portal, store, name, value, self, owner);
  }
  return null;
}

function alreadyExists(store: ObjectStore, owner: StoredRecord): Refusal {
  const message = `${store.kind.singular} already exists. Existing ID: ${owner.id}`;
  return { status: 409, category: "CONFLICT", message };
}

/** Recorded from the API: a 400, not a 409, and the id of the owner within the message. */
function valueTaken(
  portal: Portal,
  store: ObjectStore,
  name: string,
  value: string,
  self: StoredRecord | null,
  owner: StoredRecord,
): Refusal {
  const { kind } = store;
  const type = kind.isCustom ? kind.objectTypeId : `legacyObjectType=${kind.singular.toUpperCase()}`;
  const subject = self?.id ?? String(portal.lastId + 1);
  return invalid(
    `Cannot set PropertyValueCoordinates{portalId=${portal.id}, objectTypeId=ObjectTypeId{${type}}, propertyName=${name}, value=${value}} on ${subject}. ${owner.id} already has that value.`,
    { propertyName: [name], existingObjectId: [owner.id] },
  );
}

/** Refuses a create that leaves a required property out. */
export function missingValue(store: ObjectStore, values: Values): Refusal | null {
  const missing = store.required.filter((name) => (values[name] ?? null) === null);
  if (missing.length === 0) return null;
  const message = `Error creating ${store.kind.singular.toUpperCase()}. Some required properties were not set.`;
  return { ...invalid(message, { properties: missing }), subCategory: "MISSING_REQUIRED_PROPERTIES" };
}
