// Proves that a lost memory is told from a first run (S25), and that `plan` on a fresh project leaves nothing behind.
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Project } from "../../../src/contract/project.ts";
import { openLook } from "../../../src/engine/open-ledger.ts";
import { type MemoryOptions, openMemory } from "../../../src/engine/open-memory.ts";
import { openPlanner } from "../../../src/planner/open-planner.ts";
import { fakeClock } from "../../contract/state/fake-clock.ts";
import { running } from "../delivery/samples.ts";
import { emptyProject } from "./empty-project.ts";

const clock = fakeClock();
let dir: string;
let project: Project;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "sluice-memory-"));
  project = emptyProject(dir);
});
afterEach(() => rm(dir, { recursive: true }));

async function openAndClose(mode: MemoryOptions["mode"]): Promise<boolean> {
  const { state, planner } = await openMemory({ project, clock, directories: [], mode }, running());
  await planner.close();
  await state?.close();
  return state !== null;
}

test("a first plan opens no state and leaves no file that tells of it; a first run makes both and a marker", async () => {
  expect(await openAndClose("plan")).toBe(false);
  const left = await readdir(dir, { recursive: true });
  expect(left.filter((name) => /state|planner/.test(name))).toEqual([]);
  expect(await openAndClose("run")).toBe(true);
  const marker = JSON.parse(await readFile(join(dir, "sluice.state.json"), "utf8"));
  expect(marker.environments).toHaveProperty("prod");
  expect(await openAndClose("run")).toBe(true);
  expect(await openAndClose("plan")).toBe(true);
});

test.each([
  ["the whole folder", [".sluice"]],
  ["the state", [".sluice/state.db"]],
  ["the planner", [".sluice/planner.duckdb"]],
])("%s is lost after a first run: stopped, with the way out, and nothing is made anew", async (_, paths) => {
  await openAndClose("run");
  for (const path of paths) await rm(join(dir, path), { recursive: true });
  // SQLite's side files go when the driver lets go of its last statement, which nobody here decides.
  const files = async () => (await readdir(dir, { recursive: true })).filter((name) => !/-(shm|wal)$/.test(name));
  const before = await files();
  for (const mode of ["run", "plan"] as const)
    await expect(openAndClose(mode)).rejects.toMatchObject({
      code: "STATE_MISSING",
      fix: expect.stringMatching(/backup/),
    });
  expect(await files()).toEqual(before);
});

test("another environment of the same project has a first run of its own", async () => {
  await openAndClose("run");
  const workDir = join(dir, ".sluice", "sandbox");
  project = {
    ...project,
    environment: "sandbox",
    workDir,
    stateFile: join(workDir, "state.db"),
  };
  expect(await openAndClose("run")).toBe(true);
  const marker = JSON.parse(await readFile(join(dir, "sluice.state.json"), "utf8"));
  expect(Object.keys(marker.environments).sort()).toEqual(["prod", "sandbox"]);
});

test("a process that died between making the planner and the state did not run: the next one starts afresh", async () => {
  const planner = await openPlanner(
    {
      file: join(project.workDir, "planner.duckdb"),
      workDir: project.workDir,
      projectDir: dir,
      directories: [],
      memoryLimitMb: 256,
      clock,
    },
    running(),
  );
  await planner.close();
  expect(await openAndClose("run")).toBe(true);
});

test("a marker that cannot be read is no first run", async () => {
  await writeFile(join(dir, "sluice.state.json"), "{");
  await expect(openAndClose("run")).rejects.toMatchObject({ code: "STATE_CORRUPT" });
});

test("commands that only look find nothing on a fresh project, and a loss where there was something", async () => {
  expect(await openLook(project, clock)).toBeNull();
  await openAndClose("run");
  const look = await openLook(project, clock);
  expect(await look?.syncs()).toEqual([]);
  await look?.close();
  await rm(join(dir, ".sluice"), { recursive: true });
  await expect(openLook(project, clock)).rejects.toMatchObject({ code: "STATE_MISSING" });
});

/** As a process leaves the state that died at work; `damage` tears a page that no opening reads. */
async function diedAtWork(damage: boolean): Promise<void> {
  const { state, planner } = await openMemory({ project, clock, directories: [], mode: "run" }, running());
  await planner.close();
  for (let i = 0; i < 60; i++) {
    const detail = `${i} ${"x".repeat(1_000)}`;
    await state?.audit({ at: i, who: "ann", act: "link", sync: null, run: null, detail });
  }
  await state?.acquire("people", "1@elsewhere", 60_000, () => false);
  await state?.close();
  if (!damage) return;
  const bytes = await readFile(project.stateFile);
  const text = bytes.indexOf("59 xxx");
  const page = Math.floor(text / 4_096) * 4_096;
  bytes.fill(0xff, page, page + 12);
  await writeFile(project.stateFile, bytes);
}

test("after a death the state looks through itself once; a torn page is told before anything is done", async () => {
  await diedAtWork(false);
  expect(await openAndClose("run")).toBe(true);
  const look = await openLook(project, clock);
  expect(await look?.setting("checked_after")).toBe("people 1 1@elsewhere");
  await look?.close();
  expect(await openAndClose("plan")).toBe(true);
});

test.each(["run", "plan"] as const)("a page that was torn by a death stops a %s, with the way out", async (mode) => {
  await diedAtWork(true);
  await expect(openAndClose(mode)).rejects.toMatchObject({
    code: "STATE_CORRUPT",
    fix: expect.stringContaining("sluice state restore"),
  });
});

test("what killed processes left in the scratch folder goes at the next start; a living one's stays", async () => {
  await openAndClose("run");
  const scratch = join(dir, ".sluice", "tmp");
  const dead = 2 ** 22 + 1;
  const names = [
    `plan-${dead}-1.parquet`,
    `plan-${dead}-1.parquet.aside`,
    `planner-${dead}.duckdb`,
    `plan-${process.pid}-9.parquet`,
  ];
  for (const name of names) await writeFile(join(scratch, name), "");
  await mkdir(join(dir, ".sluice", "plans"), { recursive: true });
  await writeFile(join(dir, ".sluice", "plans", "run.parquet.tmp"), "");
  await openAndClose("plan");
  expect(await readdir(scratch)).toEqual([`plan-${process.pid}-9.parquet`]);
  expect(await readdir(join(dir, ".sluice", "plans"))).toEqual([]);
});
