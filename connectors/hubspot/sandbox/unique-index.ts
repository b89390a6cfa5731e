import type { StoredRecord, Values } from "./stored-record.ts";

/** Who has which value of the unique properties; values are compared without case and outer blanks. */
export interface UniqueIndex {
  readonly names: readonly string[];
  addName(name: string): void;
  find(name: string, value: string): StoredRecord | null;
  /** Enters all unique values of `values` for the record. */
  enter(record: StoredRecord, values: Values): void;
  /** Takes them out again where they are still this record's. */
  leave(record: StoredRecord, values: Values): void;
}

export function canonicalUnique(value: string): string {
  return value.trim().toLowerCase();
}

export function uniqueIndex(): UniqueIndex {
  const names: string[] = [];
  const owners = new Map<string, Map<string, StoredRecord>>();
  return {
    names,
    addName(name) {
      names.push(name);
      owners.set(name, new Map());
    },
    find: (name, value) => owners.get(name)?.get(canonicalUnique(value)) ?? null,
    enter(record, values) {
      for (const [name, byValue] of owners) {
        const value = values[name] ?? null;
        if (value !== null) byValue.set(canonicalUnique(value), record);
      }
      for (const address of additionalEmails(values)) owners.get("email")?.set(address, record);
    },
    leave(record, values) {
      for (const [name, byValue] of owners) {
        const value = values[name] ?? null;
        if (value !== null) drop(byValue, canonicalUnique(value), record);
      }
      for (const address of additionalEmails(values)) drop(owners.get("email"), address, record);
    },
  };
}

function drop(byValue: Map<string, StoredRecord> | undefined, canonical: string, record: StoredRecord): void {
  if (byValue?.get(canonical) === record) byValue.delete(canonical);
}

/** The addresses a merged contact has beside its own; each of them finds it. */
export function additionalEmails(values: Values): string[] {
  const joined = values.hs_additional_emails ?? null;
  return joined === null ? [] : joined.split(";").filter((address) => address !== "");
}
