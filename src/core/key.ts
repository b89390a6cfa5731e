import type { Column, ColumnType } from "../contract/value.ts";

/**
 * A key's type as S1 compares it: the int 1 and the text "1" differ, 1 and 1.0 of a numeric column do not. A change of
 * family blocks a sync (KEY_TYPE_CHANGED).
 */
export type KeyFamily = "number" | "text" | "boolean" | "date" | "timestamp" | "json" | "binary";

const FAMILIES: Readonly<Record<ColumnType, KeyFamily>> = {
  boolean: "boolean",
  integer: "number",
  decimal: "number",
  float: "number",
  text: "text",
  date: "date",
  timestamp: "timestamp",
  json: "json",
  binary: "binary",
};

export function keyFamily(column: Column): KeyFamily {
  return FAMILIES[column.type];
}

/** Primary key columns as a snapshot's meta names them: `name:family`. */
export function namedKey(columns: readonly Column[]): string[] {
  return columns.map((column) => `${column.name}:${keyFamily(column)}`);
}

/** {@link namedKey} taken apart; a name may hold colons, a family none. */
export function keyParts(key: readonly string[]): { readonly name: string; readonly family: string }[] {
  return key.map((part) => ({
    name: part.slice(0, part.lastIndexOf(":")),
    family: part.slice(part.lastIndexOf(":") + 1),
  }));
}

/** What a person types for a key ("17", "17,DE" or a JSON array) → the canonical text that the planner stores. */
export function keyFromInput(input: string, parts: number): string {
  if (parts === 1) return input;
  const parsed = input.startsWith("[") ? arrayIn(input) : null;
  return JSON.stringify(parsed?.map(String) ?? input.split(",").map((part) => part.trim()));
}

/** null where the text only looks like JSON. */
function arrayIn(text: string): readonly unknown[] | null {
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed : null;
  } catch {
    return null;
  }
}

/** The stored text → how a person reads it. */
export function keyForPeople(key: string, parts: number): string {
  if (parts === 1) return key;
  const parsed: unknown = JSON.parse(key);
  return Array.isArray(parsed) ? parsed.join(",") : key;
}
