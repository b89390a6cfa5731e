import { type Field, type FieldInput, field, isRequired, type Value } from "./field.ts";
import { type FieldIndex, fieldIndex, isIndexed } from "./field-index.ts";
import type { ObjectKind } from "./object-kind.ts";
import { fullId } from "./record-id.ts";
import { isDeleted, type StoredRecord, type Values } from "./stored-record.ts";

/** The fields and records of one object, with indexes over the fields that records are found by. */
export interface ObjectStore {
  readonly kind: ObjectKind;
  /** By API name, hidden ones too. */
  readonly fields: ReadonlyMap<string, Field>;
  readonly unique: readonly Field[];
  readonly required: readonly Field[];
  /** A record that nobody has given anything: every field is there, so that all records have one shape and are cheap to copy. */
  blank(): Values;
  /** In order of creation, deleted ones too. */
  readonly records: readonly StoredRecord[];
  /** As the integration user sees it: without regard to case, null where it is hidden. */
  visible(name: string): Field | null;
  /** The field of the relationship "Account", "Account__r". */
  relationship(name: string): Field | null;
  /** Adds the field, or puts it in the place of the one of that name. */
  putField(input: FieldInput): Field;
  /** In either form of the id, deleted ones too. */
  byId(id: string): StoredRecord | null;
  /** From now on records are found by the field quickly. */
  addIndex(name: string): void;
  /** Null where the field has no index. */
  indexOf(name: string): FieldIndex | null;
  /** Living records by a field with an index. */
  find(name: string, value: Value): readonly StoredRecord[];
  insert(record: StoredRecord): void;
  /** Moves the indexes along; a deleted record is in none. */
  replace(record: StoredRecord, values: Values): void;
  /** As if it had never been. */
  remove(record: StoredRecord): void;
}

export function objectStore(kind: ObjectKind, inputs: readonly FieldInput[]): ObjectStore {
  const fields = new Map<string, Field>();
  const byLowerName = new Map<string, Field>();
  const byRelationship = new Map<string, Field>();
  const indexes = new Map<string, FieldIndex>();
  const records: StoredRecord[] = [];
  const ids = new Map<string, StoredRecord>();
  const unique: Field[] = [];
  const required: Field[] = [];
  let blank: Values = {};

  function enterAll(record: StoredRecord): void {
    if (isDeleted(record)) return;
    for (const [name, index] of indexes) index.enter(record, record.values[name] ?? null);
  }

  function leaveAll(record: StoredRecord): void {
    if (isDeleted(record)) return;
    for (const [name, index] of indexes) index.leave(record, record.values[name] ?? null);
  }

  function know(it: Field): void {
    fields.set(it.name, it);
    byLowerName.set(it.name.toLowerCase(), it);
    if (it.relationship !== null) byRelationship.set(it.relationship.toLowerCase(), it);
    put(unique, it, it.isUnique);
    put(required, it, isRequired(it));
    const isKept = indexes.delete(it.name);
    if (it.name !== "Id" && (isKept || isIndexed(it))) enterIndex(it);
  }

  function enterIndex(it: Field): void {
    const index = fieldIndex(it);
    indexes.set(it.name, index);
    for (const record of records) if (!isDeleted(record)) index.enter(record, record.values[it.name] ?? null);
  }

  function drawBlank(): void {
    blank = Object.fromEntries(
      [...fields.values()].filter((it) => it.name !== "Id").map((it) => [it.name, it.defaultValue]),
    );
  }

  for (const input of inputs) know(field(input));
  drawBlank();
  return {
    kind,
    fields,
    unique,
    required,
    blank: () => blank,
    records,
    visible(name) {
      const it = fields.get(name) ?? byLowerName.get(name.toLowerCase());
      return it?.isVisible === true ? it : null;
    },
    relationship(name) {
      const it = byRelationship.get(name.toLowerCase());
      return it?.isVisible === true ? it : null;
    },
    putField(input) {
      const made = field(input);
      know(made);
      drawBlank();
      // Records that are there already gain the default, as with the vendor's checkboxes.
      if (made.defaultValue !== null) {
        for (const record of records) {
          if (record.values[made.name] === undefined) {
            record.values = { ...record.values, [made.name]: made.defaultValue };
          }
        }
      }
      return made;
    },
    byId(id) {
      const known = ids.get(id);
      if (known !== undefined) return known;
      const full = fullId(id);
      return full === null ? null : (ids.get(full) ?? null);
    },
    addIndex(name) {
      const it = fields.get(name);
      if (it !== undefined && !indexes.has(name)) enterIndex(it);
    },
    indexOf: (name) => indexes.get(name) ?? null,
    find: (name, value) => indexes.get(name)?.find(value) ?? [],
    insert(record) {
      records.push(record);
      ids.set(record.id, record);
      enterAll(record);
    },
    replace(record, values) {
      const before = record.values;
      if (isDeleted(record) || values.IsDeleted === true) {
        leaveAll(record);
        record.values = values;
        enterAll(record);
        return;
      }
      for (const [name, index] of indexes) {
        const [old, now] = [before[name] ?? null, values[name] ?? null];
        if (old === now) continue;
        index.leave(record, old);
        index.enter(record, now);
      }
      record.values = values;
    },
    remove(record) {
      leaveAll(record);
      ids.delete(record.id);
      const place = records.lastIndexOf(record);
      if (place >= 0) records.splice(place, 1);
    },
  };
}

function put(list: Field[], it: Field, belongs: boolean): void {
  const place = list.findIndex((one) => one.name === it.name);
  if (place >= 0) list.splice(place, 1);
  if (belongs) list.push(it);
}
