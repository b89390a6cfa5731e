import type { Destination, Found, RemoteObject } from "../contract/destination.ts";
import type { CompiledMapping } from "../contract/mapping.ts";
import type { Link, PlanSession, Unlinkable, UnlinkedRow } from "../contract/planner.ts";
import type { Sync } from "../contract/project.ts";
import { cutValues } from "../core/cut-values.ts";
import { findBy, findValue, isSearch } from "../core/match-entry.ts";

const PAGE_ROWS = 10_000;

/** What the match list found: per entry, and rows that no entry found. */
export type LinkReport = {
  readonly entries: readonly { readonly fields: readonly string[]; readonly found: number; readonly several: number }[];
  /** Rows whose removal was in doubt and whose record answers as itself: nothing else was looked for. */
  readonly regained: number;
  readonly none: number;
  /** Calls that this took, and how many of them were searches by fields that are not unique. */
  readonly calls: number;
  readonly searches: number;
  /** Rows with several records, at most 1,000. */
  readonly ambiguous: readonly AmbiguousRow[];
  /** Rows with their record, at most 100 an entry. */
  readonly found: readonly { readonly key: string; readonly entry: number; readonly record: string }[];
  /** Keys of rows without a record, at most 100. */
  readonly unfound: readonly string[];
};

export type AmbiguousRow = {
  readonly key: string;
  /** Index of the match entry that found them. */
  readonly entry: number;
  readonly message: string;
  readonly count: number;
  /** Their ids, at most 100. */
  readonly records: readonly string[];
};

const MOST_AMBIGUOUS = 1_000;
const MOST_EXAMPLES = 100;

export type LinkParts = {
  readonly sync: Sync;
  readonly mapping: CompiledMapping;
  readonly object: RemoteObject;
  readonly destination: Destination;
  /** Told of records as soon as they are found. */
  readonly onFound?: (remoteIds: readonly string[]) => void;
};

/**
 * Looks for the records of rows that have none, by the match list in order: the first entry that finds exactly one record
 * wins (S7). Reads only.
 */
export async function linkRows(session: PlanSession, parts: LinkParts, signal: AbortSignal): Promise<LinkReport> {
  const entries = parts.mapping.match.map((entry) => ({
    fields: entry.map((part) => part.field),
    found: 0,
    several: 0,
  }));
  const ambiguities: AmbiguousRow[] = [];
  const examples: LinkReport["found"][number][] = [];
  const unfound: string[] = [];
  let regained = 0;
  let none = 0;
  let calls = 0;
  let searches = 0;
  for (let fromIndex = 0; ; fromIndex += PAGE_ROWS) {
    const rows = await session.unlinked(fromIndex, PAGE_ROWS);
    if (rows.length === 0)
      return { entries, regained, none, calls, searches, ambiguous: ambiguities, found: examples, unfound };
    const links: Link[] = [];
    const unlinkable: Unlinkable[] = [];
    const former = await findFormer(parts, rows, signal);
    calls += former.calls;
    links.push(...former.links);
    const own = new Set(former.links.map((link) => link.key));
    regained += own.size;
    let open = rows.filter((row) => !own.has(row.key));
    for (const [entry, fields] of parts.mapping.match.entries()) {
      const { found, calls: asked } = await findPage(parts, open, entry, signal);
      calls += asked;
      if (
        isSearch(
          parts.object,
          fields.map((part) => part.field),
        )
      )
        searches += asked;
      const count = entries[entry];
      for (const [key, records] of found) {
        const chosen = choose(parts.sync, records);
        if (chosen === null) {
          const message = ambiguous(
            fields.map((part) => part.field),
            records,
          );
          unlinkable.push({ key, code: "AMBIGUOUS_MATCH", message });
          const ids = records.slice(0, MOST_EXAMPLES).map((record) => record.remoteId);
          if (ambiguities.length < MOST_AMBIGUOUS)
            ambiguities.push({ key, entry, message, count: records.length, records: ids });
          if (count !== undefined) count.several++;
        } else {
          links.push({ key, entry, remoteId: chosen.remoteId, present: chosen.fields });
          if ((count?.found ?? 0) < MOST_EXAMPLES) examples.push({ key, entry, record: chosen.remoteId });
          if (count !== undefined) count.found++;
        }
      }
      open = open.filter((row) => !found.has(row.key));
    }
    const without = open.filter((row) => row.isFormer !== true);
    none += without.length;
    unfound.push(...without.slice(0, MOST_EXAMPLES - unfound.length).map((row) => row.key));
    await session.link(links, unlinkable);
  }
}

function choose(sync: Sync, records: readonly Found[]): Found | null {
  const [first] = records;
  if (records.length === 1 && first !== undefined) return first;
  if (sync.onAmbiguous === "reject") return null;
  // Record ids grow with time in every destination that has them as numbers; where they are not, the order is by text.
  const sorted = [...records].sort(
    (a, b) => a.remoteId.length - b.remoteId.length || (a.remoteId < b.remoteId ? -1 : 1),
  );
  return (sync.onAmbiguous === "oldest" ? sorted[0] : sorted.at(-1)) ?? null;
}

function ambiguous(fields: readonly string[], records: readonly Found[]): string {
  const ids = records.slice(0, 5).map((record) => record.remoteId);
  return `${records.length} records have this ${fields.join(" + ")}: ${ids.join(", ")}`;
}

/** Before every match entry: nobody has a better claim. */
const OWN = -1;

/**
 * A row that is back while nobody knows whether its record was removed: where that answers as itself it is the row's still,
 * whatever the row's values are by now.
 */
async function findFormer(
  { sync, mapping, destination, onFound }: LinkParts,
  rows: readonly UnlinkedRow[],
  signal: AbortSignal,
): Promise<{ links: readonly Link[]; calls: number }> {
  const keyOf = new Map(
    rows.flatMap(({ key, formerId }) => (formerId === undefined ? [] : [[formerId, key] as const])),
  );
  const fields = mapping.fields.map((field) => field.field);
  const pages = cutValues(destination.abilities, "recordId", [...keyOf.keys()]);
  const links: Link[] = [];
  for (const values of pages) {
    const { found } = await destination.find({ object: sync.object, by: "recordId", values, fields }, signal);
    for (const [id, [record]] of found) {
      const key = keyOf.get(id);
      if (key !== undefined && record?.remoteId === id)
        links.push({ key, entry: OWN, remoteId: id, present: record.fields });
    }
  }
  onFound?.(links.map((link) => link.remoteId));
  return { links, calls: pages.length };
}

/** All records by key that one match entry finds for these rows. */
async function findPage(
  parts: LinkParts,
  rows: readonly UnlinkedRow[],
  entry: number,
  signal: AbortSignal,
): Promise<{ found: ReadonlyMap<string, readonly Found[]>; calls: number }> {
  const names = (parts.mapping.match[entry] ?? []).map((part) => part.field);
  const by = findBy(parts.object, names);
  const found = new Map<string, readonly Found[]>();
  const keysByValue = new Map<string, string[]>();
  for (const row of rows) {
    const value = findValue(names, row.match[entry]);
    if (value === null) continue;
    const keys = keysByValue.get(value);
    if (keys === undefined) keysByValue.set(value, [row.key]);
    else keys.push(row.key);
  }
  const { abilities } = parts.destination;
  const pages = cutValues(abilities, by, [...keysByValue.keys()]);
  const fields = parts.mapping.fields.map((field) => field.field);
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let page = pages[next++]; page !== undefined; page = pages[next++]) {
      const request = { object: parts.sync.object, by, values: page, fields };
      const reply = await parts.destination.find(request, signal);
      parts.onFound?.([...reply.found.values()].flatMap((records) => records.map((record) => record.remoteId)));
      for (const [value, records] of reply.found)
        for (const key of keysByValue.get(value) ?? []) found.set(key, records);
    }
  };
  await Promise.all(Array.from({ length: Math.min(abilities.concurrency, pages.length) }, worker));
  return { found, calls: pages.length };
}
