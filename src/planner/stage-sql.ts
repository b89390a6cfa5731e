import type { CompiledMapping } from "../contract/mapping.ts";
import { quoteName, quoteText } from "../core/duckdb-sql.ts";
import { fieldSql, hashSql, keySql, matchSql } from "./value-sql.ts";

/** Names of the temporary tables of one plan, in the order in which rows pass through them. */
export const T = {
  /** Every row of the model: key, match values, hash. */
  stage: "temp.main.sluice_stage",
  repeatedKeys: "temp.main.sluice_repeated_keys",
  /** Rows that differ from the snapshot by hash, or carry a mark. */
  diff: "temp.main.sluice_diff",
  /** Canonical values of the rows in `diff`. */
  payload: "temp.main.sluice_payload",
  /** Present refusals, from the state database. */
  rejects: "temp.main.sluice_rejects",
  invalid: "temp.main.sluice_invalid",
  /** Valid rows of `diff` with everything a plan needs but their record. */
  todo: "temp.main.sluice_todo",
  unlinked: "temp.main.sluice_unlinked",
  links: "temp.main.sluice_links",
  /** Keys whose snapshot entry needs a new hash or mark, and no call. */
  touch: "temp.main.sluice_touch",
  removed: "temp.main.sluice_removed",
  changes: "temp.main.sluice_changes",
  plan: "temp.main.sluice_plan",
} as const;

/** The model as a subquery: DuckDB itself parses the text as exactly one SELECT, whatever comments or `;` end it. */
function from(sql: string): string {
  return `query(${quoteText(sql)}) as model`;
}

function rowHash(mapping: CompiledMapping): string {
  const parts = [...mapping.fields]
    .sort((a, b) => (a.field < b.field ? -1 : 1))
    .map(hashSql)
    .filter((part) => part !== null);
  return parts.length === 0 ? "0::ubigint" : `hash(${parts.join(", ")})`;
}

/** Evaluates the model, once, into a narrow table. */
export function stageSql(sql: string, mapping: CompiledMapping, latestBy: string | null): string {
  const matches = mapping.match.map((entry, index) => `${matchSql(entry)} as m${index}`);
  const latest = latestBy === null ? [] : [`${quoteName(latestBy)} as latest`];
  const columns = [`${keySql(mapping.primaryKey)} as key`, `${rowHash(mapping)} as hash`, ...matches, ...latest];
  return `create temp table sluice_stage as select ${columns.join(", ")} from ${from(sql)}`;
}

export function repeatedKeysSql(): string {
  return `create temp table sluice_repeated_keys as
    select key, count(*) as rows from ${T.stage} where key is not null group by key having count(*) > 1`;
}

export function repeatedMatchSql(index: number): string {
  return `create temp table sluice_repeated_match_${index} as
    select m${index} as value from ${T.stage} where m${index} is not null group by m${index} having count(*) > 1`;
}

/**
 * Rows that are new, differ by hash, or carry a mark that asks for another look. With another hash version every row is
 * looked at, and compared by value later.
 */
export function diffSql(
  mapping: CompiledMapping,
  snapshot: string | null,
  compareAll: boolean,
  recheckBefore: string,
): string {
  const matches = mapping.match.map((_, index) => `s.m${index}`).join(", ");
  const lead = `create temp table sluice_diff as select s.key, s.hash, ${matches}`;
  const valid = `s.key is not null and s.key not in (select key from ${T.repeatedKeys})`;
  if (snapshot === null)
    return `${lead}, false as known, null::varchar as old_payload, null::varchar as remote_id, null::varchar as origin,
      null::varchar as doubt, null::varchar as mark, null::varchar as found, null::timestamptz as absent_since from ${T.stage} s where ${valid}`;
  const differs = compareAll
    ? "true"
    : `p.key is null or p.hash is distinct from s.hash or p.doubt is not null or p.absent_since is not null
       or (p.mark = 'unmatched' and p.accepted_at < ${recheckBefore})`;
  return `${lead}, p.key is not null as known, p.payload as old_payload, p.remote_id, p.origin, p.doubt, p.mark, p.found,
      p.absent_since from ${T.stage} s left join ${snapshot} p on p.key = s.key where ${valid} and (${differs})`;
}

/** Values of the rows that differ, with the hash once more (a model with random() is noticed) and what is wrong with them. */
export function payloadSql(sql: string, mapping: CompiledMapping): string {
  const values = mapping.fields.map((field, index) => `${fieldSql(field).value} as v${index}`);
  const errors = mapping.fields
    .map((field) => ({ field: field.field, error: fieldSql(field).error }))
    .filter(({ error }) => error !== "null")
    .map(
      ({ field, error }) =>
        `case when ${error} is not null then ${error} || ':' || '${field.replaceAll("'", "''")}' end`,
    );
  const error = errors.length === 0 ? "null::varchar" : `coalesce(${[...errors, "null"].join(", ")})`;
  const columns = [
    `${keySql(mapping.primaryKey)} as key`,
    `${rowHash(mapping)} as hash`,
    `${error} as error`,
    ...values,
  ];
  return `create temp table sluice_payload as select * from (select ${columns.join(", ")} from ${from(sql)})
    where key in (select key from ${T.diff})`;
}
