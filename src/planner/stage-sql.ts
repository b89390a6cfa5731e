import type { CompiledMapping } from "../contract/mapping.ts";
import { quoteName, quoteText } from "../core/duckdb-sql.ts";
import { REMOVAL } from "./snapshot-schema.ts";
import { fieldSql, hashSql, jsonHasSql, keySql, matchSql } from "./value-sql.ts";

/** Names of the temporary tables of one plan, in the order in which rows pass through them. */
export const T = {
  /** Every row of the model: key, match values, hash. */
  stage: "temp.main.sluice_stage",
  /** Keys of rows that are never sent. */
  suppressed: "temp.main.sluice_suppressed",
  repeatedKeys: "temp.main.sluice_repeated_keys",
  /** Keys that differ between model and snapshot: `key` of the model, `gone` of the snapshot alone. */
  compared: "temp.main.sluice_compared",
  /** The snapshot's rows for the keys of `compared`. */
  former: "temp.main.sluice_former",
  /** Rows that differ from the snapshot by hash, or carry a mark. */
  diff: "temp.main.sluice_diff",
  /** Canonical values of the rows in `diff`. */
  payload: "temp.main.sluice_payload",
  /** Present refusals, from the state database. */
  rejects: "temp.main.sluice_rejects",
  invalid: "temp.main.sluice_invalid",
  /** Valid rows of `diff` with everything a plan needs but their record. */
  due: "temp.main.sluice_due",
  unlinked: "temp.main.sluice_unlinked",
  links: "temp.main.sluice_links",
  /** Keys whose snapshot entry needs a new hash or mark, and no call. */
  touch: "temp.main.sluice_touch",
  removed: "temp.main.sluice_removed",
  /** Records of removed rows that others hold. */
  shared: "temp.main.sluice_shared",
  changes: "temp.main.sluice_changes",
  plan: "temp.main.sluice_plan",
} as const;

/** What a plan keeps of rows that are refused before sending; `rows` of the model stand behind each. */
export const INVALID_COLUMNS = "key varchar, code varchar, field varchar, message varchar, rows bigint";

/** A list of refused rows without any. */
export const EMPTY_INVALID = `select ${INVALID_COLUMNS.split(", ")
  .map((column) => column.replace(/(\w+) (\w+)/, "null::$2 as $1"))
  .join(", ")} where false`;

/** The model as a subquery: DuckDB itself parses the text as exactly one SELECT, whatever comments or `;` end it. */
export function modelFrom(sql: string): string {
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
  return `create temp table sluice_stage as select ${columns.join(", ")} from ${modelFrom(sql)}`;
}

export function repeatedKeysSql(): string {
  return `create temp table sluice_repeated_keys as
    select key, count(*) as rows from ${T.stage} where key is not null group by key having count(*) > 1`;
}

/**
 * Both sides by key, narrow: rows that are new, differ by hash, or carry a mark that asks for another look, and rows that are
 * gone. With another hash version every row is looked at, and compared by value later. Payloads and match values never pass through this join.
 */
export function comparedSql(snapshot: string, compareAll: boolean, recheckBefore: string): string {
  const marked = `(doubt is not null or absent_since is not null or (mark = 'unmatched' and accepted_at < ${recheckBefore})) is true`;
  // A hash of null differs from any: one comparison decides, and no mark is carried through the join.
  const former = compareAll ? "null::ubigint" : `case when not ${marked} then hash end`;
  return `create temp table sluice_compared as
    select s.key, case when s.key is null then p.key end as gone
    from ${T.stage} s full join (
      select key, ${former} as hash, absent_since is null as is_there from ${snapshot}) p on p.key = s.key
    where p.hash is distinct from s.hash or (s.key is null and p.is_there)`;
}

/** One pass over the snapshot's wide rows, for changed and gone rows together. */
export function formerSql(snapshot: string): string {
  return `create temp table sluice_former as select key, payload, remote_id, origin, doubt, mark, found, absent_since
    from ${snapshot} where key in (select coalesce(key, gone) from ${T.compared})`;
}

/** Valid rows to look at, with what the snapshot holds of them. */
export function diffSql(mapping: CompiledMapping, hasSnapshot: boolean, hasSuppressed: boolean): string {
  const matches = mapping.match.map((_, index) => `s.m${index}, `).join("");
  const lead = `create temp table sluice_diff as select s.key, s.hash, ${matches}`;
  // The usual plan suppresses nobody, and need not look through all its keys for that.
  const sendable = hasSuppressed ? ` and s.key not in (select key from ${T.suppressed})` : "";
  const valid = `s.key is not null and s.key not in (select key from ${T.repeatedKeys})${sendable}`;
  if (!hasSnapshot)
    return `${lead} false as known, null::varchar as old_payload, null::varchar as remote_id, null::varchar as former_id, null::varchar as origin,
      null::varchar as doubt, null::varchar as mark, null::varchar as found, null::timestamptz as absent_since from ${T.stage} s where ${valid}`;
  // A removal in doubt may have taken the record: the returned row is looked for, as if it had none.
  return `${lead} p.key is not null as known, p.payload as old_payload,
      case when not ${jsonHasSql("p.doubt", REMOVAL)} then p.remote_id end as remote_id, p.remote_id as former_id, p.origin, p.doubt, p.mark, p.found,
      p.absent_since from (select * from ${T.stage} where key in (select key from ${T.compared})) s left join ${T.former} p on p.key = s.key where ${valid}`;
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
  const columns = [`"sluice key" as key`, `${rowHash(mapping)} as hash`, `${error} as error`, ...values];
  // The key first: nothing else is computed for rows that do not differ.
  return `create temp table sluice_payload as select ${columns.join(", ")}
    from (select *, ${keySql(mapping.primaryKey)} as "sluice key" from ${modelFrom(sql)})
    where "sluice key" in (select key from ${T.diff})`;
}

/** The same where no row differs: the model is not read a second time. */
export function noPayloadSql(mapping: CompiledMapping): string {
  const values = mapping.fields.map((_, index) => `, v${index} varchar`);
  return `create temp table sluice_payload (key varchar, hash ubigint, error varchar${values.join("")})`;
}
