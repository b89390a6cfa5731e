import { quoteText } from "../core/duckdb-sql.ts";
import type { DuckdbSession } from "./duckdb-session.ts";
import { fence, readMeta, snapshotTable } from "./snapshot-schema.ts";

/** Also of rows that left the model: their records live on, and are what a removal would be about. */
export async function readRemoteIds(
  session: DuckdbSession,
  sync: string,
  after: string | null,
  limit: number,
): Promise<string[]> {
  const meta = await readMeta(session, sync);
  if (meta === null) return [];
  const beyond = after === null ? "" : `and remote_id > ${quoteText(after)}`;
  const rows = await session.rows<{ remote_id: string }>(`select distinct remote_id from ${snapshotTable(meta.table)}
    where remote_id is not null ${beyond} order by remote_id limit ${limit}`);
  return rows.map((row) => row.remote_id);
}

export async function relinkRows(
  session: DuckdbSession,
  at: { sync: string; epoch: number },
  moves: ReadonlyMap<string, string>,
): Promise<number> {
  if (moves.size === 0) return 0;
  return session.transaction(async () => {
    const meta = await readMeta(session, at.sync);
    if (meta === null) return 0;
    fence(meta, at.epoch);
    const snapshot = snapshotTable(meta.table);
    const pairs = `(values ${[...moves].map((pair) => `(${pair.map(quoteText).join(", ")})`).join(", ")}) m (former, now)`;
    const rows = await session.count(
      `select count(*) from ${snapshot} where remote_id in (select former from ${pairs})`,
    );
    await session.run(
      `update ${snapshot} set remote_id = m.now, origin = 'unknown' from ${pairs} where remote_id = m.former`,
    );
    return rows;
  });
}
