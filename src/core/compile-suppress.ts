import type { Problem } from "../contract/fault.ts";
import type { CompiledMapping } from "../contract/mapping.ts";
import type { SuppressList } from "../contract/planner.ts";
import type { Model, Sync } from "../contract/project.ts";
import type { Column } from "../contract/value.ts";

/**
 * What a list of people can be compared by: its columns that are called like the model's primary key (all of them) or like the
 * columns of a match entry (all of them). One that has neither is a problem: it would suppress nobody.
 */
export function compileSuppress(
  sync: Sync,
  list: Model,
  columns: readonly Column[],
  mapping: CompiledMapping,
): SuppressList | Problem {
  const byName = new Map(columns.map((column) => [column.name, column]));
  const key = mapping.primaryKey.map(({ name }) => byName.get(name));
  const match = mapping.match.map((entry) => {
    const parts = entry.flatMap((part) => {
      const column = byName.get(part.column.name);
      return column === undefined ? [] : [{ ...part, column }];
    });
    return parts.length === entry.length ? parts : null;
  });
  const known = key.filter((column) => column !== undefined);
  const hasKey = known.length === key.length;
  if (hasKey || match.some((entry) => entry !== null)) return { sql: list.sql, key: hasKey ? known : null, match };
  const wanted = [mapping.primaryKey, ...mapping.match.map((entry) => entry.map(({ column }) => column))];
  const names = [...new Set(wanted.map((some) => some.map(({ name }) => name).join(" + ")))];
  return {
    severity: "error",
    file: sync.source.file,
    ...sync.source.locate(["suppress"]),
    code: "NO_USABLE_COLUMN",
    message: `model "${list.name}" has no column by which people of "${sync.name}" are known`,
    fix: `give it one called ${names.join(" or ")}`,
  };
}
