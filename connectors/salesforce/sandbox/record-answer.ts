import type { Answer } from "../../../src/kit/sandbox/call.ts";
import type { Field } from "./field.ts";
import type { ObjectStore } from "./object-store.ts";
import { noSuchColumn } from "./resolve-parent.ts";
import { callError } from "./row-error.ts";
import { readValue, type StoredRecord } from "./stored-record.ts";

export type SentRecord = Record<string, unknown>;

/** The version of the API that a path asks for, as it stands in links: "v60.0". */
export function attributesOf(version: string, store: ObjectStore, record: StoredRecord): SentRecord {
  const { name } = store.kind;
  return { type: name, url: `/services/data/${version}/sobjects/${name}/${record.id}` };
}

export function sentRecord(
  version: string,
  store: ObjectStore,
  record: StoredRecord,
  fields: Iterable<Field>,
): SentRecord {
  const sent: SentRecord = { attributes: attributesOf(version, store, record) };
  for (const it of fields) sent[it.name] = readValue(record, it.name);
  return sent;
}

/** The fields that are asked for by name; all visible ones where none is. */
export function askedFields(store: ObjectStore, names: readonly string[] | null): readonly Field[] | Answer {
  if (names === null) return [...store.fields.values()].filter((it) => it.isVisible);
  const fields: Field[] = [];
  for (const name of names) {
    const it = store.visible(name.trim());
    if (it === null) return callError(400, "INVALID_FIELD", noSuchColumn(store, name).message);
    fields.push(it);
  }
  return fields;
}
