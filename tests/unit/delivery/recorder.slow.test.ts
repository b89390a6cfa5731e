// Proves "nothing lost, nothing doubled": with the real planner and the real state, a crash between any two steps of a run
// is recovered, however often recovery itself is repeated.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CompiledField } from "../../../src/contract/mapping.ts";
import type { Planner } from "../../../src/contract/planner.ts";
import type { Project } from "../../../src/contract/project.ts";
import type { Lease, StateStore } from "../../../src/contract/state.ts";
import type { Column } from "../../../src/contract/value.ts";
import { deliver } from "../../../src/delivery/deliver.ts";
import { openRecorder } from "../../../src/delivery/recorder.ts";
import { newTally } from "../../../src/delivery/tally.ts";
import { giveUpRuns } from "../../../src/engine/give-up-run.ts";
import type { Workbench } from "../../../src/engine/workbench.ts";
import { openPlanner } from "../../../src/planner/open-planner.ts";
import { openState } from "../../../src/state/open-state.ts";
import { fakeClock } from "../../contract/state/fake-clock.ts";
import { aRun } from "../../contract/state/samples.ts";
import { ALONE, ANY_OBJECT, aSync, running } from "./samples.ts";
import { scriptedDestination } from "./scripted-destination.ts";

const clock = fakeClock();
let folder: string;
let planner: Planner;
let state: StateStore;
let number = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-recorder-"));
  const engine = { workDir: folder, projectDir: folder, directories: [], memoryLimitMb: 256, clock };
  planner = await openPlanner({ ...engine, file: join(folder, "planner.duckdb") }, running());
  state = await openState({ file: join(folder, "state.db"), mode: "create", clock });
});
afterAll(async () => {
  await planner.close();
  await state.close();
  await rm(folder, { recursive: true });
});

const text = (name: string): Column => ({ name, type: "text", nativeType: "VARCHAR", zoned: false, isList: false });
const field = (name: string): CompiledField => ({
  field: name,
  type: "text",
  from: { column: text(name) },
  timezone: null,
  options: null,
  maxLength: null,
  onNull: "clear_ours",
  onBlank: "as_null",
});

type World = ReturnType<typeof scriptedDestination>;
type Rows = Readonly<Record<string, string>>;

/** Plans these rows for a sync and commits the plan as a run does. */
async function commitPlan(sync: string, rows: Rows, lease: Lease, world: World) {
  const run = `run_${number++}`;
  const path = join(folder, "plans", `${run}.parquet`);
  const values = Object.entries(rows).map(([key, name]) => `('${key}', '${name}')`);
  const session = await planner.plan({
    sync,
    model: "people",
    account: sync,
    object: "contacts",
    local: { path: null },
    sql: `select * from (values ${values.length === 0 ? "('', '')" : values.join(", ")}) t(ext, name) where ext <> ''`,
    mapping: {
      primaryKey: [text("ext")],
      fields: [field("ext"), field("name")],
      match: [[{ field: "ext", column: text("ext"), matchForm: "exact" }]],
      sendTogether: [],
    },
    write: "upsert",
    onRemoved: { kind: "archive" },
    onRemovedAdopted: { kind: "none" },
    onDuplicateMatch: { policy: "reject" },
    onMissingRecord: "rematch",
    resend: false,
    keysOnly: false,
    forwardOnly: false,
    keepsRemovals: false,
    suppress: { list: null, forgotten: [] },
    rejects: state.rejects(sync),
    nowMs: clock.now(),
    recheckUnmatchedMs: 86_400_000,
  });
  await session.stage(running());
  for (const row of await session.unlinked(0, 1_000)) {
    const [found] = [...world.records].filter(([, fields]) => fields["ext"] === row.key);
    if (found !== undefined)
      await session.link([{ key: row.key, entry: 0, remoteId: found[0], present: found[1] }], []);
  }
  await session.build(true, running());
  const file = await session.write(path, running());
  await state.createRun(lease, aRun({ id: run, sync, state: "planning", endedAt: null }));
  await session.commit(lease.epoch);
  await session.close();
  await state.patchRun(lease, run, { state: "writing", planSha256: file.sha256, planRows: file.rows });
  return { run, file };
}

/** The n-th call of these steps, over the whole run, throws: before it takes effect, or after. */
type Crash = {
  readonly step: "intent" | "send" | "acknowledge" | "accept" | "doubt" | "fold";
  readonly nth: number;
  readonly after: boolean;
};

function crashing<T extends object>(
  subject: T,
  steps: Partial<Record<keyof T, Crash["step"]>>,
  crash: Crash,
  seen: { count: number; dead: boolean },
): T {
  return new Proxy(subject, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return async (...args: unknown[]) => {
        if (seen.dead) throw new Error("the process is gone");
        const isHit = steps[name as keyof T] === crash.step && seen.count++ === crash.nth;
        if (isHit && !crash.after) seen.dead = true;
        if (seen.dead) throw new Error("crash");
        const answer = await Reflect.apply(value, target, args);
        if (isHit) seen.dead = true;
        if (seen.dead) throw new Error("crash");
        return answer;
      };
    },
  });
}

const NO_CRASH: Crash = { step: "intent", nth: -1, after: false };

/** Sends a plan; where it crashes, everything the process knew is gone. */
async function send(
  sync: string,
  lease: Lease,
  world: World,
  plan: Awaited<ReturnType<typeof commitPlan>>,
  crash: Crash,
) {
  const seen = { count: 0, dead: false };
  const deadState = crashing(
    state,
    { recordIntents: "intent", acknowledge: "acknowledge", foldAccepted: "fold" },
    crash,
    seen,
  );
  const deadPlanner = crashing(planner, { accept: "accept", markInDoubt: "doubt" }, crash, seen);
  const destination = crashing(world.destination, { write: "send" }, crash, seen);
  const recorder = openRecorder({
    state: deadState,
    planner: deadPlanner,
    lease,
    run: plan.run,
    plan: plan.file.path,
    account: "portal",
    object: "contacts",
    clock,
    tally: newTally(),
    rejectHash: (row) => row.hash,
  });
  await deliver(
    {
      sync: aSync({ name: sync }),
      object: ANY_OBJECT,
      destination,
      recorder,
      readPlan: (from, to) => planner.readPlan(plan.file.path, from, to),
      ranges: [{ fromSeq: 0, toSeq: plan.file.rows - 1, mayHaveLanded: false }],
      aliases: async () => new Map(),
      holdersOf: async () => ({ own: new Map(), others: new Map() }),
      ownersOf: async () => new Map(),
      acknowledged: async () => null,
      claims: new Map(),
      neighbours: ALONE,
      check: () => null,
      onProgress: () => undefined,
    },
    running(),
  );
  await recorder.accept().catch(() => undefined);
  if (!seen.dead) await state.patchRun(lease, plan.run, { state: "succeeded" });
  return seen.dead;
}

async function leaseOn(sync: string): Promise<Lease> {
  const attempt = await state.acquire(sync, `process_${number++}`, 60_000, () => true);
  if (!attempt.ok) throw new Error("the lease is taken");
  return attempt.lease;
}

async function recover(lease: Lease): Promise<void> {
  await giveUpRuns({ project: { workDir: folder } as Project, clock, planner } as unknown as Workbench, state, lease);
}

const FIRST: Rows = { a: "1", b: "1", c: "1", d: "1", e: "1" };
const SECOND: Rows = { a: "2", b: "1", c: "2", f: "2" };

/** Two runs, the second of which crashes; recovery; the model goes `onwards`; a last run. */
async function story(crash: Crash, onwards: Rows, lostSends: boolean): Promise<void> {
  const sync = `sync_${number++}`;
  const lost = { is: false };
  const world = scriptedDestination(
    {
      write: (write, batch) => {
        if (!lost.is) return undefined;
        world.carryOut(write, batch.operation);
        return { kind: "unknown", reason: "reply lost" };
      },
    },
    { batchSize: 2, concurrency: 2 },
  );
  const first = await leaseOn(sync);
  expect(await send(sync, first, world, await commitPlan(sync, FIRST, first, world), NO_CRASH)).toBe(false);
  const second = await leaseOn(sync);
  const plan = await commitPlan(sync, SECOND, second, world);
  lost.is = lostSends;
  await send(sync, second, world, plan, crash);
  lost.is = false;
  for (let again = 0; again < 2; again++) {
    const lease = await leaseOn(sync);
    // The first recovery dies as well, right before its last word: the run is found open once more.
    await recover(lease);
    if (again === 0) await state.patchRun(lease, plan.run, { state: "writing" });
  }
  const third = await leaseOn(sync);
  const settled = await commitPlan(sync, onwards, third, world);
  await send(sync, third, world, settled, NO_CRASH);
  const records = [...world.records.values()].sort((x, y) => `${x["ext"]}`.localeCompare(`${y["ext"]}`));
  const known = records.filter(({ ext }) => ext !== "f" || "f" in onwards);
  expect(known, "the destination is the model").toEqual(Object.entries(onwards).map(([ext, name]) => ({ ext, name })));
  expect(new Set(records.map(({ ext }) => ext)).size, "no record twice").toBe(records.length);
  const last = await commitPlan(sync, onwards, await leaseOn(sync), world);
  expect(last.file.rows, "nothing is left to send").toBe(0);
  for (const key of Object.keys(onwards)) expect(await planner.entry(sync, key)).toMatchObject({ isInDoubt: false });
}

const MOMENTS = { intent: [0, 1], send: [0, 1], acknowledge: [0, 1], accept: [0], doubt: [0], fold: [0] } as const;
const CRASHES: readonly Crash[] = Object.entries(MOMENTS).flatMap(([step, moments]) =>
  moments.flatMap((nth) => [false, true].map((after) => ({ step: step as Crash["step"], nth, after }))),
);

describe.each([
  ["the model stays", SECOND],
  ["the model goes back", FIRST],
  ["the model empties", { b: "1" }],
] as const)("after a crash %s:", (_, onwards) => {
  test.each(CRASHES)("%o", { timeout: 60_000 }, async (crash) => {
    await story(crash, onwards, false);
  });

  test("every answer of the run was lost, no crash", { timeout: 60_000 }, () => story(NO_CRASH, onwards, true));
  test("every answer was lost, and it crashed before the doubt was marked", { timeout: 60_000 }, () =>
    story({ step: "doubt", nth: 0, after: false }, onwards, true),
  );
});
