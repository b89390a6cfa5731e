import { type Property, type PropertyInput, property } from "./property.ts";
import type { ObjectKind } from "./standard-properties.ts";
import type { StoredRecord, Values } from "./stored-record.ts";
import { uniqueIndex } from "./unique-index.ts";

/** The records of one object and the indexes of its unique properties. */
export interface ObjectStore {
  readonly kind: ObjectKind;
  readonly properties: Map<string, Property>;
  /** Names of the properties that are unique, and of those that a create must give. */
  readonly unique: readonly string[];
  readonly required: readonly string[];
  /** In order of id. */
  readonly records: readonly StoredRecord[];
  addProperty(input: PropertyInput): Property;
  /** By record id, the ids of merged records included; archived ones too. */
  byId(id: string): StoredRecord | null;
  /** The living record that has this value, compared without case and outer blanks. */
  byUnique(name: string, value: string): StoredRecord | null;
  insert(record: StoredRecord): void;
  /** Moves the unique indexes along. */
  replace(record: StoredRecord, properties: Values): void;
  /** Takes its unique values out of the indexes. */
  archive(record: StoredRecord, at: number): void;
  /** As if it had never been. */
  remove(record: StoredRecord): void;
  /** From now on `oldId` means `record`. */
  alias(oldId: string, record: StoredRecord): void;
  readonly aliases: ReadonlyMap<string, StoredRecord>;
}

export function objectStore(kind: ObjectKind, properties: Map<string, Property>): ObjectStore {
  const records: StoredRecord[] = [];
  const ids = new Map<string, StoredRecord>();
  const aliases = new Map<string, StoredRecord>();
  const uniques = uniqueIndex();
  const required: string[] = [];

  function know(it: Property): void {
    if (it.unique && !uniques.names.includes(it.name)) uniques.addName(it.name);
    if (it.required && !required.includes(it.name)) required.push(it.name);
  }

  for (const it of properties.values()) know(it);
  return {
    kind,
    properties,
    unique: uniques.names,
    required,
    records,
    aliases,
    addProperty(input) {
      const made = property(input);
      properties.set(made.name, made);
      know(made);
      return made;
    },
    byId: (id) => ids.get(id) ?? aliases.get(id) ?? null,
    byUnique: uniques.find,
    insert(record) {
      records.push(record);
      ids.set(record.id, record);
      if (record.archivedAt === null) uniques.enter(record, record.properties);
    },
    replace(record, values) {
      uniques.leave(record, record.properties);
      record.properties = values;
      uniques.enter(record, values);
    },
    archive(record, at) {
      uniques.leave(record, record.properties);
      record.archivedAt = at;
    },
    remove(record) {
      uniques.leave(record, record.properties);
      ids.delete(record.id);
      const place = records.lastIndexOf(record);
      if (place >= 0) records.splice(place, 1);
    },
    alias(oldId, record) {
      for (const [known, target] of aliases) if (target.id === oldId) aliases.set(known, record);
      aliases.set(oldId, record);
    },
  };
}
