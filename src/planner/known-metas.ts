import { quoteText } from "../core/duckdb-sql.ts";
import type { DuckdbSession } from "./duckdb-session.ts";
import { readMetas, type StoredMeta } from "./snapshot-schema.ts";

/**
 * Every sync's meta row, kept in memory: a run asks for them all a dozen times, and a project may have a thousand. Nobody else
 * writes the file while this process has it; whatever here writes rows of a sync goes through `writing` or `replacing`.
 */
export type KnownMetas = {
  /** By name. */
  all(): Promise<readonly StoredMeta[]>;
  of(sync: string): Promise<StoredMeta | null>;
  /** Does work that may change the meta rows of these syncs; they are read anew when they are asked for, however it ended. */
  writing<T>(syncs: readonly string[], work: () => Promise<T>): Promise<T>;
  /** The same for one whose work is given the row as it stands, null where there is none, and gives it as it wrote it. */
  replacing<M extends StoredMeta | null>(sync: string, work: (stored: StoredMeta | null) => Promise<M>): Promise<M>;
};

/** The caller sees to it that the session does one thing at a time. */
export function knownMetas(session: DuckdbSession): KnownMetas {
  let known: ReadonlyMap<string, StoredMeta> | null = null;
  /** Written since they were read. */
  const stale = new Set<string>();
  const read = async (): Promise<ReadonlyMap<string, StoredMeta>> => {
    if (known === null) {
      known = new Map((await readMetas(session)).map((meta) => [meta.sync, meta]));
      stale.clear();
    } else if (stale.size > 0) {
      const names = [...stale];
      const rows = await readMetas(session, `sync in (${names.map(quoteText).join(", ")})`);
      const next = new Map(known);
      const found = new Set(rows.map(({ sync }) => sync));
      for (const sync of stale) if (!found.has(sync)) next.delete(sync);
      for (const meta of rows) next.set(meta.sync, meta);
      const isGrown = rows.some(({ sync }) => known?.has(sync) === false);
      known = isGrown ? new Map([...next].sort(([a], [b]) => (a < b ? -1 : 1))) : next;
      stale.clear();
    }
    return known;
  };
  return {
    all: async () => [...(await read()).values()],
    of: async (sync) => (await read()).get(sync) ?? null,
    replacing: async (sync, work) => {
      const before = await read();
      const stored = before.get(sync) ?? null;
      stale.add(sync);
      const meta = await work(stored);
      // A new one takes its place among the others when they are asked for.
      if (stored === null || meta === null) return meta;
      known = new Map([...before, [sync, meta]]);
      stale.delete(sync);
      return meta;
    },
    writing: async (syncs, work) => {
      for (const sync of syncs) stale.add(sync);
      return work();
    },
  };
}
