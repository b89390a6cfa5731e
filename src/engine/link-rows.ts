import type { Destination, Found } from "../contract/destination.ts";
import type { CompiledMapping } from "../contract/mapping.ts";
import type { Link, PlanSession, Unlinkable, UnlinkedRow } from "../contract/planner.ts";
import type { Sync } from "../contract/project.ts";

const PAGE_ROWS = 10_000;

/** What the match list found: per entry, and rows that no entry found. */
export type LinkReport = {
  readonly entries: readonly { readonly fields: readonly string[]; readonly found: number; readonly several: number }[];
  readonly none: number;
  /** Calls that this took. */
  readonly calls: number;
  /** Rows with several records, at most 20: key and the records' ids. */
  readonly ambiguous: readonly { readonly key: string; readonly message: string }[];
};

const MOST_EXAMPLES = 20;

/**
 * Looks for the records of rows that have none, by the match list in order: the first entry that finds exactly one record
 * wins (S7). Reads only.
 */
export async function linkRows(
  session: PlanSession,
  parts: { sync: Sync; mapping: CompiledMapping; destination: Destination },
  signal: AbortSignal,
): Promise<LinkReport> {
  const entries = parts.mapping.match.map((entry) => ({
    fields: entry.map((part) => part.field),
    found: 0,
    several: 0,
  }));
  const ambiguities: { key: string; message: string }[] = [];
  let none = 0;
  let calls = 0;
  for (let fromIndex = 0; ; fromIndex += PAGE_ROWS) {
    const rows = await session.unlinked(fromIndex, PAGE_ROWS);
    if (rows.length === 0) return { entries, none, calls, ambiguous: ambiguities };
    const links: Link[] = [];
    const unlinkable: Unlinkable[] = [];
    let open = rows;
    for (const [entry, fields] of parts.mapping.match.entries()) {
      const { found, calls: asked } = await findPage(parts, open, entry, signal);
      calls += asked;
      const count = entries[entry];
      for (const [key, records] of found) {
        const chosen = choose(parts.sync, records);
        if (chosen === null) {
          const message = ambiguous(
            fields.map((part) => part.field),
            records,
          );
          unlinkable.push({ key, code: "AMBIGUOUS_MATCH", message });
          if (ambiguities.length < MOST_EXAMPLES) ambiguities.push({ key, message });
          if (count !== undefined) count.several++;
        } else {
          links.push({ key, entry, remoteId: chosen.remoteId, present: chosen.fields });
          if (count !== undefined) count.found++;
        }
      }
      open = open.filter((row) => !found.has(row.key));
    }
    none += open.length;
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

/** All records by key that one match entry finds for these rows. */
async function findPage(
  parts: { sync: Sync; mapping: CompiledMapping; destination: Destination },
  rows: readonly UnlinkedRow[],
  entry: number,
  signal: AbortSignal,
): Promise<{ found: ReadonlyMap<string, readonly Found[]>; calls: number }> {
  const [part, ...others] = parts.mapping.match[entry] ?? [];
  const found = new Map<string, readonly Found[]>();
  if (part === undefined || others.length > 0) return { found, calls: 0 };
  const keysByValue = new Map<string, string[]>();
  for (const row of rows) {
    const value = row.match[entry]?.[part.field];
    if (value === undefined) continue;
    const keys = keysByValue.get(value);
    if (keys === undefined) keysByValue.set(value, [row.key]);
    else keys.push(row.key);
  }
  const values = [...keysByValue.keys()];
  const { findSize, concurrency } = parts.destination.abilities;
  const pages = Array.from({ length: Math.ceil(values.length / findSize) }, (_, index) =>
    values.slice(index * findSize, (index + 1) * findSize),
  );
  const fields = parts.mapping.fields.map((field) => field.field);
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let page = pages[next++]; page !== undefined; page = pages[next++]) {
      const request = { object: parts.sync.object, by: { field: part.field }, values: page, fields };
      const reply = await parts.destination.find(request, signal);
      for (const [value, records] of reply.found)
        for (const key of keysByValue.get(value) ?? []) found.set(key, records);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, pages.length) }, worker));
  return { found, calls: pages.length };
}
