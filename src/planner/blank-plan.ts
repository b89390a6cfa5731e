import type { PersonTraits } from "../contract/planner.ts";
import { quoteText } from "../core/duckdb-sql.ts";
import type { DuckdbSession } from "./duckdb-session.ts";
import { hitsInPlan, invalidHitSql } from "./find-person.ts";
import { insertRows } from "./insert-rows.ts";
import { copyTo, hasPlan, invalidFile, putInPlace, sha256Of } from "./plan-file.ts";

const QUIET = new AbortController().signal;
const BLANKED = "seq in (select seq from temp.main.sluice_blanked)";

/**
 * A finished run's plan without a person: the rows stay under their numbers, so that the run's counts do, and say nothing more.
 * The state knows the new sum before the file has it: cut short in between, the old file is found and blanked again.
 */
export async function blankPlan(
  session: DuckdbSession,
  path: string,
  traits: PersonTraits,
  placeholder: string,
  commit: (sha256: string) => Promise<void>,
): Promise<number> {
  if (!(await hasPlan(path))) return 0;
  const refused = await blankInvalid(session, invalidFile(path), traits);
  const hits = await hitsInPlan(session, path, traits);
  if (hits.length === 0) return refused;
  await session.run("create or replace temp table sluice_blanked (seq bigint)");
  await insertRows(
    session,
    "sluice_blanked",
    { seq: "BIGINT" },
    hits.map(({ seq }) => ({ seq })),
  );
  const blank = (column: string, by: string): string =>
    `case when ${BLANKED} then ${by} else ${column} end as ${column}`;
  const columns = [
    blank("key", quoteText(placeholder)),
    ...["hash", "remote_id", "origin", "match", "payload", "reason"].map((column) => blank(column, "null")),
    ...["fields", "before"].map((column) => blank(column, "'{}'")),
  ];
  const aside = `${path}.tmp`;
  const select = `select * replace (${columns.join(", ")}) from read_parquet(${quoteText(path)}) order by seq`;
  await copyTo(session, select, aside, QUIET);
  await commit(await sha256Of(aside));
  await putInPlace([aside, path]);
  return hits.length + refused;
}

async function blankInvalid(session: DuckdbSession, path: string, traits: PersonTraits): Promise<number> {
  if (!(await hasPlan(path))) return 0;
  const hit = invalidHitSql(traits);
  const rows = await session.count(`select count(*) from read_parquet(${quoteText(path)}) where ${hit}`);
  if (rows === 0) return 0;
  const columns = ["key", "message"].map((column) => `case when ${hit} then null else ${column} end as ${column}`);
  const select = `select * replace (${columns.join(", ")}) from read_parquet(${quoteText(path)}) order by code, key`;
  await copyTo(session, select, `${path}.tmp`, QUIET);
  await putInPlace([`${path}.tmp`, path]);
  return rows;
}
