import type { Problem } from "../contract/fault.ts";
import type { Sync } from "../contract/project.ts";
import { problem, warning } from "./problem.ts";

/**
 * A record has many writers (S10). Two syncs into one object that write one field undo each other's work where they meet:
 * a warning. Two that may both remove records are refused: nobody could say whose record it was.
 */
export function checkNeighbours(syncs: readonly Sync[], problems: Problem[]): void {
  const byObject = new Map<string, Sync[]>();
  for (const sync of syncs) {
    const object = JSON.stringify([sync.connection, sync.object]);
    byObject.set(object, [...(byObject.get(object) ?? []), sync]);
  }
  for (const neighbours of byObject.values()) {
    const sorted = [...neighbours].sort((a, b) => (a.source.file < b.source.file ? -1 : 1));
    checkRemovers(sorted, problems);
    checkFields(sorted, problems);
  }
}

function checkRemovers(syncs: readonly Sync[], problems: Problem[]): void {
  const [first, ...others] = syncs.filter((sync) => [sync.onRemoved, sync.onRemovedAdopted].some(takesAway));
  if (first === undefined) return;
  for (const other of others) {
    const message = `sync "${first.name}" may remove records of ${other.object} too (${placeText(first, ["on_removed"])})`;
    const fix = "let one of the two remove, and set on_removed: none in the other, or give both rows one model";
    problems.push(problem(placeOf(other, ["on_removed"]), "TWO_REMOVERS", message, fix));
  }
}

function takesAway(removal: Sync["onRemoved"]): boolean {
  return removal.kind === "archive" || removal.kind === "delete";
}

function checkFields(syncs: readonly Sync[], problems: Problem[]): void {
  syncs.forEach((sync, index) => {
    for (const former of syncs.slice(0, index)) {
      const theirs = new Set(former.fields.map(({ field }) => field));
      const shared = sync.fields.map(({ field }) => field).filter((field) => theirs.has(field));
      const [first] = shared;
      if (first === undefined || sync.name === former.name) continue;
      const message = `sync "${former.name}" (${former.source.file}) writes these of ${sync.object} too: ${shared.join(", ")}`;
      const fix = "where both have a record, the later run wins: let one of them write a field";
      problems.push(warning(placeOf(sync, ["fields", first]), "SHARED_FIELD", message, fix));
    }
  });
}

function placeOf(sync: Sync, path: readonly string[]) {
  return { file: sync.source.file, ...sync.source.locate(path) };
}

function placeText(sync: Sync, path: readonly string[]): string {
  const { line, column } = sync.source.locate(path);
  return `${sync.source.file}:${line}:${column}`;
}
