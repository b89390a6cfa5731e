// Proves that a process frozen for longer than its lease keeps others out by its lock, and does no harm when it wakes up.
import { createRequire } from "node:module";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, it } from "vitest";
import { keepLease } from "../../src/engine/keep-lease.ts";
import { openState } from "../../src/state/open-state.ts";
import { fastClock, fastClockText } from "./fast-clock.ts";
import { type Document, type Stage, stageMaker } from "./stage.ts";
import type { Running } from "./start-program.ts";
import { targetOf } from "./targets.ts";

const newStage = stageMaker();

const ROWS = 4_000;
const SPEED = 30;
/** Batches that are with HubSpot at once. */
const ROUND = 8;
/** Longer than a lease, by the fast clock. */
const FREEZE_MS = (keepLease.forMs + 10_000) / SPEED;

/** A run that is stopped by the system after some of its writes; what was on its way has been answered. */
async function frozenRun(clock: string): Promise<{ stage: Stage; running: Running }> {
  const stage = await newStage({ target: targetOf("hubspot", "upsert"), rows: ROWS });
  await stage.slow(150);
  const running = stage.startWithPoints({ CRASH_CLOCK: clock });
  await stage.written(3, running);
  running.child.kill("SIGSTOP");
  // Whoever is frozen in the middle of a transaction keeps the state's own lock as well: that is another story.
  for (; !isStateFree(stage); running.child.kill("SIGSTOP")) {
    running.child.kill("SIGCONT");
    await delay(5);
  }
  await delay(300);
  await stage.sandbox.control("DELETE", "requests");
  return { stage, running };
}

function isStateFree(stage: Stage): boolean {
  const Database = createRequire(import.meta.url)("libsql") as new (file: string) => Sqlite;
  const db = new Database(stateFile(stage));
  try {
    db.exec("begin immediate");
    db.exec("rollback");
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === "SQLITE_BUSY") return false;
    throw error;
  } finally {
    db.close();
  }
}
type Sqlite = { exec(sql: string): unknown; close(): void };

const stateFile = (stage: Stage): string => join(stage.project.dir, ".sluice/state.db");

/** By the same clock: what it wrote down lies in the machine's future. */
async function comesRight(stage: Stage, clock: string): Promise<void> {
  await stage.slow(null);
  const run = async (): Promise<object> => {
    const ended = await stage.startWithPoints({ CRASH_CLOCK: clock }).ended;
    return { ...ended, ...(JSON.parse(ended.stdout) as Document) };
  };
  expect(await run()).toMatchObject({ status: 0, run: { state: "succeeded" } });
  expect(await run()).toMatchObject({ status: 0, run: { planned: 0 } });
  expect(await stage.faults()).toEqual([]);
}

it("another process is told who has the project; awake again, the first one stops or goes on, and nothing is wrong", async () => {
  const clock = fastClockText(SPEED);
  const { stage, running } = await frozenRun(clock);
  const frozen = delay(FREEZE_MS);
  const other = await stage.startWithPoints({ CRASH_CLOCK: clock }).ended;
  expect(other.status).toBe(4);
  expect(JSON.parse(other.stdout)).toMatchObject({ error: { code: "PLANNER_BUSY" } });
  expect(other.stderr).toContain(`process ${running.child.pid}`);
  await frozen;
  expect(await stage.writes()).toEqual([]);

  running.child.kill("SIGCONT");
  const ended = await running.ended;
  expect(ended.signal).toBe(null);
  if (ended.status !== 0) expect(ended.stdout + ended.stderr).toContain("LEASE_LOST");
  await comesRight(stage, clock);
});

it("a worker that took the lease over meanwhile: awake again, the first one notices and stops", async () => {
  const clock = fastClockText(SPEED);
  const { stage, running } = await frozenRun(clock);
  await delay(FREEZE_MS);
  // Sluice itself would need the planner's lock for it; the lease in the state is what the next worker goes by.
  const file = stateFile(stage);
  const state = await openState({ file, mode: "open", clock: fastClock(clock) });
  const taken = await state.acquire("people", "worker@elsewhere", 3_600_000, () => false);
  expect(taken).toMatchObject({ ok: true });
  await state.close();

  running.child.kill("SIGCONT");
  const ended = await running.ended;
  expect(ended).toMatchObject({ status: 1, signal: null });
  expect(ended.stdout + ended.stderr).toContain("LEASE_LOST");
  // Frozen between its last look at the lease and the socket, a round that was on its way goes out on waking; no further one does.
  expect((await stage.writes()).length).toBeLessThanOrEqual(ROUND);
  const back = await openState({ file, mode: "open", clock: fastClock(clock) });
  if (taken.ok) await back.release(taken.lease);
  await back.close();
  await comesRight(stage, clock);
});
