// Proves what only the embedded planner has: a file that one process holds, that keeps its owner's secrets, that outlives kills.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openPlanner } from "../../../src/planner/open-planner.ts";
import { fakeClock } from "../state/fake-clock.ts";
import { duckdbSubject } from "./duckdb-subject.ts";
import { rowsSql } from "./subject.ts";
import { syncOn } from "./sync.ts";

const HOLDER = join(import.meta.dirname, "holder.ts");
let subject: Awaited<ReturnType<typeof duckdbSubject>>;
beforeEach(async () => {
  subject = await duckdbSubject();
});
afterEach(() => subject.close());

const open = (signal = new AbortController().signal, clock = fakeClock()) =>
  openPlanner(
    {
      file: subject.file,
      workDir: join(subject.folder, "work"),
      projectDir: subject.folder,
      directories: [],
      memoryLimitMb: 256,
      clock,
    },
    signal,
  );

function start(act: string) {
  const child = spawn(process.execPath, ["--import", "tsx", HOLDER, subject.folder, act], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  return { child, lines: () => text.split("\n").slice(0, -1) };
}

async function killed({ child }: ReturnType<typeof start>): Promise<void> {
  child.kill("SIGKILL");
  await once(child, "close");
}

test("another process that needs the planner waits 30 s, then says PLANNER_BUSY and who holds it", async () => {
  await subject.planner.close();
  const holder = start("hold");
  await once(holder.child.stdout, "data");
  const clock = fakeClock();
  const before = clock.monotonicMs();
  const busy = await open(undefined, clock).catch((error: unknown) => error);
  expect(busy).toMatchObject({ code: "PLANNER_BUSY", message: expect.stringContaining(`${holder.child.pid}`) });
  expect(clock.monotonicMs() - before).toBeGreaterThanOrEqual(30_000);
  const stop = new AbortController();
  const sleepy = { ...fakeClock(), sleep: (_: number, signal: AbortSignal) => waitFor(signal, stop) };
  await expect(open(stop.signal, sleepy)).rejects.toThrow("enough");
  await killed(holder);
  await subject.restart();
  expect(await subject.planner.metas()).toEqual([]);
});

function waitFor(signal: AbortSignal, stop: AbortController): Promise<void> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
    stop.abort(new Error("enough"));
  });
}

test("a process killed while it plans leaves whole plans or none, and a planner that opens", async () => {
  await subject.planner.close();
  for (const afterMs of [40, 130, 260, 390]) {
    const planning = start("plan");
    await once(planning.child.stdout, "data");
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    await killed(planning);
    for (const line of planning.lines().slice(1)) {
      const [path = "", sha256] = line.split(" ");
      expect(
        createHash("sha256")
          .update(await readFile(path))
          .digest("hex"),
      ).toBe(sha256);
    }
    await subject.restart();
    const plans = await readdir(subject.plans).catch(() => []);
    for (const name of plans.filter((entry) => /^p\d+\.parquet$/.test(entry)))
      expect(await subject.planner.readPlan(join(subject.plans, name), 0, 3), name).toHaveLength(3);
    for (const meta of await subject.planner.metas()) expect(meta).toMatchObject({ sync: "people", epoch: 1 });
    await subject.planner.close();
  }
  await subject.restart();
});

test("a file that a newer version of Sluice wrote is refused and left as it is", async () => {
  await syncOn(subject).run(rowsSql({ id: "bigint" }, [["1"]]));
  await subject.planner.close();
  const instance = await DuckDBInstance.create(subject.file);
  const connection = await instance.connect();
  await connection.run("insert into planner_schema values (99)");
  connection.closeSync();
  instance.closeSync();
  await expect(open()).rejects.toMatchObject({ code: "STATE_MISMATCH", fix: expect.stringMatching(/upgrade Sluice/) });
  const again = await DuckDBInstance.create(subject.file);
  const other = await again.connect();
  await other.run("delete from planner_schema where version = 99");
  other.closeSync();
  again.closeSync();
  await subject.restart();
  expect(await subject.planner.metas()).toHaveLength(1);
});

test("a file that is no database is refused as corrupt, and not replaced", async () => {
  await subject.planner.close();
  const kept = await readFile(subject.file);
  const broken = Buffer.alloc(kept.length, "rubbish ");
  await writeFile(subject.file, broken);
  await expect(open()).rejects.toMatchObject({ code: "STATE_CORRUPT" });
  expect(await readFile(subject.file)).toEqual(broken);
  await writeFile(subject.file, kept);
  await subject.restart();
});

test("the file is its owner's alone", async () => {
  expect((await stat(subject.file)).mode & 0o077).toBe(0);
});

test("a plan in memory, for a project that never ran, leaves no file", async () => {
  const before = await readdir(subject.folder, { recursive: true });
  const planner = await openPlanner(
    {
      file: null,
      workDir: join(subject.folder, "work"),
      projectDir: subject.folder,
      directories: [],
      memoryLimitMb: 256,
      clock: fakeClock(),
    },
    new AbortController().signal,
  );
  expect(await planner.metas()).toEqual([]);
  await planner.close();
  expect((await readdir(subject.folder, { recursive: true })).filter((name) => !/^work\/tmp/.test(name))).toEqual(
    before.filter((name) => !/^work\/tmp/.test(name)),
  );
});

test("a file of an older shape is brought up to date with all it holds; a newer one is refused", async () => {
  const sync = syncOn(subject);
  const model = rowsSql({ id: "bigint", email: "text" }, [["1", "a@x.example"]]);
  await sync.run(model);
  await subject.planner.close();
  const raw = async (...statements: readonly string[]) => {
    const instance = await DuckDBInstance.create(subject.file);
    const connection = await instance.connect();
    for (const statement of statements) await connection.run(statement);
    connection.closeSync();
    instance.closeSync();
  };
  await raw("alter table meta drop column forward", "update planner_schema set version = 1");
  await subject.restart();
  expect((await subject.planner.metas())[0]).toMatchObject({ sync: sync.name, fields: ["id", "email"], forward: [] });
  expect((await sync.run(model)).rows).toEqual([]);
  await subject.planner.close();
  await raw("update planner_schema set version = 99");
  await expect(open()).rejects.toMatchObject({ code: "STATE_MISMATCH" });
  await raw("update planner_schema set version = 2");
  await subject.restart();
});

/** The planner's blocks that hold columns of the first snapshot; the catalogue's are others. */
async function snapshotBlocks(): Promise<number[]> {
  const instance = await DuckDBInstance.create(subject.file);
  const connection = await instance.connect();
  const reader = await connection.runAndReadAll(
    "select distinct block_id from pragma_storage_info('snapshot_1') where block_id >= 0",
  );
  const blocks = reader.getRows().map(([block]) => Number(block));
  connection.closeSync();
  instance.closeSync();
  return blocks;
}

test("damaged blocks are STATE_CORRUPT with the way out, for plans, checks and copies alike", async () => {
  const rows = Array.from({ length: 3_000 }, (_, id) => [String(id), `name ${id} ${"x".repeat(40)}`]);
  const model = rowsSql({ id: "bigint", name: "text" }, rows);
  const sync = syncOn(subject);
  await sync.run(model);
  await subject.restart();
  await subject.planner.close();
  const kept = await readFile(subject.file);
  const broken = Buffer.from(kept);
  const [headerBytes, blockBytes] = [12_288, 262_144];
  const blocks = await snapshotBlocks();
  expect(blocks).not.toEqual([]);
  for (const block of blocks) broken.fill(0xff, headerBytes + block * blockBytes, headerBytes + block * blockBytes + 8);
  await writeFile(subject.file, broken);
  await subject.restart();
  const corrupt = { code: "STATE_CORRUPT", fix: expect.stringContaining("sluice state restore") };
  await expect(sync.plan(model)).rejects.toMatchObject(corrupt);
  await expect(subject.planner.inspect(sync.name)).rejects.toMatchObject(corrupt);
  const copy = join(subject.folder, "work", "tmp", "copy.duckdb");
  await expect(subject.planner.copyTo(copy)).rejects.toMatchObject(corrupt);
  await subject.planner.close();
  await writeFile(subject.file, kept);
  await subject.restart();
  expect(await subject.planner.inspect(sync.name)).toMatchObject({ rows: 3_000 });
});

test("gives a whole copy of itself away, which opens as the planner does", async () => {
  const sync = syncOn(subject);
  await sync.run(rowsSql({ id: "bigint" }, [["1"], ["2"]]));
  const copy = join(subject.folder, "work", "tmp", "copy.duckdb");
  await subject.planner.copyTo(copy);
  await sync.run(rowsSql({ id: "bigint" }, [["1"], ["2"], ["3"]]));
  const metas = await subject.planner.metas();
  const engine = { workDir: join(subject.folder, "work"), projectDir: subject.folder, directories: [] };
  const copied = await openPlanner(
    { ...engine, file: copy, memoryLimitMb: 256, clock: fakeClock() },
    new AbortController().signal,
  );
  expect(await copied.metas()).toEqual(metas.map((meta) => ({ ...meta, generation: meta.generation - 1 })));
  expect(await copied.inspect(sync.name)).toEqual({ rows: 2, linked: 2, shared: 0 });
  await copied.close();
});
