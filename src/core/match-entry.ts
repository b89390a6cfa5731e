import type { FindRequest, RemoteObject } from "../contract/destination.ts";

/** The values of one match entry by field, as the planner gives them. */
export type MatchValues = Readonly<Record<string, string>>;

/** How the records of a match entry are asked for. */
export function findBy(object: RemoteObject, fields: readonly string[]): FindRequest["by"] {
  const [only, ...others] = fields;
  if (only !== undefined && others.length === 0 && object.fields.get(only)?.unique === true) return { unique: only };
  return { fields };
}

/** Whether records are asked for by anything but one unique field: some vendors limit such lookups apart. */
export function isSearch(object: RemoteObject, fields: readonly string[]): boolean {
  const by = findBy(object, fields);
  return by !== "recordId" && "fields" in by;
}

/** The text by which a `find` asks: the value itself, or a JSON array of several in the order of the fields; null where one is missing. */
export function findValue(fields: readonly string[], match: MatchValues | null | undefined): string | null {
  const values = fields.map((field) => match?.[field]);
  if (values.length === 0 || values.some((value) => value === undefined)) return null;
  return values.length === 1 ? (values[0] ?? null) : JSON.stringify(values);
}
