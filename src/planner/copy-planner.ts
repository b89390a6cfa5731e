import type { SnapshotFacts } from "../contract/planner.ts";
import { quoteText } from "../core/duckdb-sql.ts";
import { PLANNER } from "./duckdb-engine.ts";
import type { DuckdbSession } from "./duckdb-session.ts";
import { invalidTable, readMeta, snapshotTable } from "./snapshot-schema.ts";

/**
 * Every block of the tables is read and its sum checked on the way, so a copy of damaged snapshots is never made. Copying the
 * file instead would give the lock away: whoever closes a second descriptor of it releases the lock of the first.
 */
export async function copyPlanner(session: DuckdbSession, path: string): Promise<void> {
  await session.run(`attach ${quoteText(path)} as sluice_copy`);
  try {
    await session.run(`copy from database ${PLANNER} to sluice_copy`);
    await session.run("checkpoint sluice_copy");
  } finally {
    await session.run("detach sluice_copy");
  }
}

/** A count alone is told from the statistics, and reads nothing: a hash over whole rows reads every block. */
export async function inspectSnapshot(session: DuckdbSession, sync: string): Promise<SnapshotFacts> {
  const meta = await readMeta(session, sync);
  if (meta === null) return { rows: 0, linked: 0, shared: 0 };
  const snapshot = snapshotTable(meta.table);
  await session.rows(`select bit_xor(hash(t)) as sum from ${invalidTable(meta.table)} t`);
  const [row] = await session.rows<Record<string, string>>(
    `select count(*) as rows, count(remote_id) as linked, bit_xor(hash(t)) as sum from ${snapshot} t`,
  );
  const shared = await session.count(`select count(*) from (select remote_id from ${snapshot}
    where remote_id is not null and absent_since is null group by remote_id having count(*) > 1)`);
  return { rows: Number(row?.rows ?? 0), linked: Number(row?.linked ?? 0), shared };
}
