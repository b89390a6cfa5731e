// Proves that warehouse files are told apart by their whole path, and that a file let go of can be taken up at once.
import { mkdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type DuckdbEngine, openEngine } from "../../../src/planner/duckdb-engine.ts";
import { fakeClock } from "../../contract/state/fake-clock.ts";
import { running } from "../delivery/samples.ts";

let dir: string;
let engine: DuckdbEngine;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "sluice-files-"));
  const workDir = join(dir, ".sluice");
  engine = await openEngine(
    { file: null, workDir, projectDir: dir, directories: [], memoryLimitMb: 256, clock: fakeClock() },
    running(),
  );
});
afterEach(async () => {
  engine.close();
  await rm(dir, { recursive: true });
});

async function warehouse(name: string, text: string): Promise<string> {
  const path = join(dir, name);
  mkdirSync(dirname(path), { recursive: true });
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  await connection.run(`create table place as select '${text}' as name`);
  connection.closeSync();
  instance.closeSync();
  return path;
}

async function readOnce(path: string): Promise<unknown> {
  const { session, release } = await engine.openOn({ path }, running());
  const [row] = await session.rows<{ name: string }>("select name from place");
  session.close();
  await release();
  return row?.name;
}

test("two files whose paths end alike are open side by side, each under its own name", async () => {
  const eu = await warehouse("eu/warehouse/customers_db.duckdb", "eu");
  const us = await warehouse("us/warehouse/customers_db.duckdb", "us");
  const both = await Promise.all([eu, us].map((path) => engine.openOn({ path }, running())));
  const names = await Promise.all(both.map(({ session }) => session.rows<{ name: string }>("select name from place")));
  expect(names.flat().map((row) => row.name)).toEqual(["eu", "us"]);
  for (const { session, release } of both) {
    session.close();
    await release();
  }
});

test("a file that is being let go of is taken up again by those who come meanwhile", async () => {
  const path = await warehouse("one.duckdb", "one");
  for (let round = 0; round < 20; round++) {
    const { session, release } = await engine.openOn({ path }, running());
    session.close();
    const read = await Promise.all([release(), readOnce(path), readOnce(path)]);
    expect(read).toEqual([undefined, "one", "one"]);
  }
});

test("a file that cannot be opened is tried anew by the next one", async () => {
  const path = join(dir, "planner.duckdb");
  const failed = await Promise.allSettled([1, 2].map(() => engine.openOn({ path }, running())));
  for (const one of failed)
    expect(one).toMatchObject({ status: "rejected", reason: { code: "WAREHOUSE_UNREACHABLE" } });
  await warehouse("planner.duckdb", "late");
  expect(await readOnce(path)).toBe("late");
});
