import { quoteText } from "../core/duckdb-sql.ts";
import type { DuckdbSession } from "./duckdb-session.ts";
import { fence, META, type StoredMeta, snapshotTable } from "./snapshot-schema.ts";

/**
 * The lease's epoch stands in the planner before anything is done under it: a worker that slept through its own lease moves
 * nothing. One statement is one transaction.
 */
export async function claimSnapshot(session: DuckdbSession, meta: StoredMeta, epoch: number): Promise<StoredMeta> {
  fence(meta, epoch);
  if (meta.epoch < epoch) await session.run(`update ${META} set epoch = ${epoch} where sync = ${quoteText(meta.sync)}`);
  return { ...meta, epoch };
}

/** Counts records that rows came by in a run, from what was accepted of its plan. */
export async function tallyRun(
  session: DuckdbSession,
  meta: StoredMeta | null,
  { run, plan }: { run: string; plan: string },
): Promise<{ created: number; adopted: number }> {
  if (meta === null) return { created: 0, adopted: 0 };
  const [row] = await session.rows<Record<string, string>>(`select
      count(*) filter (s.origin = 'created') as created, count(*) filter (s.origin <> 'created') as adopted
    from read_parquet(${quoteText(plan)}) p join ${snapshotTable(meta.table)} s on s.key = p.key
    where s.accepted_run = ${quoteText(run)} and s.remote_id is not null and p.settled is null
      and p.change <> 'removed' and (p.adopted or p.remote_id is null)`);
  return { created: Number(row?.created ?? 0), adopted: Number(row?.adopted ?? 0) };
}
