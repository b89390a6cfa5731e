import type { PlanFacts, PlanRequest } from "../contract/planner.ts";
import type { Operation } from "../contract/run.ts";
import { counts, type DuckdbSession } from "./duckdb-session.ts";
import { invalidMessage } from "./invalid-messages.ts";
import { invalidTable, type StoredMeta, snapshotTable } from "./snapshot-schema.ts";
import { T } from "./stage-sql.ts";

/** Everything that is counted about a plan of so many rows, once it is built. */
export async function planFacts(
  session: DuckdbSession,
  request: PlanRequest,
  meta: StoredMeta | null,
  planned: number,
): Promise<PlanFacts> {
  const [
    read = 0,
    invalid = 0,
    waiting = 0,
    removed = 0,
    superseded = 0,
    suppressed = 0,
    nullKeys = 0,
    snapshotRows = 0,
  ] = await counts(session, [
    `select count(*) from ${T.stage}`,
    `select coalesce(sum(rows), 0) from ${T.invalid}`,
    `select count(*) from ${T.due} where waiting`,
    `select count(*) from ${T.removed} where not waiting`,
    `select count(*) from temp.main.sluice_superseded`,
    `select count(*) from ${T.stage} where key in (select key from ${T.suppressed})`,
    `select count(*) from ${T.invalid} where code = 'NULL_KEY'`,
    ...(meta === null ? [] : [`select count(*) from ${snapshotTable(meta.table)} where absent_since is null`]),
  ]);
  const rows = planned === 0 ? NO_ROWS : await countRows(session);
  const { added, changed } = rows;
  return {
    counts: { read, invalid, unchanged: read - invalid - waiting - added - changed, waiting, added, changed, removed },
    superseded,
    suppressed,
    snapshotRows,
    operations: rows.operations,
    writesById: rows.writesById,
    creates: request.write === "update" ? 0 : rows.creates,
    adopts: rows.adopts,
    removals: rows.removals,
    transferred: rows.transferred,
    invalidGroups: invalid === 0 ? [] : await invalidGroups(session),
    newInvalid: invalid === 0 ? 0 : await newInvalid(session, meta),
    removalsPostponed: meta !== null && (request.keepsRemovals || nullKeys > 0),
  };
}

type RowCounts = Pick<PlanFacts, "operations" | "writesById" | "creates" | "adopts" | "removals" | "transferred"> &
  Pick<PlanFacts["counts"], "added" | "changed">;
const NO_ROWS: RowCounts = {
  ...{ operations: [], writesById: 0, creates: 0, adopts: 0, removals: 0, transferred: 0, added: 0, changed: 0 },
};

async function countRows(session: DuckdbSession): Promise<RowCounts> {
  const [plan] = await session.rows<Record<string, string>>(`select
      count(*) filter (change = 'added') as added, count(*) filter (change = 'changed') as changed,
      count(*) filter (settled is null and change <> 'removed' and remote_id is not null) as writes_by_id,
      count(*) filter (settled is null and change <> 'removed' and remote_id is null) as creates,
      count(*) filter (settled is null and adopted) as adopts,
      count(*) filter (settled is null and change = 'removed') as removals,
      count(*) filter (settled = 'transferred') as transferred from ${T.plan}`);
  const number = (name: string): number => Number(plan?.[name] ?? 0);
  const operations = await session.rows<{ operation: Operation; rows: string; settled: string }>(
    `select operation, count(*) as rows, count(settled) as settled from ${T.plan} group by operation order by operation`,
  );
  return {
    operations: operations.map(({ operation, rows, settled }) => ({
      ...{ operation, rows: Number(rows), settled: Number(settled) },
    })),
    ...{ added: number("added"), changed: number("changed"), writesById: number("writes_by_id") },
    ...{ creates: number("creates"), adopts: number("adopts"), removals: number("removals") },
    transferred: number("transferred"),
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
