import { randomUUID } from "node:crypto";
import { open, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import { Fault } from "../contract/fault.ts";
import type { LinkedSync } from "../engine/link-sync.ts";

/** Where a report goes: absolute, so that it holds whatever becomes of the working directory. */
export type ReportPlace = { readonly path: string; readonly form: "json" | "csv" };

/** Faults: USAGE, before anything is linked, for a file that could not be written. */
export async function reportPlace(file: string): Promise<ReportPlace> {
  const path = resolve(file);
  const form = { ".json": "json", ".csv": "csv" }[extname(path).toLowerCase()] as ReportPlace["form"] | undefined;
  if (form === undefined)
    throw new Fault("USAGE", `"${file}" says no form of report`, {
      fix: "end it in .json or .csv; nothing was linked",
    });
  const folder = await stat(dirname(path)).catch(() => null);
  if (folder?.isDirectory() !== true)
    throw new Fault("USAGE", `the folder of ${file} is not there`, { fix: "create it; nothing was linked" });
  const there = await stat(path).catch(() => null);
  if (there?.isDirectory() === true)
    throw new Fault("USAGE", `${file} is a folder`, { fix: "name a file in it; nothing was linked" });
  return { path, form };
}

/** Written aside, synced, renamed: whole or not at all. It holds keys of people's rows: only its owner reads it. */
export async function writeReport({ path, form }: ReportPlace, links: readonly LinkedSync[]): Promise<void> {
  const text = form === "json" ? `${JSON.stringify({ links: links.map(reportJson) }, null, 2)}\n` : reportCsv(links);
  const aside = join(dirname(path), `.${basename(path)}.${randomUUID()}`);
  try {
    const file = await open(aside, "wx", 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(aside, path);
  } catch (error) {
    await rm(aside, { force: true });
    const reason = error instanceof Error ? error.message : String(error);
    throw new Fault("USAGE", `the report could not be written: ${reason}`, {
      fix: "the links are stored all the same; mend the place and link again for those that are left",
      cause: error,
    });
  }
}

/** Per match entry what it found, with examples: at most 100 found and 100 without a record, and 1,000 with several. */
export function reportJson(linked: LinkedSync) {
  const { sync, unlinked, taken, regained, none, calls, unfound } = linked;
  return {
    sync,
    unlinked,
    linked: linked.linked,
    taken,
    regained,
    entries: linked.entries.map(({ fields, found, several }, index) => ({
      fields,
      found,
      several,
      found_examples: linked.found
        .filter((example) => example.entry === index)
        .map(({ key, record }) => ({ key, record })),
      several_examples: linked.ambiguous
        .filter((row) => row.entry === index)
        .map(({ key, count, records }) => ({ key, count, records })),
    })),
    none,
    none_examples: unfound.map((key) => ({ key })),
    calls,
  };
}

const CSV_HEAD = ["sync", "entry", "result", "rows", "key", "records"];

/** One line an example, several ids separated by blanks; `rows` counts all rows of this entry and result, beyond the examples. */
export function reportCsv(links: readonly LinkedSync[]): string {
  const lines = links.flatMap(({ sync, entries, found, ambiguous, none, unfound }) => [
    ...entries.flatMap(({ fields, found: ofFound, several }, index) => {
      const entry = fields.join(" + ");
      return [
        ...found
          .filter((example) => example.entry === index)
          .map(({ key, record }) => [sync, entry, "found", `${ofFound}`, key, record]),
        ...ambiguous
          .filter((row) => row.entry === index)
          .map(({ key, records }) => [sync, entry, "several", `${several}`, key, records.join(" ")]),
      ];
    }),
    ...unfound.map((key) => [sync, "", "none", `${none}`, key, ""]),
  ]);
  return [CSV_HEAD, ...lines].map((cells) => `${cells.map(csvCell).join(",")}\r\n`).join("");
}

/** Quoted where it must be. The key of a row is a text of others: a spreadsheet must not take it for a formula. */
function csvCell(text: string): string {
  const safe = /^[=+@\t\r]|^-(?!\d)/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
