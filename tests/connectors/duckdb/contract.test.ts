// Proves that the DuckDB connector is a warehouse, with a database file and without.
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { openWarehouse } from "../../../connectors/duckdb/warehouse.ts";
import { fakeClock } from "../../contract/state/fake-clock.ts";
import { duckdbCases } from "../../contract/warehouse/duckdb-cases.ts";
import { warehouseSuite } from "../../contract/warehouse/suite.ts";

async function place(path: string | null) {
  const projectDir = await realpath(await mkdtemp(join(tmpdir(), "sluice-duckdb-")));
  if (path !== null) {
    const instance = await DuckDBInstance.create(join(projectDir, path));
    const connection = await instance.connect();
    await connection.run("create table people as select 1 as id");
    connection.closeSync();
    instance.closeSync();
  }
  const context = { connection: "warehouse", projectDir, clock: fakeClock() };
  const warehouse = await openWarehouse(path === null ? {} : { path }, context);
  return { warehouse, remove: () => rm(projectDir, { recursive: true }) };
}

warehouseSuite("DuckDB over files", () => place(null), duckdbCases);
warehouseSuite("DuckDB file", () => place("shop.duckdb"), duckdbCases);
