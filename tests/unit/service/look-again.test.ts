// Proves that an unfinished run which cannot go on yet is looked at again by itself, ever less often, until it ends; and that a run for
// which the day's calls ended before its plan begins anew when there may be more.
import { afterAll, beforeAll, expect, it } from "vitest";
import { Fault, type FaultCode, NO_HINTS } from "../../../src/contract/fault.ts";
import type { Action } from "../../../src/contract/run.ts";
import { PLAINLY, type RunPatch } from "../../../src/contract/state.ts";
import type { Workbench } from "../../../src/engine/workbench.ts";
import { advanceSync } from "../../../src/service/advance-sync.ts";
import { requestRun } from "../../../src/service/request-run.ts";
import type { ServiceParts } from "../../../src/service/service-parts.ts";
import { crowd } from "../../e2e/people.ts";
import { running } from "../delivery/samples.ts";
import { type Rig, startRig } from "./rig.ts";

const NOW = 1_900_000_000_000;
const SECOND = 1_000;
let rig: Rig;

beforeAll(async () => {
  rig = await startRig({ people: crowd(3) });
});
afterAll(() => rig.close());

/** A run whose last word was never written: killed in its very last moment, or paused. */
async function leftOpen(patch: RunPatch): Promise<string> {
  const { id } = await rig.run("people");
  const attempt = await rig.state.acquire("people", "test", 60_000, () => false);
  if (!attempt.ok) throw new Error("the sync is busy");
  await rig.state.patchRun(attempt.lease, id, { ...patch, endedAt: null });
  await rig.state.release(attempt.lease);
  return id;
}

/** The service with a clock that stands still at `now`, and a bench on which something is in the way. */
function blockedBy(parts: Partial<Workbench>, now = NOW): ServiceParts {
  const { parts: own } = rig.service;
  const current = own.live.current();
  const loaded = { ...current, bench: { ...current.bench, ...parts } };
  return {
    ...own,
    clock: { ...own.clock, now: () => now },
    live: { ...own.live, pin: () => ({ loaded, release: async () => undefined }) },
    // The service itself is not to hear of what is asked for here.
    bell: { ...own.bell, enqueue: async () => undefined },
    waits: new Map(),
  };
}

function throwing(code: FaultCode, hints = NO_HINTS) {
  return async () => {
    throw new Fault(code, "not now", { hints });
  };
}

const downIs = (code: FaultCode, hints = NO_HINTS): Partial<Workbench> => ({
  accounts: { open: throwing(code, hints), close: async () => undefined },
});

/** Somebody asks for a run; gives its id. */
async function ask(parts: ServiceParts, action: Action): Promise<string> {
  const sync = parts.live.current().project.syncs.get("people");
  if (sync === undefined) throw new Error("no sync");
  const wanted = { action, ...PLAINLY, who: "test", trigger: "test", key: null, cause: null };
  const requested = await requestRun(parts, sync, wanted);
  if (requested.kind !== "new") throw new Error(requested.kind);
  return requested.run.id;
}

it.each(["DESTINATION_UNREACHABLE", "DESTINATION_ANSWER", "THROTTLED"] as const)(
  "%s: again in 30 s, doubling to ten minutes, and from the start once it went on",
  async (code) => {
    const run = await leftOpen({ state: "writing" });
    const { waits } = rig.service.parts;
    const pauses: number[] = [];
    for (let now = NOW; pauses.length < 7; ) {
      const next = (await advanceSync({ ...blockedBy(downIs(code), now), waits }, "people", running())) ?? 0;
      pauses.push((next - now) / SECOND);
      now = next;
    }
    expect(pauses).toEqual([30, 60, 120, 240, 480, 600, 600]);
    expect(await rig.state.run(run)).toMatchObject({ state: "writing", code, reason: "cannot go on yet: not now" });
    expect(await advanceSync({ ...blockedBy({}), waits }, "people", running())).toBeNull();
    expect(await rig.state.run(run)).toMatchObject({ state: "succeeded", code: null, reason: null, resumes: 1 });
    expect(waits.size).toBe(0);
  },
);

it("a paused run whose time has come meets a warehouse that is held", async () => {
  const run = await leftOpen({ state: "paused", code: "QUOTA_SPENT", reason: "no calls", resumeAt: 1 });
  const parts = blockedBy({ warehouse: throwing("WAREHOUSE_BUSY") });
  expect(await advanceSync(parts, "people", running())).toBe(NOW + 30 * SECOND);
  expect(await rig.state.run(run)).toMatchObject({ state: "paused", reason: "no calls" });
  expect(await advanceSync(blockedBy({}), "people", running())).toBeNull();
  expect(await rig.state.run(run)).toMatchObject({ state: "succeeded" });
});

it("a vendor that says how long it wants to be left alone is left alone for so long", async () => {
  await leftOpen({ state: "writing" });
  const parts = blockedBy(downIs("THROTTLED", { ...NO_HINTS, retryAfterMs: 3_600_000 }));
  expect(await advanceSync(parts, "people", running())).toBe(NOW + 3_600_000);
  await advanceSync(blockedBy({}), "people", running());
});

it("what a person has to mend is left alone", async () => {
  const run = await leftOpen({ state: "writing" });
  expect(await advanceSync(blockedBy(downIs("AUTH_REFUSED")), "people", running())).toBeNull();
  expect(await rig.state.run(run)).toMatchObject({ state: "writing" });
  await advanceSync(blockedBy({}), "people", running());
});

it("who asks for a run meanwhile is told which run stays open, and a plan in between forgets no look", async () => {
  const run = await leftOpen({ state: "writing" });
  const parts = blockedBy(downIs("DESTINATION_UNREACHABLE"));
  const wanted = await ask(parts, "run");
  expect(await advanceSync(parts, "people", running())).toBe(NOW + 30 * SECOND);
  expect(await advanceSync(parts, "people", running()), "who asks in between puts nothing off").toBe(NOW + 30 * SECOND);
  expect(await rig.state.run(wanted)).toMatchObject({
    ...{ state: "failed", code: "DESTINATION_UNREACHABLE" },
    reason: `run ${run} cannot go on yet and stays open: not now`,
  });
  await ask(parts, "plan");
  expect(await advanceSync({ ...blockedBy({}), waits: parts.waits }, "people", running())).toBe(NOW + 30 * SECOND);
  rig.service.parts.waits.set("people", { looks: 1, nextAt: NOW });
  expect((await rig.ask("GET", "/api/v1/syncs/people")).body).toMatchObject({
    looks_again_at: new Date(NOW).toISOString(),
  });
  rig.service.parts.waits.clear();
  await advanceSync(blockedBy({}), "people", running());
});

it("where the day's calls end before there is a plan, it is begun again once there may be more", async () => {
  const parts = blockedBy(downIs("QUOTA_SPENT", { ...NO_HINTS, retryAfterMs: 1_800_000 }));
  const asked = await ask(parts, "resync");
  const again = await advanceSync(parts, "people", running());
  const ended = await rig.state.run(asked);
  const [next] = await rig.state.runs({ sync: "people", states: ["queued"], limit: 2 });
  expect(ended).toMatchObject({ state: "failed", code: "QUOTA_SPENT", reason: "not now; nothing was sent" });
  expect(ended?.resumeAt).toBe(again);
  expect(next).toMatchObject({ state: "queued", action: "resync", trigger: "test", resumeAt: again });
  const id = next?.id ?? "";
  // A ring before that time, and a plan that somebody wants meanwhile.
  expect(await advanceSync(blockedBy({}, (again ?? 0) - 1), "people", running())).toBe(again);
  expect(await rig.state.run(id)).toMatchObject({ state: "queued" });
  const plan = await ask(blockedBy({}), "plan");
  expect(await advanceSync(blockedBy({}, (again ?? 0) - 1), "people", running())).toBe(again);
  expect(await rig.state.run(plan)).toMatchObject({ state: "succeeded" });
  expect(await rig.state.run(id)).toMatchObject({ state: "queued" });
  expect(await advanceSync(blockedBy({}, again ?? 0), "people", running())).toBeNull();
  expect(await rig.state.run(id)).toMatchObject({ state: "succeeded", resumeAt: null });
});
