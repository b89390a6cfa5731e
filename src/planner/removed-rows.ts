import type { PlanRequest } from "../contract/planner.ts";
import type { DuckdbEngine } from "./duckdb-engine.ts";
import type { DuckdbSession } from "./duckdb-session.ts";
import { formerMatchSql } from "./former-match.ts";
import { type StoredMeta, snapshotTable } from "./snapshot-schema.ts";
import { T } from "./stage-sql.ts";

/** Rows that are gone: in the snapshot, present until now, and not in the complete result (invalid rows count as there). */
export async function findRemoved(
  session: DuckdbSession,
  request: PlanRequest,
  meta: StoredMeta | null,
): Promise<void> {
  if (meta === null || request.keysOnly) {
    await session.run(`create temp table sluice_removed (key varchar, old_payload varchar, remote_id varchar, origin varchar,
      doubt varchar, waiting boolean, attempts integer, planned boolean, forgotten boolean)`);
    return;
  }
  // A row without a key may be one of those that seem gone: while there is any, nothing is removed (S2).
  const nullKeys = await session.count(`select count(*) from ${T.invalid} where code = 'NULL_KEY'`);
  await session.run(`create temp table sluice_removed as
    select p.key, p.payload as old_payload, p.remote_id, p.origin, p.doubt,
      r.key is not null and (r.next_try is null or r.next_try > ${request.nowMs}) as waiting,
      coalesce(r.attempts, 0) as attempts, p.remote_id is not null and ${acts(request)} as planned,
      p.remote_id is null and p.doubt is null as forgotten
    from (select gone from ${T.compared} where gone is not null and ${nullKeys === 0 && !request.keepsRemovals}) c
    join ${T.former} p on p.key = c.gone
    left join ${T.rejects} r on r.key = p.key and r.is_removal`);
}

function acts(request: PlanRequest): boolean {
  return request.onRemoved.kind !== "none" || request.onRemovedAdopted.kind !== "none";
}

/**
 * A write whose answer was lost, and then the row left the model: its record may be there and nobody knows its id. Its match
 * values stand in what was sent; it is looked for among the rows without a record. Gives how many there are.
 */
export async function listGhosts(session: DuckdbSession, request: PlanRequest): Promise<number> {
  if (!acts(request)) return 0;
  const values = request.mapping.match.map((entry, index) => `${formerMatchSql(entry)} as m${index}`);
  if (values.length === 0) return 0;
  const where = "remote_id is null and doubt is not null and not waiting";
  await session.run(`insert into ${T.unlinked} select
    (select count(*) from ${T.unlinked}) + row_number() over (order by key) - 1, key, ${values.join(", ")}, null from ${T.removed} where ${where}`);
  return session.count(`select count(*) from ${T.removed} where ${where}`);
}

/** Ghosts that were found are removed like other rows, as records of unknown origin (S9); those that never landed are forgotten. */
export async function settleGhosts(session: DuckdbSession, request: PlanRequest, wasLooked: boolean): Promise<void> {
  await session.run(`update ${T.removed} set remote_id = l.remote_id, origin = 'unknown', planned = true
    from ${T.links} l where l.key = sluice_removed.key`);
  await session.run(`delete from ${T.links} where key in (select key from ${T.removed})`);
  if (wasLooked && acts(request))
    await session.run(`update ${T.removed} set forgotten = true where remote_id is null and not waiting`);
}

/** Lists the records of removed rows that a living row of this plan holds, or a row of another sync (S10). */
export async function listShared(
  session: DuckdbSession,
  request: PlanRequest,
  meta: StoredMeta | null,
  metas: readonly StoredMeta[],
  onEveryCore: DuckdbEngine["onEveryCore"],
): Promise<void> {
  await session.run("create temp table sluice_shared (remote_id varchar)");
  if ((await session.count(`select count(*) from ${T.removed}`)) === 0) return;
  const others = metas
    .filter(
      (other) => other.sync !== request.sync && other.account === request.account && other.object === request.object,
    )
    .map((other) => `select remote_id from ${snapshotTable(other.table)} where absent_since is null`);
  const own =
    meta === null
      ? []
      : [
          `select remote_id from (select key, remote_id from ${snapshotTable(meta.table)}
             where absent_since is null and remote_id in (select remote_id from ${T.removed}))
           where key not in (select key from ${T.removed})`,
        ];
  const held = [`select remote_id from ${T.links}`, ...own, ...others].map((sql) => `(${sql})`).join(" union all ");
  // Few rows are removed: theirs are looked for among all records, not the other way round.
  await onEveryCore(() =>
    session.run(`insert into ${T.shared} select distinct remote_id from (${held})
      where remote_id in (select remote_id from ${T.removed})`),
  );
}
