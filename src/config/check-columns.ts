import type { Problem } from "../contract/fault.ts";
import type { Model, Sync } from "../contract/project.ts";
import type { Column } from "../contract/value.ts";
import { hint } from "../core/suggest.ts";
import { inFileOrder, type Path, placeOf, problem } from "./problem.ts";

/** Every column that the sync or its model names and the model's SELECT does not have, with its place, in file order. */
export function columnProblems(sync: Sync, model: Model, columns: readonly Column[]): Problem[] {
  const names = new Set(columns.map((column) => column.name));
  const problems: Problem[] = [];
  const check = (column: string, source: Sync["source"], path: Path) => {
    if (names.has(column)) return;
    const message = `model "${model.name}" has no column "${column}"`;
    problems.push(problem(placeOf(source, path), "UNKNOWN_COLUMN", message, hint(column, names, "columns")));
  };
  model.primaryKey.forEach((column, index) => {
    check(column, model.source, ["primary_key", index]);
  });
  sync.match.forEach((entry, index) => {
    for (const { field, column } of entry) check(column, sync.source, ["match", index, field]);
  });
  for (const { field, from } of sync.fields) {
    if ("column" in from) check(from.column, sync.source, ["fields", field, "column"]);
  }
  if (sync.onDuplicateMatch.policy === "keep_latest") {
    check(sync.onDuplicateMatch.by, sync.source, ["on_duplicate_match", "by"]);
  }
  return inFileOrder(problems);
}
