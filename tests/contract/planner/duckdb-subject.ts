import { mkdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import type { Planner } from "../../../src/contract/planner.ts";
import { columnOf } from "../../../src/core/duckdb-sql.ts";
import { openPlanner } from "../../../src/planner/open-planner.ts";
import { fakeClock } from "../state/fake-clock.ts";
import type { Subject } from "./subject.ts";

/** The embedded planner on a folder of its own. */
export async function duckdbSubject(
  memoryLimitMb = 256,
): Promise<Subject & { readonly folder: string; readonly file: string }> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-planner-"));
  const file = join(folder, "work", "planner.duckdb");
  mkdirSync(join(folder, "work"));
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const open = (): Promise<Planner> =>
    openPlanner(
      {
        file,
        workDir: join(folder, "work"),
        projectDir: folder,
        directories: [],
        memoryLimitMb,
        clock: fakeClock(),
      },
      new AbortController().signal,
    );
  let planner = await open();
  const subject = {
    folder,
    file,
    get planner() {
      return planner;
    },
    local: { path: null },
    plans: join(folder, "work", "plans"),
    columns: async (sql: string) => {
      const reader = await connection.runAndReadAll(`describe ${sql}`);
      const rows = reader.getRowObjectsJson() as { column_name: string; column_type: string }[];
      return rows.map((row) => columnOf(row.column_name, row.column_type));
    },
    dump: async () => {
      await planner.close();
      const text = await dumpFile(file);
      planner = await open();
      return text;
    },
    restart: async () => {
      await planner.close();
      planner = await open();
    },
    close: async () => {
      connection.closeSync();
      instance.closeSync();
      await planner.close();
      await rm(folder, { recursive: true });
    },
  };
  return subject;
}

async function dumpFile(file: string): Promise<string> {
  const instance = await DuckDBInstance.create(file, { access_mode: "READ_ONLY" });
  const connection = await instance.connect();
  const tables = (await connection.runAndReadAll("select table_name from duckdb_tables() order by all")).getRowsJson();
  const lines: string[] = [];
  for (const [table] of tables) {
    const from = table === "meta" ? "(select * exclude (generation) from meta)" : `"${String(table)}"`;
    const rows = (await connection.runAndReadAll(`select * from ${from} order by all`)).getRowsJson();
    lines.push(String(table), ...rows.map((row) => `  ${JSON.stringify(row)}`));
  }
  connection.closeSync();
  instance.closeSync();
  return lines.join("\n");
}
