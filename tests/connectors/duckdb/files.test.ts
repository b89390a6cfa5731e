// Proves that SQL reads files of the project and of the named folders, and nothing else.
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { duckdb } from "../../../connectors/duckdb/index.ts";
import { openWarehouse } from "../../../connectors/duckdb/warehouse.ts";
import type { Warehouse } from "../../../src/contract/warehouse.ts";
import { fakeClock } from "../../contract/state/fake-clock.ts";
import { readAll } from "../../contract/warehouse/suite.ts";

const signal = new AbortController().signal;
const workedIn = process.cwd();
let root: string;
let projectDir: string;
let opened: Warehouse[];

beforeEach(async () => {
  opened = [];
  root = await realpath(await mkdtemp(join(tmpdir(), "sluice-files-")));
  projectDir = join(root, "project");
  for (const folder of ["project/sub", "project-evil", "extra"]) await mkdir(join(root, folder), { recursive: true });
  for (const file of ["project/people.csv", "project/sub/people.csv", "project-evil/people.csv", "extra/people.csv"]) {
    await writeFile(join(root, file), `place\n${file}\n`);
  }
  await symlink(join(root, "extra/people.csv"), join(projectDir, "link.csv"));
  await symlink(join(root, "extra"), join(projectDir, "linked"));
  process.chdir(projectDir);
});
afterEach(async () => {
  for (const warehouse of opened) await warehouse.close();
  process.chdir(workedIn);
  await rm(root, { recursive: true });
});

async function open(config: Parameters<typeof openWarehouse>[0]): Promise<Warehouse> {
  const warehouse = await openWarehouse(config, { connection: "files", projectDir, clock: fakeClock() });
  opened.push(warehouse);
  return warehouse;
}

async function places(warehouse: Warehouse, from: string) {
  const { rows } = await readAll(warehouse, `select place from ${from} order by 1`, 10);
  return rows.map((row) => row.place);
}

async function makeDatabase(path: string) {
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  await connection.run("create schema analytics");
  await connection.run("create table analytics.people as select 'database' as place");
  connection.closeSync();
  instance.closeSync();
}

describe("paths in SQL", () => {
  it.each([
    ["read_csv('people.csv')", ["project/people.csv"]],
    ["'people.csv'", ["project/people.csv"]],
    ["read_csv('./sub/people.csv')", ["project/sub/people.csv"]],
    ["read_csv('sub/*.csv')", ["project/sub/people.csv"]],
    ["read_csv('sub/../people.csv')", ["project/people.csv"]],
  ])("reads %s within the project", async (from, expected) => {
    expect(await places(await open({}), from)).toEqual(expected);
  });

  it.each([
    "../project-evil/people.csv",
    "../*/people.csv",
    "link.csv",
    "linked/people.csv",
    "linked/*.csv",
    "/etc/passwd",
    "/proc/self/environ",
    "file:///etc/passwd",
    "~/x.csv",
  ])("refuses %s", async (path) => {
    const warehouse = await open({});
    const fault = { code: "MODEL_INVALID", message: expect.stringContaining("Permission Error") };
    await expect(places(warehouse, `read_csv('${path}', header = true)`)).rejects.toMatchObject(fault);
  });

  it("reads the folders named in directories, by absolute path and through links", async () => {
    const warehouse = await open({ directories: ["../extra"] });
    expect(await places(warehouse, `read_csv('${join(root, "extra/people.csv")}')`)).toEqual(["extra/people.csv"]);
    expect(await places(warehouse, "read_csv('linked/people.csv')")).toEqual(["extra/people.csv"]);
    await expect(places(warehouse, "read_csv('../project-evil/people.csv')")).rejects.toMatchObject({
      code: "MODEL_INVALID",
    });
  });

  it("never takes a relative path from another working directory", async () => {
    process.chdir(join(root, "extra"));
    await expect(places(await open({}), "read_csv('people.csv')")).rejects.toMatchObject({ code: "MODEL_INVALID" });
    process.chdir(join(projectDir, "sub"));
    await expect(places(await open({}), "read_csv('people.csv')")).rejects.toMatchObject({ code: "USAGE" });
  });

  it("says that a file is missing", async () => {
    const message = expect.stringContaining("nothing.csv");
    const missing = places(await open({}), "read_csv('nothing.csv')");
    await expect(missing).rejects.toMatchObject({ code: "MODEL_INVALID", message });
  });
});

describe("the database file", () => {
  it("is opened read-only, its tables by their plain names, and files beside it", async () => {
    await makeDatabase(join(projectDir, "shop.duckdb"));
    const warehouse = await open({ path: "shop.duckdb" });
    expect(warehouse.local).toEqual({ path: join(projectDir, "shop.duckdb") });
    expect(await warehouse.check(signal)).toMatch(/shop\.duckdb, read-only, 1 tables/);
    const from = "(select place from analytics.people union all from 'people.csv')";
    expect(await places(warehouse, from)).toEqual(["database", "project/people.csv"]);
  });

  it("is let go of after each use", async () => {
    const file = join(projectDir, "shop.duckdb");
    await makeDatabase(file);
    const warehouse = await open({ path: "shop.duckdb" });
    await warehouse.check(signal);
    const instance = await DuckDBInstance.create(file);
    const connection = await instance.connect();
    await connection.run("insert into analytics.people values ('later')");
    connection.closeSync();
    instance.closeSync();
    expect(await places(warehouse, "analytics.people")).toEqual(["database", "later"]);
  });

  it("must be there, be a database, and lie in the project or a named folder", async () => {
    const missing = { code: "WAREHOUSE_UNREACHABLE", message: expect.stringContaining(join(projectDir, "no.duckdb")) };
    await expect(open({ path: "no.duckdb" })).rejects.toMatchObject(missing);
    const text = await open({ path: "people.csv" });
    await expect(text.check(signal)).rejects.toMatchObject({ code: "WAREHOUSE_UNREACHABLE" });
    await expect(open({ directories: ["../nowhere"] })).rejects.toMatchObject({ code: "CONFIG_INVALID" });

    await makeDatabase(join(root, "extra/shop.duckdb"));
    for (const path of ["../extra/shop.duckdb", "linked/shop.duckdb", join(root, "extra/shop.duckdb")]) {
      await expect(open({ path })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
      const warehouse = await open({ path, directories: ["../extra"] });
      expect(await places(warehouse, "analytics.people")).toEqual(["database"]);
    }
  });

  it("refuses unknown settings and empty paths", () => {
    expect(duckdb.config.safeParse({ path: "a.duckdb", directories: ["b"] }).success).toBe(true);
    for (const wrong of [{ paths: "a" }, { path: "" }, { directories: "b" }, { path: 1 }]) {
      expect(duckdb.config.safeParse(wrong).success).toBe(false);
    }
  });
});
