import type { PlanRequest, SuppressList } from "../contract/planner.ts";
import type { ForgottenTrait } from "../contract/state.ts";
import { quoteText } from "../core/duckdb-sql.ts";
import type { DuckdbSession } from "./duckdb-session.ts";
import { insertRows } from "./insert-rows.ts";
import { modelFrom, T } from "./stage-sql.ts";
import { keySql, matchSql } from "./value-sql.ts";

const LIST = "temp.main.sluice_suppress_list";
const FORGOTTEN = "temp.main.sluice_forgotten";

/** A staged column, and as what it was forgotten. */
type Trait = { readonly column: string; readonly trait: ForgottenTrait };

/** Evaluates the list of people who are never sent, once a plan, before anything else looks at the rows. */
export async function loadSuppressed(
  session: DuckdbSession,
  { suppress }: PlanRequest,
  signal: AbortSignal,
): Promise<void> {
  const { list, forgotten } = suppress;
  if (list !== null) await session.run(listSql(list), signal);
  if (forgotten.length === 0) return;
  await session.run(`create temp table sluice_forgotten (trait varchar, hash varchar)`);
  const rows = forgotten.map(({ trait, hash }) => ({ trait, hash }));
  await insertRows(session, "sluice_forgotten", { trait: "VARCHAR", hash: "VARCHAR" }, rows);
}

function listSql({ sql, key, match }: SuppressList): string {
  const columns = [
    `${key === null ? "null::varchar" : keySql(key)} as key`,
    ...match.map((entry, index) => `${entry === null ? "null::varchar" : matchSql(entry)} as m${index}`),
  ];
  return `create temp table sluice_suppress_list as select ${columns.join(", ")} from ${modelFrom(sql)}`;
}

/**
 * Keys of the staged rows that are suppressed. Such rows stay staged, so that nobody takes them for gone, and their match values
 * stay taken: a newcomer with one of them would write into the record of somebody who is not to be written to.
 */
export function suppressedSql({ suppress, mapping }: PlanRequest): string {
  const { list, forgotten } = suppress;
  const among = (column: string) => `s.${column} in (select ${column} from ${LIST} where ${column} is not null)`;
  const listed =
    list === null
      ? []
      : [
          ...(list.key === null ? [] : [among("key")]),
          ...list.match.flatMap((entry, index) => (entry === null ? [] : [among(`m${index}`)])),
        ];
  const traits: Trait[] = [
    { column: "key", trait: "key" },
    // Several values together may be somebody else's: a name and a town.
    ...mapping.match.flatMap(([part, ...others], index): Trait[] =>
      part === undefined || others.length > 0 ? [] : [{ column: `m${index}`, trait: part.matchForm }],
    ),
  ];
  const salts = [...new Set(forgotten.map(({ salt }) => salt))];
  const gone = salts.flatMap((salt) =>
    traits
      .filter(({ trait }) => forgotten.some((one) => one.salt === salt && one.trait === trait))
      .map(({ column, trait }) => isForgotten(`s.${column}`, trait, salt)),
  );
  const where = [...listed, ...gone].map((one) => `coalesce(${one}, false)`).join(" or ");
  return `create temp table sluice_suppressed as
    select distinct s.key from ${T.stage} s where s.key is not null and (${where === "" ? "false" : where})`;
}

function isForgotten(column: string, trait: ForgottenTrait, salt: string): string {
  return `sha256(${quoteText(salt)} || ${column}) in (select hash from ${FORGOTTEN} where trait = ${quoteText(trait)})`;
}
