// Proves that the harness still knows every transaction of a run, and that a process dies exactly where it was told.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openState } from "../../src/state/open-state.ts";
import { systemClock } from "../../src/wire.ts";
import { LIFE_OF_A_RUN } from "./point-menu.ts";
import { type Stage, stageMaker } from "./stage.ts";
import { targetOf } from "./targets.ts";

const newStage = stageMaker();
const BATCH = 100;
const ROWS = 3 * BATCH;

async function batchStates(stage: Stage): Promise<string[]> {
  const file = join(stage.project.dir, ".sluice/state.db");
  const state = await openState({ file, mode: "look", clock: systemClock() });
  const [run] = await state.runs({ limit: 1 });
  const batches = run === undefined ? [] : await state.batches(run.id);
  await state.close();
  return batches.map((batch) => batch.state);
}

async function diesAt(point: string): Promise<Stage> {
  const stage = await newStage({ target: targetOf("hubspot", "upsert"), rows: ROWS });
  await stage.slow(60);
  expect(await stage.startWithPoints({ CRASH_POINT: point }).ended).toMatchObject({ signal: "SIGKILL" });
  return stage;
}

it("a run passes every point that the harness counts on, and a run that is told none ends well", async () => {
  const stage = await newStage({ target: targetOf("salesforce", "insert"), rows: 500 });
  const trace = join(stage.project.dir, "trace.log");
  expect(await stage.startWithPoints({ CRASH_TRACE: trace }).ended).toMatchObject({ status: 0 });
  const passed = new Set(readFileSync(trace, "utf8").split("\n"));
  expect(LIFE_OF_A_RUN.filter((call) => !passed.has(call))).toEqual([]);
  expect(await stage.faults()).toEqual([]);
});

it("before its first write, intents stand and nothing was sent", async () => {
  const stage = await diesAt("destination.write:before:1");
  expect(await stage.writes()).toEqual([]);
  expect(await batchStates(stage)).toEqual(["sent", "sent", "sent"]);
});

it("with a write unanswered, the vendor has what nobody recorded", async () => {
  const stage = await diesAt("destination.write:unanswered:3");
  await expect.poll(async () => (await stage.writes()).length).toBeGreaterThan(0);
  expect(await batchStates(stage)).toEqual(["sent", "sent", "sent"]);
});

/** Names of the finished plans; what is being written has another ending. */
function plans(stage: Stage): string[] {
  const folder = join(stage.project.dir, ".sluice/plans");
  return existsSync(folder) ? readdirSync(folder).filter((name) => /^[^.]+\.parquet$/.test(name)) : [];
}

it.each([
  // Renames of a first run: the marker beside sluice.yml, the list of invalid rows, the plan.
  ["before the plan's file stands under its name, there is no plan", "file.rename:before:3", 0],
  ["with the plan's file in its place and not yet committed, nobody goes by it", "session.commit:before:1", 1],
])("%s: no intent, no write, and the next start sends all", async (_, point, finished) => {
  const stage = await diesAt(point);
  expect(plans(stage)).toHaveLength(finished);
  expect(await batchStates(stage)).toEqual([]);
  expect(await stage.writes()).toEqual([]);
  // A rename that never happened left what it was to rename: the point is where its name says.
  const aside = readdirSync(join(stage.project.dir, ".sluice/tmp")).filter((name) => name.startsWith("plan-"));
  expect(aside).toHaveLength(1 - finished);

  expect(await stage.run()).toMatchObject({ status: 0, run: { planned: ROWS, created: ROWS } });
  expect(await stage.faults()).toEqual([]);
});
