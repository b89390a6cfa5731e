import { quoteText } from "../core/duckdb-sql.ts";
import type { DuckdbSession } from "./duckdb-session.ts";

const ROWS_A_STATEMENT = 5_000;

/** Rows from JavaScript into a temporary table, as one JSON document a statement: several times faster than row inserts. */
export async function insertRows(
  session: DuckdbSession,
  table: string,
  columns: Readonly<Record<string, string>>,
  rows: readonly Readonly<Record<string, unknown>>[],
): Promise<void> {
  const names = Object.keys(columns).join(", ");
  const shape = quoteText(JSON.stringify([columns]));
  for (let index = 0; index < rows.length; index += ROWS_A_STATEMENT) {
    const page = JSON.stringify(rows.slice(index, index + ROWS_A_STATEMENT));
    await session.run(`insert into temp.main.${table} (${names}) select ${names} from
      (select unnest(from_json(${quoteText(page)}, ${shape}), recursive := true))`);
  }
}
