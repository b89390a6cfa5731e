import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import type { ConnectorContext } from "../../src/contract/connector.ts";
import { Fault } from "../../src/contract/fault.ts";
import type { Column, Row } from "../../src/contract/value.ts";
import type { ReadEnd, Warehouse } from "../../src/contract/warehouse.ts";
import { exactText, quoteName } from "../../src/kit/duckdb-sql.ts";
import type { DuckdbConfig } from "./config.ts";
import { asTable, databaseWords, describeSelect } from "./describe.ts";
import { type DuckdbEngine, openEngine } from "./engine.ts";
import { findPlaces } from "./places.ts";

/** Faults: CONFIG_INVALID, WAREHOUSE_UNREACHABLE; whether the file can be read shows when it is first used. */
export async function openWarehouse(config: DuckdbConfig, context: ConnectorContext): Promise<Warehouse> {
  const places = await findPlaces(config, context.connection, context.projectDir);
  let engine: Promise<DuckdbEngine> | null = null;

  const started = (): Promise<DuckdbEngine> => {
    engine ??= openEngine(places, context.connection, context.clock).catch((error: unknown) => {
      engine = null;
      throw error;
    });
    return engine;
  };

  const using = async <T>(signal: AbortSignal, work: (connection: DuckDBConnection) => Promise<T>): Promise<T> => {
    const { connection, giveBack } = await (await started()).borrow(signal);
    try {
      return await interruptible(connection, signal, () => work(connection));
    } finally {
      await giveBack();
    }
  };

  return {
    local: { path: places.file },
    check: (signal) =>
      using(signal, async (connection) => {
        const found = await connection.runAndReadAll(
          "select version(), (select count(*) from duckdb_tables() where database_name = current_database() and not internal)",
        );
        const [version, tables] = found.getRows()[0] ?? [];
        if (places.file === null) return `DuckDB ${version} over files in ${places.projectDir}`;
        return `DuckDB ${version}, ${places.file}, read-only, ${tables} tables`;
      }),
    describe: (sql, signal) => using(signal, (connection) => describeSelect(connection, sql)),
    async *read(sql, { pageSize }, signal) {
      await mkdir(join(places.projectDir, ".sluice", "tmp"), { recursive: true, mode: 0o700 });
      const { connection, giveBack } = await (await started()).borrow(signal);
      try {
        return yield* readRows(connection, sql, pageSize, signal);
      } finally {
        await giveBack();
      }
    },
    close: async () => {
      if (engine !== null) (await engine).close();
    },
  };
}

/**
 * The whole result is first put into a temporary table: DuckDB's streaming reads end without an error where the query
 * fails half-way. Pages then go by row number.
 */
async function* readRows(
  connection: DuckDBConnection,
  sql: string,
  pageSize: number,
  signal: AbortSignal,
): AsyncGenerator<readonly Row[], ReadEnd> {
  const columns = await interruptible(connection, signal, () => describeSelect(connection, sql));
  const rows = await interruptible(connection, signal, () => stage(connection, sql));
  const texts = columns.map((column) => exactText(quoteName(column.name), column)).join(", ");
  for (let from = 0; from < rows; from += pageSize) {
    const page = await interruptible(connection, signal, () =>
      connection.runAndReadAll(
        `select ${texts} from temp.sluice_rows where rowid >= ${from} and rowid < ${from + pageSize} order by rowid`,
      ),
    );
    yield page.getRows().map((values) => toRow(columns, values));
  }
  return { rows, complete: true };
}

async function stage(connection: DuckDBConnection, sql: string): Promise<number> {
  try {
    await connection.run(`create temp table sluice_rows as from ${asTable(sql)}`);
    const counted = await connection.runAndReadAll("select count(*) from temp.sluice_rows");
    return Number(counted.getRows()[0]?.[0]);
  } catch (error) {
    throw new Fault("MODEL_FAILED", databaseWords(error).message, {
      fix: "the database failed while it ran the model's SQL: correct the SQL or the rows that it meets",
    });
  }
}

/** A row without prototype, so that a column may be called `__proto__`. */
function toRow(columns: readonly Column[], values: readonly unknown[]): Row {
  const row: Record<string, string | null> = Object.create(null);
  for (const [index, column] of columns.entries()) {
    const value = values[index] ?? null;
    row[column.name] = value === null ? null : String(value);
  }
  return row;
}

/** Stops the statement at work when the signal aborts; an interrupt between two statements has no effect. */
async function interruptible<T>(connection: DuckDBConnection, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const interrupt = () => connection.interrupt();
  signal.addEventListener("abort", interrupt, { once: true });
  try {
    return await work();
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener("abort", interrupt);
  }
}
