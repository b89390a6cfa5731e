/** The simulation's planner twin as a subject of the suite: real DuckDB evaluates the models, the twin does the rest. */
import { DuckDBInstance } from "@duckdb/node-api";
import { Fault } from "../../../src/contract/fault.ts";
import type { Row } from "../../../src/contract/value.ts";
import { columnOf, exactText, quoteName, quoteText } from "../../../src/core/duckdb-sql.ts";
import { memoryPlanner } from "../../sim/twins/memory-planner.ts";
import { newPlannerDisk, type PlannerDisk } from "../../sim/twins/planner-disk.ts";
import { fakeClock } from "../state/fake-clock.ts";
import type { Subject } from "./subject.ts";

export async function memorySubject(): Promise<Subject> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  await connection.run("set TimeZone = 'UTC'");
  const disk = newPlannerDisk();
  const columns = async (sql: string) => {
    const reader = await connection.runAndReadAll(`describe ${sql}`);
    const rows = reader.getRowObjectsJson() as { column_name: string; column_type: string }[];
    return rows.map((row) => columnOf(row.column_name, row.column_type));
  };
  const evaluate = async (sql: string): Promise<readonly Row[]> => {
    try {
      const texts = (await columns(sql)).map(
        (column) => `${exactText(quoteName(column.name), column)} as ${quoteName(column.name)}`,
      );
      const reader = await connection.runAndReadAll(`select ${texts.join(", ")} from query(${quoteText(sql)})`);
      return reader.getRowObjectsJson() as Row[];
    } catch (error) {
      throw new Fault("MODEL_FAILED", `the model failed while it was read: ${String(error)}`, { cause: error });
    }
  };
  const planner = memoryPlanner(disk, evaluate, fakeClock());
  return {
    planner,
    local: { path: null },
    plans: "/plans",
    columns,
    dump: async () => dump(disk),
    restart: async () => undefined,
    close: async () => {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

function dump(disk: PlannerDisk): string {
  const snapshots = [...disk.snapshots.values()].map(({ meta: { generation: _, ...meta }, entries, invalid }) => ({
    ...{ meta, invalid },
    entries: [...entries.values()].sort((a, b) => (a.key < b.key ? -1 : 1)),
  }));
  return JSON.stringify(snapshots, null, 1);
}
