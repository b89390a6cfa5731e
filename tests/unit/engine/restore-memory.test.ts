// Proves that a restore (S25) keeps out whoever works, carries over what must outlive it, deletes nothing, and finds a state elsewhere.
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Project } from "../../../src/contract/project.ts";
import type { StateStore } from "../../../src/contract/state.ts";
import { backupMemory } from "../../../src/engine/backup-memory.ts";
import { openLook } from "../../../src/engine/open-ledger.ts";
import { openMemory } from "../../../src/engine/open-memory.ts";
import { lookAtRestore, restoreMemory } from "../../../src/engine/restore-memory.ts";
import { verifyMemory } from "../../../src/engine/verify-memory.ts";
import { fakeClock } from "../../contract/state/fake-clock.ts";
import { running } from "../delivery/samples.ts";
import { emptyProject } from "./empty-project.ts";

const clock = fakeClock();
let dir: string;
let project: Project;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "sluice-restore-"));
  project = emptyProject(dir);
});
afterEach(() => rm(dir, { recursive: true }));

async function inMemory(work: (state: StateStore) => Promise<void>, backup?: string): Promise<void> {
  const { state, planner } = await openMemory({ project, clock, directories: [], mode: "run" }, running());
  if (state === null) throw new Error("no state");
  try {
    await work(state);
    if (backup !== undefined) await backupMemory(project, { state, planner }, join(dir, backup), clock);
  } finally {
    await planner.close();
    await state.close();
  }
}

/** The state knows the sync, and the planner has nothing of it yet. */
const nothing = async (): Promise<void> => {};
const restoring = (isDead = (_: string) => false) =>
  restoreMemory({ project, clock, who: "ann", isDead }, join(dir, "backup"), running());

test("what was forgotten since, and how long a vendor wants to be left alone, outlive a restore", async () => {
  await inMemory(nothing, "backup");
  const person = { sync: null, trait: "lower", hash: "aa", salt: "bb", at: 7 } as const;
  await inMemory((state) => state.putForgotten([person]));
  await restoring();
  const look = await openLook(project, clock);
  expect(await look?.forgotten()).toEqual([person]);
  expect(await look?.inspect("full")).toEqual([]);
  await look?.close();
  const { findings } = await verifyMemory({ project, clock, clean: false }, running());
  expect(findings.filter(({ verdict }) => verdict === "wrong")).toEqual([]);
  expect(findings).toContainEqual(expect.objectContaining({ what: "restores", verdict: "warning" }));
});

test("waits for nobody who holds a lease: it is refused, unless that process is dead", async () => {
  await inMemory(nothing, "backup");
  await inMemory(async (state) => void (await state.acquire("people", "1@here", 60_000, () => false)));
  const before = await filesThere();
  await expect(restoring()).rejects.toMatchObject({ code: "SYNC_BUSY" });
  expect(await filesThere()).toEqual(before);
  await restoring(() => true);
});

test("a state outside the project's own folder goes aside where it is, and is put back there", async () => {
  project = { ...project, stateFile: join(dir, "elsewhere", "state.db") };
  await inMemory((state) => state.putSetting("day", "1"), "backup");
  await inMemory((state) => state.putSetting("day", "2"));
  const { aside } = await restoring();
  const look = await openLook(project, clock);
  expect(await look?.setting("day")).toBe("1");
  await look?.close();
  expect(await readdir(dirname(project.stateFile))).toContain(`state.db.${aside.split("/").at(-1)}`);
  expect(await readdir(aside)).toContain("planner.duckdb");
});

test("a look changes nothing, also where the present state cannot be read", async () => {
  await inMemory(nothing, "backup");
  await rm(project.stateFile);
  const before = await filesThere();
  const found = await lookAtRestore({ project, clock }, join(dir, "backup"));
  expect(found).toMatchObject({ replaces: true, syncs: [] });
  expect(await filesThere()).toEqual(before);
  await restoring();
  expect(await readdir(project.workDir)).toEqual(expect.arrayContaining(["planner.duckdb", "state.db"]));
});

/** Without SQLite's side files: the driver lets go of them when its statements are collected, whenever that is. */
async function filesThere(): Promise<readonly string[]> {
  return (await readdir(dir, { recursive: true })).filter((name) => !/-(shm|wal)$/.test(name)).sort();
}
