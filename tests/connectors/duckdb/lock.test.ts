// Proves that a file which another process writes to is waited for, and that the process is named in the end.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openWarehouse } from "../../../connectors/duckdb/warehouse.ts";
import type { Clock } from "../../../src/contract/clock.ts";

const WRITER = `
  const { DuckDBInstance } = require(process.argv[1]);
  DuckDBInstance.create(process.argv[2]).then(async (instance) => {
    const connection = await instance.connect();
    await connection.run("create table people as select 1 as id");
    process.stdin.once("data", () => { connection.closeSync(); instance.closeSync(); process.exit(0); });
    process.stdout.write("ready");
  });`;

let projectDir: string;
let writer: ChildProcess;

beforeEach(async () => {
  projectDir = await realpath(await mkdtemp(join(tmpdir(), "sluice-lock-")));
  const client = createRequire(import.meta.url).resolve("@duckdb/node-api");
  writer = spawn(process.execPath, ["-e", WRITER, client, join(projectDir, "shop.duckdb")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  if (writer.stdout !== null) await once(writer.stdout, "data");
});
afterEach(async () => {
  writer.kill("SIGKILL");
  await rm(projectDir, { recursive: true });
});

/** Each pause takes no time but moves the clock; `onSleep` happens instead. */
function skippingClock(onSleep: (sleeps: number) => Promise<void>): Clock & { slept: () => number } {
  let nowMs = 0;
  let sleeps = 0;
  return {
    now: () => nowMs,
    monotonicMs: () => nowMs,
    sleep: async (ms, signal) => {
      signal.throwIfAborted();
      nowMs += ms;
      await onSleep(++sleeps);
    },
    slept: () => nowMs,
  };
}

it("gives up after 30 s and names the process", async () => {
  const clock = skippingClock(async () => {});
  const warehouse = await openWarehouse({ path: "shop.duckdb" }, { connection: "shop", projectDir, clock });
  await expect(warehouse.check(new AbortController().signal)).rejects.toMatchObject({
    code: "WAREHOUSE_BUSY",
    message: expect.stringContaining(`process ${writer.pid} `),
  });
  expect(clock.slept()).toBe(30_000);
  await warehouse.close();
});

it("reads as soon as the writer is done, and stops waiting when it is told to", async () => {
  const clock = skippingClock(async (sleeps) => {
    if (sleeps !== 3) return;
    writer.stdin?.write("end");
    await once(writer, "exit");
  });
  const warehouse = await openWarehouse({ path: "shop.duckdb" }, { connection: "shop", projectDir, clock });
  await expect(warehouse.check(AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough");
  expect(await warehouse.check(new AbortController().signal)).toMatch(/1 tables/);
  await warehouse.close();
});
