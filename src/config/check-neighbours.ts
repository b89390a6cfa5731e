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

/** One warning a sync, of all that come before it: with many syncs the pairs would be beyond reading. */
function checkFields(syncs: readonly Sync[], problems: Problem[]): void {
  const writers = new Map<string, Sync[]>();
  for (const sync of syncs) {
    const fields = sync.fields.map(({ field }) => field);
    const shared = fields.filter((field) => writers.get(field)?.some((former) => former.name !== sync.name));
    const [first] = shared;
    if (first !== undefined) {
      const message = `${writersText(writersOf(shared, writers))} of ${sync.object} too: ${shared.join(", ")}`;
      const fix = "where both have a record, the later run wins: let one of them write a field";
      problems.push(warning(placeOf(sync, ["fields", first]), "SHARED_FIELD", message, fix));
    }
    for (const field of fields) {
      const known = writers.get(field);
      if (known === undefined) writers.set(field, [sync]);
      else known.push(sync);
    }
  }
}

/** Syncs that came before and write one of these fields. Mostly they write all of them: then one list is the others. */
function writersOf(fields: readonly string[], writers: ReadonlyMap<string, readonly Sync[]>): readonly Sync[] {
  const lists = fields.map((field) => writers.get(field) ?? []);
  const [first = []] = lists;
  const isOne = lists.every((list) => list.length === first.length && list.at(-1) === first.at(-1));
  return isOne ? first : [...new Set(lists.flat())];
}

const MOST_NAMED = 3;

function writersText(formers: readonly Sync[]): string {
  const named = formers.slice(0, MOST_NAMED).map(({ name, source }) => `"${name}" (${source.file})`);
  const [only] = named;
  if (formers.length === 1) return `sync ${only} writes these`;
  const more = formers.length > named.length ? ` and ${formers.length - named.length} others` : "";
  return `syncs ${named.join(", ")}${more} write these`;
}

function placeOf(sync: Sync, path: readonly string[]) {
  return { file: sync.source.file, ...sync.source.locate(path) };
}

function placeText(sync: Sync, path: readonly string[]): string {
  const { line, column } = sync.source.locate(path);
  return `${sync.source.file}:${line}:${column}`;
}
