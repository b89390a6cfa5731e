import type { Answer } from "../../../src/kit/sandbox/call.ts";
import type { ObjectStore } from "./object-store.ts";
import { nextId, type Portal } from "./portal.ts";
import { recordAnswer } from "./record-answer.ts";
import { idsNotFound, invalid, isRefusal, type Refusal } from "./refusal.ts";
import type { StoredRecord } from "./stored-record.ts";
import { additionalEmails } from "./unique-index.ts";

/** HubSpot merges no more records than this into one. */
const MAX_MERGES = 250;

/**
 * `POST /crm/v3/objects/{type}/merge`: both records become a third with an id of its own, and both old ids resolve to it.
 * The primary's values win; the other's e-mail address becomes an additional one. There is no way back.
 */
export function mergeCall(portal: Portal, store: ObjectStore, body: unknown): Answer | Refusal {
  const { primaryObjectId, objectIdToMerge } = (body ?? {}) as Record<string, unknown>;
  const primary = living(store, primaryObjectId);
  if (isRefusal(primary)) return primary;
  const other = living(store, objectIdToMerge);
  if (isRefusal(other)) return other;
  if (primary === other) return invalid(`Cannot merge a record with itself: ${primary.id}`);
  const mergedIds = [...mergedInto(primary), ...mergedInto(other), primary.id, other.id];
  if (mergedIds.length > 2 * MAX_MERGES) {
    return invalid(`Cannot merge more than ${MAX_MERGES} records into one`, { ids: [primary.id, other.id] });
  }
  const merged = mergedRecord(portal, store, primary, other, mergedIds);
  for (const old of [primary, other]) {
    store.remove(old);
    store.alias(old.id, merged);
  }
  store.insert(merged);
  moveAssociations(portal, store, [primary.id, other.id], merged.id);
  return { status: 200, body: recordAnswer(store, merged, [...store.kind.defaults, "hs_merged_object_ids"]), rows: 2 };
}

function living(store: ObjectStore, id: unknown): StoredRecord | Refusal {
  if (typeof id !== "string" && typeof id !== "number") {
    return invalid("Invalid input JSON: Some required fields were not set: [primaryObjectId, objectIdToMerge]");
  }
  const record = store.byId(String(id));
  return record === null || record.archivedAt !== null ? idsNotFound(store.kind.singular, [String(id)]) : record;
}

function mergedInto(record: StoredRecord): string[] {
  return (record.properties.hs_merged_object_ids ?? "").split(";").filter((id) => id !== "");
}

function mergedRecord(
  portal: Portal,
  store: ObjectStore,
  primary: StoredRecord,
  other: StoredRecord,
  mergedIds: readonly string[],
): StoredRecord {
  const at = portal.clock.now();
  const id = nextId(portal);
  const properties: Record<string, string | null> = { ...other.properties };
  for (const [name, value] of Object.entries(primary.properties)) if (value !== null) properties[name] = value;
  if (store.properties.has("email")) {
    const addresses = new Set([...additionalEmails(primary.properties), ...additionalEmails(other.properties)]);
    if (other.properties.email) addresses.add(other.properties.email);
    addresses.delete(properties.email ?? "");
    properties.hs_additional_emails = [...addresses].join(";") || null;
  }
  properties.hs_object_id = id;
  properties.hs_merged_object_ids = mergedIds.join(";");
  properties[store.kind.modifiedProperty] = new Date(at).toISOString();
  const createdAt = Math.min(primary.createdAt, other.createdAt);
  return { id, properties, createdAt, updatedAt: at, archivedAt: null, indexed: null, indexedAtMs: 0 };
}

function moveAssociations(portal: Portal, store: ObjectStore, oldIds: readonly string[], newId: string): void {
  for (const [key, ids] of [...portal.associations]) {
    const [from, fromId = "", to] = key.split("/");
    if (to === store.kind.name) {
      for (const oldId of oldIds) if (ids.delete(oldId)) ids.add(newId);
    }
    if (from !== store.kind.name || !oldIds.includes(fromId)) continue;
    portal.associations.delete(key);
    const moved = `${from}/${newId}/${to}`;
    portal.associations.set(moved, new Set([...(portal.associations.get(moved) ?? []), ...ids]));
  }
}
