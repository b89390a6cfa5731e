import type { Value } from "./field.ts";

/** By API name, without the Id; a field that is not there is null. */
export type Values = Readonly<Record<string, Value>>;

/** One record. `values` is replaced at each write, never changed. */
export type StoredRecord = {
  /** 18 characters. */
  readonly id: string;
  values: Values;
};

export function readValue(record: StoredRecord, name: string): Value {
  return name === "Id" ? record.id : (record.values[name] ?? null);
}

export function isDeleted(record: StoredRecord): boolean {
  return record.values.IsDeleted === true;
}
