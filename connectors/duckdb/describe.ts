import { type DuckDBConnection, type DuckDBPreparedStatement, StatementType } from "@duckdb/node-api";
import { Fault } from "../../src/contract/fault.ts";
import type { Column } from "../../src/contract/value.ts";
import { columnOf, quoteText } from "../../src/kit/duckdb-sql.ts";

/**
 * The SQL as a table. DuckDB itself parses the text as one SELECT, so comments and a trailing semicolon need no care and
 * nothing can break out of a wrap.
 */
export function asTable(sql: string): string {
  return `query(${quoteText(sql)})`;
}

/** Columns of exactly one SELECT, which is prepared but not run. Faults: MODEL_INVALID. */
export async function describeSelect(connection: DuckDBConnection, sql: string): Promise<Column[]> {
  if (sql.includes("\0")) throw invalid("the SQL holds a NUL character", "remove it");
  const names = await columnNames(connection, sql);
  refuseDuplicates(names);
  try {
    const described = await connection.runAndReadAll(`describe from ${asTable(sql)}`);
    const types = described.getRows().map((row) => String(row[1]));
    return names.map((name, index) => columnOf(name, types[index] ?? "VARCHAR"));
  } catch (error) {
    throw invalidModel(error);
  }
}

async function columnNames(connection: DuckDBConnection, sql: string): Promise<string[]> {
  await refuseNoSelect(connection, sql);
  const prepared = await prepareOne(connection, sql);
  try {
    if (prepared.statementType !== StatementType.SELECT) throw noSelect();
    if (prepared.parameterCount > 0) {
      throw invalid("the SQL holds a parameter (? or $name)", "write the value, or a project variable");
    }
    return Array.from({ length: prepared.columnCount }, (_, index) => prepared.columnName(index));
  } finally {
    prepared.destroySync();
  }
}

/** Only parses, so that an INSERT is not blamed for the table that it cannot find. */
async function refuseNoSelect(connection: DuckDBConnection, sql: string): Promise<void> {
  const parsed = await connection.runAndReadAll(
    `select json_extract_string(tree, '$.error_type') from (select json_serialize_sql(${quoteText(sql)}) as tree)`,
  );
  const isOther = parsed.getRows()[0]?.[0] === "not implemented";
  if (isOther && (await connection.extractStatements(sql)).count === 1) throw noSelect();
}

function noSelect(): Fault {
  return invalid("the SQL is no SELECT", "write one SELECT (or VALUES, FROM, WITH … SELECT); a model only reads");
}

async function prepareOne(connection: DuckDBConnection, sql: string): Promise<DuckDBPreparedStatement> {
  try {
    const statements = await connection.extractStatements(sql);
    if (statements.count === 1) return await statements.prepare(0);
    throw invalid(`the SQL is ${statements.count} statements`, "a model is exactly one SELECT; keep one of them");
  } catch (error) {
    // DuckDB has no message for a text without any statement.
    if (error instanceof Error && error.message === "Error in native callback") {
      throw invalid("the SQL is empty", "write one SELECT");
    }
    throw invalidModel(error);
  }
}

/** Case is ignored as DuckDB does: `a` and `A` cannot stand side by side in a table. */
function refuseDuplicates(names: readonly string[]): void {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const name of names) {
    const folded = name.toLowerCase();
    if (seen.has(folded)) repeated.add(name);
    seen.add(folded);
  }
  if (repeated.size === 0) return;
  const list = [...repeated].map((name) => `"${name}"`).join(", ");
  throw invalid(`the SQL gives more than one column ${list}`, 'name each column once: select a.id, b.id as "b_id"');
}

/** The database's own words with the line it names: `… (line 3)`. */
export function invalidModel(error: unknown): Fault {
  if (error instanceof Fault) return error;
  const { message, line } = databaseWords(error);
  const fix = message.includes("Permission Error")
    ? "SQL may read files in the project folder, by paths relative to it, and in the connection's directories"
    : "correct the model's SQL";
  return invalid(line === null ? message : `${message} (line ${line})`, fix);
}

/** DuckDB's message in one line, without the excerpt of the statement. */
export function databaseWords(error: unknown): { message: string; line: number | null } {
  const full = error instanceof Error ? error.message : String(error);
  const [text = "", excerpt] = full.split(/\n+LINE (?=\d+:)/, 2);
  const message = text
    .replace(/^Failed to extract statements: /, "")
    .trim()
    .replace(/\s*\n+\s*/g, " ");
  return { message, line: excerpt === undefined ? null : Number.parseInt(excerpt, 10) };
}

function invalid(message: string, fix: string): Fault {
  return new Fault("MODEL_INVALID", message, { fix });
}
