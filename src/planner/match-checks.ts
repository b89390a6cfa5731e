import type { PlanRequest } from "../contract/planner.ts";
import { quoteText } from "../core/duckdb-sql.ts";
import type { DuckdbSession } from "./duckdb-session.ts";
import { REMOVAL, type StoredMeta, snapshotTable } from "./snapshot-schema.ts";
import { T } from "./stage-sql.ts";
import { jsonHasSql } from "./value-sql.ts";

/**
 * Rows that still need a record: those without any match value are invalid, those whose match value another row has too
 * are newcomers that wait (S16). A row that is linked already never loses its record to them.
 */
export async function checkMatches(
  session: DuckdbSession,
  request: PlanRequest,
  meta: StoredMeta | null,
): Promise<void> {
  const { match } = request.mapping;
  const newcomers = `${T.due} where remote_id is null and not waiting`;
  const allNull = match.map((_, index) => `m${index} is null`).join(" and ");
  const columns = match.flatMap((entry) => entry.map((part) => part.column.name)).join(", ");
  if (match.length > 0)
    await session.run(`insert into ${T.invalid} select key, 'NO_MATCH_VALUE', ${quoteText(match[0]?.[0]?.field ?? "")},
      ${quoteText(`no value to find or create a record by (${columns})`)}, 1 from ${newcomers} and ${allNull}`);
  const newRows = await session.count(`select count(*) from ${newcomers}`);
  for (const [index, entry] of newRows === 0 ? [] : match.entries()) {
    await session.run(repeatedSql(index, newcomers));
    if ((await session.count(`select count(*) from ${REPEATED}`)) === 0) continue;
    await session.run(rivalsSql(request, meta, index));
    await session.run(
      `insert into temp.main.sluice_superseded select key from temp.main.sluice_rivals where fate = 'superseded'`,
    );
    await session.run(`insert into ${T.invalid} select key, 'DUPLICATE_MATCH_KEY', ${quoteText(entry.map((part) => part.field).join(", "))},
      'several rows have this match value', 1 from temp.main.sluice_rivals
      where fate = 'invalid' and key not in (select key from ${T.invalid} where key is not null)`);
  }
  await session.run(`delete from ${T.due} where key in (select key from ${T.invalid} where key is not null)
    or key in (select key from temp.main.sluice_superseded)`);
  await session.run(`create temp table sluice_unlinked as
    select row_number() over (order by key) - 1 as position, key, ${match.map((_, index) => `m${index}`).join(", ") || "null as m0"},
      case when ${jsonHasSql("doubt", REMOVAL)} then former_id end as former_id
    from ${newcomers}`);
}

const REPEATED = "temp.main.sluice_repeated_match";

/** Values of one match entry that several rows have, a newcomer among them: nobody asks after those of linked rows. */
function repeatedSql(index: number, newcomers: string): string {
  return `create or replace temp table sluice_repeated_match as select m${index} as value from ${T.stage}
    where m${index} in (select m${index} from ${newcomers}) group by m${index} having count(*) > 1`;
}

/** What becomes of each newcomer among rows that share the value of one match entry. */
function rivalsSql(request: PlanRequest, meta: StoredMeta | null, index: number): string {
  const policy = request.onDuplicateMatch;
  const linked =
    meta === null
      ? "select null::varchar as value where false"
      : `select s.m${index} as value from ${T.stage} s join ${snapshotTable(meta.table)} p on p.key = s.key
         where p.remote_id is not null and p.absent_since is null and s.m${index} in (select value from ${REPEATED})`;
  const isLatest =
    policy.policy === "keep_latest"
      ? `t.key = (select arg_max(s.key, (s.latest is not null, s.latest, s.key)) from ${T.stage} s where s.m${index} = t.m${index})`
      : "false";
  const fate = {
    reject: "'invalid'",
    keep_linked: "case when held then 'superseded' else 'invalid' end",
    keep_latest: "case when held or not is_latest then 'superseded' else 'kept' end",
  }[policy.policy];
  return `create or replace temp table sluice_rivals as select key, ${fate} as fate from (
    select t.key, t.m${index} in (select value from (${linked})) as held, ${isLatest} as is_latest
    from ${T.due} t where t.remote_id is null and not t.waiting and t.m${index} in (select value from ${REPEATED}))`;
}
