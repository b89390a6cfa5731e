import type { GuardCounts, PlanRequest } from "../contract/planner.ts";
import type { GuardVerdict } from "../contract/run.ts";
import { quoteText } from "../core/duckdb-sql.ts";
import type { DuckdbSession } from "./duckdb-session.ts";
import { copyTo } from "./plan-file.ts";
import { T } from "./stage-sql.ts";
import { jsonHasSql, jsonMemberSql, jsonMembersSql } from "./value-sql.ts";

/** The planned rows that each guard counts. */
const ROWS = {
  removed: "change = 'removed'",
  changed: "change = 'changed' and remote_id is not null",
  created: "change <> 'removed' and remote_id is null",
} as const;

/** Holds for every row that sends a null; most plans have none, and their JSON is not taken apart. */
const MAY_CLEAR = "change <> 'removed' and contains(fields, ':null')";

export const NOTHING_TO_GUARD: GuardCounts = { changed: 0, creates: 0, removals: 0, cleared: new Map() };

/** Planned rows that no approved plan covers: the same operation on the same key, held or sent there (S22). */
function openSql(approvedPlans: readonly string[]): string {
  const covered = approvedPlans.map((path) => {
    const plan = `read_parquet(${quoteText(path)})`;
    // Where a run held a part of its plan, that part is what was approved.
    return `not exists (select 1 from ${plan} a where a.key = p.key and a.operation = p.operation
      and case when (select coalesce(bool_or(settled = 'held'), false) from ${plan}) then a.settled = 'held' else a.settled is null end)`;
  });
  return ["settled is null", ...covered].join(" and ");
}

/** Counts for the guards, of rows that no approved plan covers. */
export async function guardCounts(
  session: DuckdbSession,
  request: PlanRequest,
  approvedPlans: readonly string[],
): Promise<GuardCounts> {
  const open = openSql(approvedPlans);
  const [row] = await session.rows<Record<string, string>>(`select count(*) filter (${ROWS.changed}) as changed,
      count(*) filter (${ROWS.created}) as creates, count(*) filter (${ROWS.removed}) as removals,
      count(*) filter (${MAY_CLEAR}) as clearing from ${T.plan} p where ${open}`);
  const number = (name: string): number => Number(row?.[name] ?? 0);
  return {
    changed: number("changed"),
    creates: request.write === "update" ? 0 : number("creates"),
    removals: number("removals"),
    cleared: number("clearing") === 0 ? new Map() : await clearedFields(session, request, open),
  };
}

/** How many values each field would lose. */
async function clearedFields(
  session: DuckdbSession,
  request: PlanRequest,
  open: string,
): Promise<ReadonlyMap<string, number>> {
  const fields = request.mapping.fields.map((field) => field.field);
  const cleared = fields.map((field, index) => {
    const isSent = jsonHasSql("fields", field);
    return `count(*) filter (${isSent} and sent[${index + 1}] is null and stood[${index + 1}] is not null) as c${index}`;
  });
  const [row] = await session.rows<Record<string, string>>(`select ${cleared.join(", ")} from (
    select fields, ${jsonMembersSql("fields", fields)} as sent, ${jsonMembersSql("before", fields)} as stood
    from ${T.plan} p where ${open} and ${MAY_CLEAR})`);
  const counts = fields.map((field, index) => [field, Number(row?.[`c${index}`] ?? 0)] as const);
  return new Map(counts.filter(([, count]) => count > 0));
}

/** The rows of which a verdict speaks; null where it is about rows that are in no plan. */
function spokenOf({ guard, field }: GuardVerdict): string | null {
  switch (guard) {
    case "removed":
    case "empty":
      return ROWS.removed;
    case "changed":
      return ROWS.changed;
    case "created":
      return ROWS.created;
    case "cleared": {
      if (field === null) return null;
      const isLost = `${jsonMemberSql("fields", field)} is null and ${jsonMemberSql("before", field)} is not null`;
      return `${MAY_CLEAR} and ${jsonHasSql("fields", field)} and ${isLost}`;
    }
    case "failed":
      return null;
  }
}

/** See {@link PlanSession.setAside}. The plan is written anew into `file`, the held rows last: nothing waits for them. */
export async function setAside(
  session: DuckdbSession,
  held: readonly GuardVerdict[],
  approvedPlans: readonly string[],
  file: string,
): Promise<number> {
  const guilty = held.map((verdict) => ({ verdict, rows: spokenOf(verdict) }));
  if (held.length === 0 || guilty.some(({ rows }) => rows === null)) return 0;
  const cases = guilty.map(({ verdict, rows }) => `when ${rows} then ${quoteText(`held by guard ${nameOf(verdict)}`)}`);
  await session.run(`create or replace temp table sluice_aside as
    select seq, case ${cases.join(" ")} end as reason from ${T.plan} p where ${openSql(approvedPlans)}`);
  await session.run("delete from temp.main.sluice_aside where reason is null");
  const count = await session.count("select count(*) from temp.main.sluice_aside");
  if (count === 0) return 0;
  const planned = await session.count(`select count(*) from ${T.plan}`);
  const kept = `select row_number() over (order by seq) - 1 as seq, * exclude (seq) from ${T.plan}
    where seq not in (select seq from temp.main.sluice_aside)`;
  const aside = `select ${planned - count} + row_number() over (order by p.seq) - 1 as seq, p.* exclude (seq)
      replace ('held' as settled, a.reason as reason) from ${T.plan} p join temp.main.sluice_aside a on a.seq = p.seq`;
  await copyTo(session, `${kept} union all ${aside}`, file, new AbortController().signal);
  return count;
}

function nameOf({ guard, field }: GuardVerdict): string {
  return field === null ? guard : `${guard} (${field})`;
}
