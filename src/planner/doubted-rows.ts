import type { PlanRequest } from "../contract/planner.ts";
import { quoteText } from "../core/duckdb-sql.ts";
import type { DuckdbSession } from "./duckdb-session.ts";
import { formerMatchSql } from "./former-match.ts";
import { type StoredMeta, snapshotTable } from "./snapshot-schema.ts";
import { T } from "./stage-sql.ts";

/** Marks a row that is looked for by what was sent, beside the row that is looked for by what it says now. No key begins with a noncharacter. */
const FORMER = "\ufdd1former ";

/**
 * A write without an answer, and then the row's match value changed: the record that may have been made bears the former value.
 * Such rows are looked for by both. Gives how many rows without a record are in doubt, and adds their former values to the unlinked.
 */
export async function listDoubted(
  session: DuckdbSession,
  request: PlanRequest,
): Promise<{ doubted: number; former: number }> {
  const where = "remote_id is null and doubt is not null and not waiting";
  const doubted = await session.count(`select count(*) from ${T.due} where ${where}`);
  const { match } = request.mapping;
  if (doubted === 0 || match.length === 0) return { doubted, former: 0 };
  const values = match.map((entry, index) => `${formerMatchSql(entry)} as f${index}`);
  const differs = match
    .map((_, index) => `(f${index} is not null and f${index} is distinct from m${index})`)
    .join(" or ");
  const before = await session.count(`select count(*) from ${T.unlinked}`);
  await session.run(`insert into ${T.unlinked}
    select ${before} + row_number() over (order by key) - 1, ${quoteText(FORMER)} || key, ${match.map((_, index) => `f${index}`).join(", ")}, null
    from (select *, ${values.join(", ")} from ${T.due} where ${where}) where ${differs}`);
  return { doubted, former: (await session.count(`select count(*) from ${T.unlinked}`)) - before };
}

export function isFormerKey(key: string): boolean {
  return key.startsWith(FORMER);
}

/**
 * A record found by what was sent is the row's own, whatever its present values find. Unless another row that stays holds it by
 * now: whoever made it, it is that one's, and this row is looked for by what it says today alone.
 */
export async function settleDoubted(session: DuckdbSession, meta: StoredMeta | null): Promise<void> {
  const isFormer = `starts_with(key, ${quoteText(FORMER)})`;
  const own = `substr(key, ${FORMER.length + 1})`;
  if (meta !== null)
    await session.run(`delete from ${T.links} l using ${snapshotTable(meta.table)} p
      where starts_with(l.key, ${quoteText(FORMER)}) and p.remote_id = l.remote_id and p.key <> substr(l.key, ${FORMER.length + 1})
        and p.absent_since is null and p.key not in (select key from ${T.removed})`);
  if ((await session.count(`select count(*) from ${T.links} where ${isFormer}`)) > 0) {
    await session.run(`delete from ${T.links} where key in (select ${own} from ${T.links} where ${isFormer})`);
    await session.run(`update ${T.links} set key = ${own} where ${isFormer}`);
    await session.run(
      `delete from ${T.invalid} where code = 'AMBIGUOUS_MATCH' and key in (select key from ${T.links})`,
    );
  }
  // Several records with the former value: nobody knows which is ours, and nothing is sent.
  await session.run(`update ${T.invalid} set key = ${own} where ${isFormer}`);
}
