import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import type { runJson } from "../../src/core/run-json.ts";

export type RunDocument = ReturnType<typeof runJson>;

type Sqlite = { prepare(sql: string): { all(): unknown[] }; close(): void };
type SqliteModule = new (file: string) => Sqlite;

/** What is wrong with the two databases of a project whose processes have all ended; empty where nothing is. */
export async function checkIntegrity(dir: string): Promise<string[]> {
  return [...checkState(join(dir, ".sluice/state.db")), ...(await checkPlanner(join(dir, ".sluice/planner.duckdb")))];
}

function checkState(file: string): string[] {
  if (!existsSync(file)) return ["integrity: there is no state.db"];
  const said = readState<{ integrity_check: string }>(file, "pragma integrity_check")[0]?.integrity_check;
  return said === "ok" ? [] : [`integrity of state.db: ${said}`];
}

/**
 * What a query gives of a state that nobody else works on. By the driver alone: a connection lives until it is collected, and
 * loses its locks where this process opens and closes the file otherwise, as `openState` does; it would then take the next
 * process's WAL away.
 */
export function readState<T>(file: string, sql: string): readonly T[] {
  const Database = createRequire(import.meta.url)("libsql") as SqliteModule;
  const db = new Database(file);
  try {
    return db.prepare(sql).all() as T[];
  } finally {
    db.close();
  }
}

async function checkPlanner(file: string): Promise<string[]> {
  // What stays open keeps the file's lock, and no further process could begin.
  const open: { closeSync(): void }[] = [];
  try {
    const instance = await DuckDBInstance.create(file, { access_mode: "READ_ONLY" });
    open.unshift(instance);
    const db = await instance.connect();
    open.unshift(db);
    const tables = await db.runAndReadAll("select table_schema, table_name from information_schema.tables");
    // A hash over whole rows reads every block, and DuckDB checks its sum; a count is told from the statistics.
    for (const [schema, table] of tables.getRows())
      await db.runAndReadAll(`select bit_xor(hash(t)) from "${schema}"."${table}" t`);
    return [];
  } catch (error) {
    return [`integrity of planner.duckdb: ${error instanceof Error ? error.message : String(error)}`];
  } finally {
    for (const one of open) one.closeSync();
  }
}

/** Runs whose numbers do not add up, or that never ended (semantics.md, numbers that every run reports). */
export function checkLedger(runs: readonly RunDocument[]): string[] {
  return runs.flatMap((run) => {
    const wrong: string[] = [];
    if (run.ended_at === null) wrong.push(`run ${run.id} is ${run.state} and never ended`);
    const { counts } = run;
    if (counts !== null) {
      const parts = counts.invalid + counts.unchanged + counts.waiting + counts.added + counts.changed;
      if (counts.read !== parts) wrong.push(`run ${run.id}: ${counts.read} read, but ${parts} told: ${text(counts)}`);
    }
    const ends = Object.values(run.operations).reduce(
      (sum, of) => sum + of.applied + of.skipped + of.transferred + of.rejected + of.deferred + of.cancelled,
      0,
    );
    if (run.planned !== ends)
      wrong.push(`run ${run.id} (${run.state}): ${run.planned} planned, but ${ends} told: ${text(run.operations)}`);
    return wrong;
  });
}

const text = (value: unknown): string => JSON.stringify(value);
