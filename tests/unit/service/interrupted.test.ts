// Proves that a run whose process died before it sent anything is asked for once more, that nothing follows from its first end, and
// that a sync which died too often is let go on by whoever insists.
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { newRunId } from "../../../src/core/run-id.ts";
import { runKey } from "../../../src/service/service-parts.ts";
import { aRun } from "../../contract/state/samples.ts";
import { crowd, PEOPLE_SYNC } from "../../e2e/people.ts";
import { type Rig, startRig } from "./rig.ts";

const LEASE_MS = 60_000;
let rig: Rig;

beforeAll(async () => {
  const later = { ...PEOPLE_SYNC, schedule: { after: { syncs: ["people"], on: "always" } } };
  rig = await startRig({ people: crowd(3), files: { "syncs/later.yml": later } });
});
afterAll(() => rig.close());

/** What a process leaves behind that is killed while it plans. */
async function diedPlanning(): Promise<string> {
  const attempt = await rig.state.acquire("people", "dead@elsewhere", LEASE_MS, () => false);
  if (!attempt.ok) throw new Error("the sync is busy");
  const nothing = {
    reason: null,
    counts: null,
    operations: {},
    guards: [],
    planRows: 0,
    endedAt: null,
    resumeAt: null,
  };
  const id = newRunId(Date.now(), Math.random);
  await rig.state.createRun(
    attempt.lease,
    aRun({ id, sync: "people", state: "planning", trigger: "schedule", ...nothing }),
  );
  await rig.state.renew(attempt.lease, 1);
  await delay(5);
  return id;
}

const runsOf = (sync: string) => rig.state.runs({ sync, limit: 9 });

it("goes on by itself; the syncs that come after start once, by the run that came to an end", async () => {
  const died = await diedPlanning();
  await rig.service.parts.bell.enqueue(runKey("people"));
  while ((await runsOf("later"))[0]?.endedAt == null) await delay(20);
  expect(await runsOf("people")).toMatchObject([
    { state: "succeeded", trigger: "schedule", created: 3 },
    { id: died, state: "failed", code: "INTERRUPTED" },
  ]);
  expect(await runsOf("later")).toMatchObject([{ state: "succeeded", trigger: "after people" }]);
});

it("a quarantined sync is left alone until somebody insists", async () => {
  const attempt = await rig.state.acquire("people", "test", LEASE_MS, () => true);
  if (!attempt.ok) throw new Error("the sync is busy");
  await rig.state.putDeaths(attempt.lease, { count: 3, run: "", answered: 0 });
  await rig.state.release(attempt.lease);
  expect(await rig.run("people", { wait: 30 })).toMatchObject({ state: "blocked", code: "QUARANTINED" });
  expect(await rig.run("people", { wait: 30, insist: true })).toMatchObject({ state: "succeeded" });
  expect(await rig.run("people", { wait: 30 })).toMatchObject({ state: "succeeded" });
  const audit = await rig.ask("GET", "/api/v1/audit?sync=people");
  expect(JSON.stringify(audit.body)).toContain("run, insisted");
});
