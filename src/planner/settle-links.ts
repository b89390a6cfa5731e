import type { PlanRequest } from "../contract/planner.ts";
import type { DuckdbSession } from "./duckdb-session.ts";
import { type StoredMeta, snapshotTable } from "./snapshot-schema.ts";
import { T } from "./stage-sql.ts";

/** A row that no entry matched and that has no value for the first one could only become a record nobody finds again. */
export async function refuseUnmatchable(session: DuckdbSession): Promise<void> {
  const where = "remote_id is null and m0 is null";
  await session.run(`insert into ${T.invalid} select key, 'NO_MATCH_VALUE', null,
    'no record matches, and the first match column is empty', 1 from ${T.changes} where ${where}`);
  await session.run(`delete from ${T.changes} where ${where}`);
}

/**
 * A record that another living row of this sync holds is not taken from it. Where its row is gone in this very plan, the
 * record moves on to its new row, with its origin.
 */
export async function settleTaken(
  session: DuckdbSession,
  request: PlanRequest,
  meta: StoredMeta | null,
): Promise<void> {
  if ((await session.count(`select count(*) from ${T.links}`)) === 0) return;
  if (meta !== null) {
    const snapshot = snapshotTable(meta.table);
    // A row that comes back takes its record up again: it is no less a holder than one that never left.
    const isHolder = `(p.absent_since is null or p.key in (select key from ${T.due}))`;
    await session.run(`delete from ${T.links} l using ${snapshot} p, ${T.stage} o, ${T.stage} s
      where p.remote_id = l.remote_id and p.key <> l.key and ${isHolder}
        and o.key = p.key and s.key = l.key and ${givenUpSql(request)}`);
    await session.run(`insert into ${T.invalid} select l.key, 'DUPLICATE_MATCH_KEY', null,
        'record ' || l.remote_id || ' belongs to row ' || any_value(p.key), 1
      from ${T.links} l join ${snapshot} p on p.remote_id = l.remote_id and p.key <> l.key and ${isHolder}
      where p.key not in (select key from ${T.removed}) group by l.key, l.remote_id`);
    await session.run(
      `update ${T.links} set origin = (select any_value(p.origin) from ${snapshot} p where p.remote_id = sluice_links.remote_id)`,
    );
  }
  await session.run(`insert into ${T.invalid} select key, 'DUPLICATE_MATCH_KEY', null,
      'another row matches record ' || remote_id || ' as well', 1
    from (select *, min(entry) over (partition by remote_id) as best, count(*) over (partition by remote_id, entry) as rivals,
      count(*) over (partition by remote_id) as everyone from ${T.links} where key not in (select key from ${T.invalid} where key is not null))
    where everyone > 1 and (entry > best or rivals > 1)`);
  await session.run(`delete from ${T.links} where key in (select key from ${T.invalid})`);
}

/**
 * The holder has another value now, and updates go before creations: the newcomer makes a record of its own. Not by the
 * first entry, by which the vendor upserts: where the holder's update fails, it would write into the holder's record.
 */
function givenUpSql(request: PlanRequest): string {
  const entries = request.mapping.match.map(
    (_, index) => `when ${index} then s.m${index} is distinct from o.m${index}`,
  );
  const later = entries.slice(1);
  return later.length === 0 ? "false" : `case l.entry ${later.join(" ")} else false end`;
}
