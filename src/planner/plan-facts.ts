import type { PlanFacts, PlanRequest } from "../contract/planner.ts";
import type { Operation } from "../contract/run.ts";
import type { DuckdbSession } from "./duckdb-session.ts";
import { invalidMessage } from "./invalid-messages.ts";
import { invalidTable, type StoredMeta, snapshotTable } from "./snapshot-schema.ts";
import { T } from "./stage-sql.ts";

/** Everything that is counted about a plan, once it is built. */
export async function planFacts(
  session: DuckdbSession,
  request: PlanRequest,
  meta: StoredMeta | null,
): Promise<PlanFacts> {
  const [plan] = await session.rows<Record<string, string>>(`select
      count(*) filter (change = 'added') as added, count(*) filter (change = 'changed') as changed,
      count(*) filter (settled is null and change <> 'removed' and remote_id is not null) as writes_by_id,
      count(*) filter (settled is null and change <> 'removed' and remote_id is null) as creates,
      count(*) filter (settled is null and adopted) as adopts,
      count(*) filter (settled is null and change = 'removed') as removals,
      count(*) filter (settled = 'transferred') as transferred from ${T.plan}`);
  const number = (name: string): number => Number(plan?.[name] ?? 0);
  const read = await session.count(`select count(*) from ${T.stage}`);
  const invalid = await session.count(`select coalesce(sum(rows), 0) from ${T.invalid}`);
  const waitingRows = await session.count(`select count(*) from ${T.due} where waiting`);
  const waitingRemovals = await session.count(`select count(*) from ${T.removed} where waiting`);
  const added = number("added");
  const changed = number("changed");
  const operations = await session.rows<{ operation: Operation; rows: string; settled: string }>(
    `select operation, count(*) as rows, count(settled) as settled from ${T.plan} group by operation order by operation`,
  );
  const snapshotRows =
    meta === null
      ? 0
      : await session.count(`select count(*) from ${snapshotTable(meta.table)} where absent_since is null`);
  return {
    counts: {
      read,
      invalid,
      unchanged: read - invalid - waitingRows - added - changed,
      waiting: waitingRows,
      added,
      changed,
      removed: (await session.count(`select count(*) from ${T.removed}`)) - waitingRemovals,
    },
    superseded: await session.count(`select count(*) from temp.main.sluice_superseded`),
    suppressed: await session.count(`select count(*) from ${T.stage} where key in (select key from ${T.suppressed})`),
    snapshotRows,
    operations: operations.map((row) => ({
      operation: row.operation,
      rows: Number(row.rows),
      settled: Number(row.settled),
    })),
    writesById: number("writes_by_id"),
    creates: request.write === "update" ? 0 : number("creates"),
    adopts: number("adopts"),
    removals: number("removals"),
    transferred: number("transferred"),
    invalidGroups: await invalidGroups(session),
    newInvalid: await newInvalid(session, meta),
    removalsPostponed:
      meta !== null &&
      (request.keepsRemovals || (await session.count(`select count(*) from ${T.invalid} where code = 'NULL_KEY'`)) > 0),
  };
}

async function invalidGroups(session: DuckdbSession): Promise<PlanFacts["invalidGroups"]> {
  type Group = { code: string; field: string | null; rows: string; example: string | null; message: string | null };
  const groups =
    await session.rows<Group>(`select code, field, sum(rows) as rows, min(key) as example, any_value(message) as message
    from ${T.invalid} group by code, field order by sum(rows) desc, code, field limit 100`);
  return groups.map((group) => ({
    code: group.code,
    field: group.field,
    count: Number(group.rows),
    example: group.example,
    message: invalidMessage(group.code, group.message),
  }));
}

async function newInvalid(session: DuckdbSession, meta: StoredMeta | null): Promise<number> {
  if (meta === null) return session.count(`select coalesce(sum(rows), 0) from ${T.invalid}`);
  return session.count(`select coalesce(sum(i.rows), 0) from ${T.invalid} i where not exists (
    select 1 from ${invalidTable(meta.table)} o
    where o.key is not distinct from i.key and o.code = i.code and o.field is not distinct from i.field)`);
}
