// Proves what opening does with files that are missing, foreign, damaged, older or newer, and beside another process (S25).
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Libsql from "libsql";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { StateStore } from "../../../src/contract/state.ts";
import { openState } from "../../../src/state/open-state.ts";
import { fakeClock } from "../../contract/state/fake-clock.ts";
import { anAck, aReject, aRun } from "../../contract/state/samples.ts";

const clock = fakeClock();
let folder: string;
let file: string;
let stores: StateStore[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-open-"));
  file = join(folder, ".sluice", "state.db");
  stores = [];
});
afterEach(async () => {
  for (const store of stores) await store.close();
  await rm(folder, { recursive: true });
});

async function open(mode: "create" | "open" | "look"): Promise<StateStore> {
  const store = await openState({ file, mode, clock });
  stores.push(store);
  return store;
}

async function withSql(sql: string) {
  const db = new Libsql(file);
  db.exec(sql);
  db.close();
}

async function create() {
  await (await open("create")).close();
  stores.pop();
}

async function put(content: string | Buffer) {
  await mkdir(join(folder, ".sluice"), { recursive: true });
  await writeFile(file, content);
}

async function startRun(store: StateStore) {
  const attempt = await store.acquire("people", "a", 60_000, () => true);
  if (!attempt.ok) throw new Error("busy");
  await store.createRun(attempt.lease, aRun({ id: "r1" }));
  return attempt.lease;
}

describe("opening", () => {
  it("makes file and folder for their owner alone", async () => {
    await startRun(await open("create"));
    const modes = ["state.db", "state.db-wal", "state.db-shm", "."].map(async (name) => {
      return ((await stat(join(folder, ".sluice", name))).mode & 0o777).toString(8);
    });
    expect(await Promise.all(modes)).toEqual(["600", "600", "600", "700"]);
  });

  it.each(["open", "look"] as const)("never makes a missing file (%s)", async (mode) => {
    await expect(open(mode)).rejects.toMatchObject({
      code: "STATE_MISSING",
      fix: expect.stringContaining("sluice link"),
    });
    await expect(stat(file)).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("leaves a whole file behind when it is closed", async () => {
    const store = await open("create");
    await startRun(store);
    await store.close();
    stores.pop();
    await copyFile(file, join(folder, "copy.db"));
    file = join(folder, "copy.db");
    expect(await (await open("open")).run("r1")).toEqual(aRun({ id: "r1" }));
  });

  it("finds again what it kept, in every mode", async () => {
    const store = await open("create");
    await startRun(store);
    for (const mode of ["create", "open", "look"] as const) {
      expect(await (await open(mode)).run("r1")).toEqual(aRun({ id: "r1" }));
    }
  });

  it.each([
    ["a text file", "this is no database, but long enough to have a header of its own\n".repeat(20)],
    ["an empty file", ""],
    ["a cut header", "SQLite"],
  ])("refuses %s and leaves it as it is", async (_, content) => {
    await put(content);
    for (const mode of ["open", "look"] as const) {
      await expect(open(mode)).rejects.toMatchObject({ code: "STATE_CORRUPT", fix: expect.stringContaining("backup") });
    }
    if (content !== "") await expect(open("create")).rejects.toMatchObject({ code: "STATE_CORRUPT" });
    expect(await readFile(file, "utf8")).toBe(content);
  });

  it("finishes what a process began that died while creating", async () => {
    await put("");
    expect(await (await open("create")).syncs()).toEqual([]);
  });

  it("refuses another program's database", async () => {
    await put("");
    await withSql("create table things (id integer)");
    await expect(open("open")).rejects.toMatchObject({ code: "STATE_CORRUPT" });
    await expect(open("look")).rejects.toMatchObject({ code: "STATE_CORRUPT" });
  });

  it("reports damaged pages where it meets them", async () => {
    const store = await open("create");
    const lease = await startRun(store);
    const rejects = Array.from({ length: 3_000 }, (_, i) => aReject({ key: `key ${i}` }));
    await store.recordIntents(lease, [{ run: "r1", fromSeq: 0, toSeq: 0 }]);
    await store.acknowledge(lease, [
      { run: "r1", fromSeq: 0, toSeq: 0, acks: [anAck({})], notes: [], rejects, cured: [], aliases: [] },
    ]);
    await store.close();
    stores.pop();
    const bytes = await readFile(file);
    file = join(folder, ".sluice", "damaged.db");
    await put(bytes.fill(0xff, 4_096 * 8, bytes.length));
    const reading = async () => {
      const damaged = await open("open");
      for await (const _ of damaged.rejects("people"));
      await damaged.runs({ limit: 9 });
    };
    await expect(reading()).rejects.toMatchObject({ code: "STATE_CORRUPT" });
  });

  it("refuses a newer schema in every mode, and an older one where it only looks", async () => {
    await create();
    await withSql("insert into schema_version (version, at) values (999, 1)");
    for (const mode of ["create", "open", "look"] as const) {
      const fault = { code: "STATE_MISMATCH", message: expect.stringContaining("newer version") };
      await expect(open(mode)).rejects.toMatchObject(fault);
    }
    await withSql("delete from schema_version; insert into schema_version (version, at) values (0, 1)");
    await expect(open("look")).rejects.toMatchObject({
      code: "STATE_MISMATCH",
      message: expect.stringContaining("older"),
    });
  });

  it("does not break where two make it at once", async () => {
    const both = await Promise.all([open("create"), open("create"), open("create")]);
    for (const store of both) expect(await store.syncs()).toEqual([]);
  });

  it("says what the disk says", async () => {
    await writeFile(join(folder, ".sluice"), "a file where the folder should be");
    const fault = { code: "STATE_FAILED", message: expect.stringContaining("ENOTDIR"), fix: expect.any(String) };
    await expect(open("create")).rejects.toMatchObject(fault);
  });

  it.skipIf(process.getuid?.() === 0)("says what is wrong with the folder", async () => {
    await create();
    await chmod(join(folder, ".sluice"), 0o500);
    await expect(startRun(await open("open"))).rejects.toMatchObject({ code: "STATE_FAILED" });
    await chmod(join(folder, ".sluice"), 0o700);
  });
});

describe("looking beside a writer", () => {
  it("sees what is committed, also while a transaction is open, and cannot write", async () => {
    const writer = await open("create");
    const lease = await startRun(writer);
    const looking = await open("look");
    const other = new Libsql(file);
    other.exec("begin immediate; update run set state = 'failed'");
    expect(await looking.run("r1")).toMatchObject({ state: "planning" });
    other.exec("commit");
    other.close();
    expect(await looking.run("r1")).toMatchObject({ state: "failed" });
    await expect(looking.patchRun(lease, "r1", { state: "partial" })).rejects.toMatchObject({ code: "STATE_FAILED" });
    expect(await writer.run("r1")).toMatchObject({ state: "failed" });
  });

  // Else another process, the last with a lock as it believes, takes the WAL away under this one: what it commits is lost.
  it.runIf(process.platform === "linux")("keeps its lock where this process opens the file once more", async () => {
    await open("create");
    const { ino } = await stat(file);
    const locks = async () =>
      (await readFile("/proc/locks", "utf8"))
        .split("\n")
        .filter((line) => line.includes(` ${process.pid} `) && line.includes(`:${ino} `));
    expect(await locks()).toHaveLength(1);
    await open("look");
    expect(await locks()).toHaveLength(1);
  });

  it("waits for another process's transaction without blocking, then says so", async () => {
    const writer = await open("create");
    const other = new Libsql(file);
    other.exec("begin immediate");
    const waiting = writer.putSetting("a", "1");
    await new Promise((resolve) => setImmediate(resolve));
    other.exec("commit");
    await waiting;
    other.exec("begin immediate");
    await expect(writer.putSetting("a", "2")).rejects.toMatchObject({
      code: "STATE_FAILED",
      message: expect.stringContaining("locked"),
    });
    other.exec("rollback");
    other.close();
    expect(await writer.setting("a")).toBe("1");
  });
});

it("keeps row values out of error messages (S27)", async () => {
  const store = await open("create");
  await startRun(store);
  await withSql("drop table setting");
  const failure = await store.putSetting("secret name", "secret value").catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: "STATE_FAILED", message: expect.stringContaining("no such table") });
  expect(
    JSON.stringify([failure, String(failure), (failure as Error).stack, String((failure as Error).cause)]),
  ).not.toMatch(/secret/);
});
