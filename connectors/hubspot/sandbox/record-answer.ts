import { isoTime } from "./iso-time.ts";
import type { ObjectStore } from "./object-store.ts";
import type { StoredRecord } from "./stored-record.ts";

/** A record as HubSpot tells it. */
export type RecordAnswer = {
  readonly id: string;
  readonly properties: Readonly<Record<string, string | null>>;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly archived: boolean;
  readonly archivedAt?: string;
};

/** With the named properties and the three that HubSpot always adds; names it does not know are left out. */
export function recordAnswer(store: ObjectStore, record: StoredRecord, names: readonly string[]): RecordAnswer {
  const { createdProperty, modifiedProperty } = store.kind;
  const from = record.properties;
  const properties: Record<string, string | null> = {};
  for (const name of names) if (store.properties.has(name)) properties[name] = from[name] ?? null;
  properties[createdProperty] = from[createdProperty] ?? null;
  properties[modifiedProperty] = from[modifiedProperty] ?? null;
  properties.hs_object_id = record.id;
  return { id: record.id, properties, ...stamps(record) };
}

/** With every property that has a value or was cleared. */
export function wholeRecord(record: StoredRecord): RecordAnswer {
  return { id: record.id, properties: record.properties, ...stamps(record) };
}

function stamps(record: StoredRecord) {
  const times = {
    createdAt: isoTime(record.createdAt),
    updatedAt: isoTime(record.updatedAt),
    archived: record.archivedAt !== null,
  };
  return record.archivedAt === null ? times : { ...times, archivedAt: isoTime(record.archivedAt) };
}
