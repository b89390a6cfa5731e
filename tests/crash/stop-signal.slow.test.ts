// Proves that SIGTERM in mid-run leaves nothing on its way and nobody's lease, ends in time, and costs nothing.
import { join } from "node:path";
import { expect, it } from "vitest";
import { openState } from "../../src/state/open-state.ts";
import { systemClock } from "../../src/wire.ts";
import type { RunDocument } from "./check-memory.ts";
import { stageMaker } from "./stage.ts";
import { targetOf } from "./targets.ts";

const newStage = stageMaker();
const ROWS = 4_000;
const IN_TIME_MS = 20_000;

it.each(["hubspot", "salesforce"] as const)("%s", async (vendor) => {
  const stage = await newStage({ target: targetOf(vendor, "upsert"), rows: ROWS });
  await stage.slow(300);
  const running = stage.start();
  await stage.written(3, running);
  const stoppedAt = performance.now();
  running.child.kill("SIGTERM");
  const ended = await running.ended;
  expect(performance.now() - stoppedAt).toBeLessThan(IN_TIME_MS);
  expect(ended).toMatchObject({ status: 130, signal: null });
  const { run } = JSON.parse(ended.stdout) as { run: RunDocument };
  expect(run).toMatchObject({ state: "cancelled", code: "CANCELLED" });

  // Every write that arrived was answered, and its answer recorded; what had not gone out was let go.
  const writes = await stage.writes();
  expect(writes.every(({ status }) => status === 200 || status === 201 || status === 207)).toBe(true);
  const sent = writes.reduce((sum, { rows }) => sum + rows, 0);
  expect(run.operations).toMatchObject({ upsert: { applied: sent, cancelled: ROWS - sent } });
  const file = join(stage.project.dir, ".sluice/state.db");
  const state = await openState({ file, mode: "look", clock: systemClock() });
  expect((await state.batches(run.id)).filter((batch) => batch.state === "sent")).toEqual([]);
  expect(await state.holder("people")).toBe(null);
  await state.close();

  await stage.slow(null);
  expect(await stage.run()).toMatchObject({ status: 0, run: { state: "succeeded", planned: ROWS - sent } });
  expect(await stage.faults()).toEqual([]);
});

it("before anything was sent: cancelled, and nothing was", async () => {
  const stage = await newStage({ target: targetOf("hubspot", "insert"), rows: 500 });
  const points = stage.start();
  points.child.kill("SIGTERM");
  const ended = await points.ended;
  // So early it may not listen yet, and is then ended by the signal itself.
  expect(ended.signal ?? ended.status).toSatisfy((end: unknown) => end === "SIGTERM" || end === 130);
  expect(await stage.writes()).toEqual([]);
  expect(await stage.run()).toMatchObject({ status: 0, run: { created: 500 } });
  expect(await stage.faults()).toEqual([]);
});
