import type { SnapshotTally } from "../contract/planner.ts";
import { quoteText } from "../core/duckdb-sql.ts";
import type { DuckdbSession } from "./duckdb-session.ts";
import { fence, invalidTable, META, readMeta, snapshotTable } from "./snapshot-schema.ts";

export async function tallySnapshot(session: DuckdbSession, sync: string): Promise<SnapshotTally | null> {
  const meta = await readMeta(session, sync);
  if (meta === null) return null;
  const [row] = await session.rows<Record<string, string>>(`select count(*) as rows,
      count(*) filter (remote_id is not null and origin = 'created') as created,
      count(*) filter (remote_id is not null and origin = 'adopted') as adopted,
      count(*) filter (remote_id is not null and origin = 'unknown') as unknown,
      count(*) filter (remote_id is null) as without_record,
      count(*) filter (absent_since is not null) as absent from ${snapshotTable(meta.table)}`);
  const number = (name: string): number => Number(row?.[name] ?? 0);
  return {
    rows: number("rows"),
    created: number("created"),
    adopted: number("adopted"),
    unknown: number("unknown"),
    withoutRecord: number("without_record"),
    absent: number("absent"),
  };
}

/** Rows of one person go, and what is remembered of their being invalid; all others stay. */
export async function forgetRows(
  session: DuckdbSession,
  at: { sync: string; epoch: number },
  keys: readonly string[],
): Promise<number> {
  if (keys.length === 0) return 0;
  return session.transaction(async () => {
    const meta = await readMeta(session, at.sync);
    if (meta === null) return 0;
    fence(meta, at.epoch);
    const where = `where key in (${keys.map(quoteText).join(", ")})`;
    const rows = await session.count(`select count(*) from ${snapshotTable(meta.table)} ${where}`);
    for (const table of [snapshotTable(meta.table), invalidTable(meta.table)])
      await session.run(`delete from ${table} ${where}`);
    return rows;
  });
}

/** The snapshot goes whole or not at all; what other syncs know of the same records stays. */
export async function forgetSnapshot(session: DuckdbSession, sync: string, epoch: number): Promise<void> {
  await session.transaction(async () => {
    const meta = await readMeta(session, sync);
    if (meta === null) return;
    fence(meta, epoch);
    await session.run(`drop table ${snapshotTable(meta.table)}`);
    await session.run(`drop table ${invalidTable(meta.table)}`);
    await session.run(`delete from ${META} where sync = ${quoteText(sync)}`);
  });
}
