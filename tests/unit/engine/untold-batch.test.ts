// Proves that planned = applied + skipped + transferred + rejected + deferred + cancelled also where answers came home and could not be
// written down: their rows are deferred, in doubt, and settled by the next run.
import { afterAll, beforeAll, expect, it } from "vitest";
import { Fault } from "../../../src/contract/fault.ts";
import type { StateStore } from "../../../src/contract/state.ts";
import { CHANGES_ONLY } from "../../../src/engine/plan-sync.ts";
import { runSync } from "../../../src/engine/run-sync.ts";
import { crowd } from "../../e2e/people.ts";
import { running } from "../delivery/samples.ts";
import { type Rig, startRig } from "../service/rig.ts";

const PEOPLE = 1_000;
const LOCKED = "the database is locked";
let rig: Rig;

beforeAll(async () => {
  rig = await startRig({ people: crowd(PEOPLE), settings: { defaults: { guards: "off" } } });
});
afterAll(() => rig.close());

async function run(state: Partial<StateStore>) {
  const { live } = rig.service.parts;
  const { bench, project } = live.current();
  const sync = project.syncs.get("people");
  if (sync === undefined) throw new Error("no sync");
  const how = { trigger: "test", who: "test", approve: false, insists: false, aim: CHANGES_ONLY, holder: "9@test" };
  const tools = { isDead: () => false, onProgress: () => undefined, onRecovered: () => undefined };
  const options = { ...how, ...tools, planTurn: <T>(work: () => Promise<T>) => work() };
  return (await runSync(bench, { ...rig.state, ...state }, sync, options, running())).run;
}

it.each([
  ["never were", false],
  ["were, and nobody heard of it", true],
])("answers that %s written down", async (_, isWritten) => {
  let written = 0;
  const acknowledge: StateStore["acknowledge"] = async (lease, answers) => {
    if (++written !== 2) return rig.state.acknowledge(lease, answers);
    if (isWritten) await rig.state.acknowledge(lease, answers);
    throw new Fault("STATE_FAILED", LOCKED);
  };
  await rig.write({ "people.json": crowd(PEOPLE).map((one) => ({ ...one, city: isWritten ? "Bergen" : "Oslo" })) });
  const ended = await run({ acknowledge });
  expect(ended).toMatchObject({ state: "failed", code: "STATE_FAILED", reason: LOCKED, planRows: PEOPLE });
  const counts = Object.values(ended.operations);
  const told = counts.map((one) => one.applied + one.skipped + one.transferred + one.rejected + one.deferred);
  expect(told.reduce((sum, rows) => sum + rows, 0)).toBe(PEOPLE);
  if (!isWritten) expect(counts[0]?.deferred).toBeGreaterThan(0);
  const { planRows, ...next } = await run({});
  expect(next).toMatchObject({ state: "succeeded" });
  expect(planRows).toBe(counts[0]?.deferred);
  expect(await rig.portal.dump()).toHaveLength(PEOPLE);
});
