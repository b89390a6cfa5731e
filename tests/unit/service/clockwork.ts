import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { connectors } from "../../../connectors/index.ts";
import type { News } from "../../../src/alerts/news.ts";
import { loadProject } from "../../../src/config/load-project.ts";
import type { Ring } from "../../../src/contract/doorbell.ts";
import type { Planner } from "../../../src/contract/planner.ts";
import type { Project } from "../../../src/contract/project.ts";
import type { RunRecord, RunState } from "../../../src/contract/run.ts";
import type { ServiceStore } from "../../../src/contract/service.ts";
import type { StateStore } from "../../../src/contract/state.ts";
import { queuedRun } from "../../../src/engine/new-run.ts";
import { openWorkbench } from "../../../src/engine/workbench.ts";
import { announceRun, announceUntold } from "../../../src/service/announce-run.ts";
import { openEmbeddedDoorbell } from "../../../src/service/embedded-doorbell.ts";
import { openEvents, type ServiceEvent } from "../../../src/service/events.ts";
import { fireSync } from "../../../src/service/fire-sync.ts";
import { type Loaded, openLiveProject } from "../../../src/service/live-project.ts";
import { openLull } from "../../../src/service/lull.ts";
import { planStarts } from "../../../src/service/plan-starts.ts";
import { FIRES, NO_TRACES, RUNS, type ServiceParts, syncOfKey } from "../../../src/service/service-parts.ts";
import { openState } from "../../../src/state/open-state.ts";
import { handClock, lockClock } from "../../contract/doorbell/hand-clock.ts";

/** 2027-01-15T08:00:00Z, a Friday. */
export const START_MS = 1_800_000_000_000;
const LEASE_MS = 60_000;
const never = () => false;

type Files = Readonly<Record<string, string>>;

/** The scheduler alone: real files, state, doorbell and checks, a clock that is moved by hand, and runs that end as they are told to. */
export interface Clockwork {
  readonly dir: string;
  readonly state: StateStore & ServiceStore;
  readonly events: readonly ServiceEvent[];
  readonly told: readonly News[];
  /** How runs of a sync end; success where nothing is said. `null`: they wait. */
  readonly fates: Map<string, RunState | null>;
  now(): number;
  parts(): ServiceParts;
  write(files: Files): Promise<void>;
  remove(file: string): Promise<void>;
  /** The files are read anew, as they are when they change. */
  reload(): Promise<void>;
  /** Time goes on, and everything that is due then happens. */
  pass(ms: number): Promise<void>;
  /** Time goes on to the next start of the sync. Gives that time. */
  passToStart(sync: string): Promise<number>;
  /** The process is no more, for so long; then another one starts. */
  stopFor(ms: number): Promise<void>;
  /** A run that somebody started by hand, to its end. */
  run(sync: string, end: RunState): Promise<RunRecord>;
  /** A run that ended while nobody could tell of it. */
  runUntold(sync: string, end: RunState): Promise<RunRecord>;
  /** Oldest first. */
  runs(sync: string): Promise<readonly RunRecord[]>;
  close(): Promise<void>;
}

export async function startClockwork(files: Files): Promise<Clockwork> {
  const dir = await mkdtemp(join(tmpdir(), "sluice-clockwork-"));
  const clock = handClock(START_MS);
  const write = async (more: Files): Promise<void> => {
    for (const [file, text] of Object.entries(more)) {
      await mkdir(dirname(join(dir, file)), { recursive: true });
      await writeFile(join(dir, file), text);
    }
  };
  await write(files);
  const state = await openState({ file: join(dir, "state.db"), mode: "create", clock: lockClock(clock) });
  const [events, told, fates] = [[] as ServiceEvent[], [] as News[], new Map<string, RunState | null>()];
  const place = { dir, clock, state, told, fates };
  const begin = async () => {
    const started = await startProcess(place);
    started.parts.events.listen(null, (event) => events.push(event));
    return started;
  };
  let life = await begin();
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await calm(life.parts);
  };
  return {
    ...{ dir, state, events, told, fates, write, pass },
    now: clock.now,
    parts: () => life.parts,
    remove: (file) => rm(join(dir, file)),
    reload: async () => {
      await life.reload();
      await calm(life.parts);
    },
    passToStart: async (sync) => {
      const at = (await state.schedule(sync))?.nextAt ?? null;
      if (at === null) throw new Error(`${sync} has no next start`);
      await pass(Math.max(0, at - clock.now()));
      return at;
    },
    stopFor: async (ms) => {
      await life.stop();
      clock.advance(ms);
      life = await begin();
      await calm(life.parts);
    },
    run: async (sync, end) => {
      const run = await endedRun(life.parts, sync, end);
      await announceRun(life.parts, run);
      await calm(life.parts);
      return run;
    },
    runUntold: (sync, end) => endedRun(life.parts, sync, end),
    runs: async (sync) => [...(await state.runs({ sync, limit: 200 }))].reverse(),
    close: async () => {
      await life.stop();
      await state.close();
      await rm(dir, { recursive: true });
    },
  };
}

type Place = Pick<Clockwork, "dir" | "state" | "fates"> & {
  readonly clock: ReturnType<typeof handClock>;
  readonly told: News[];
};

/** As serve() starts it, without API and engine. */
async function startProcess({ dir, clock, state, told, fates }: Place) {
  const load = () => loadProject({ dir, environment: null, connectors, env: () => "token-4711" });
  const first = await load();
  if (!first.ok) throw new Error(first.problems.map(({ message }) => message).join("\n"));
  const bell = await openEmbeddedDoorbell(state.rings, clock, Math.random);
  let edition = 0;
  const live = await openLiveProject({
    ...{ first, load, clock, everyMs: 1e12, needsRestart: () => null },
    isAtomic: false,
    fingerprint: async () => String(edition),
    openBench: (project: Project) => {
      // Nothing plans here, and the state outlives the bench.
      const planner = { close: async () => undefined } as unknown as Planner;
      return openWorkbench({ project, clock, random: Math.random, planner, state: null, connectors });
    },
    onLoaded: (_: Loaded) => planStarts(parts),
    onRefused: ({ problems }) => {
      throw new Error(problems.map(({ message }) => message).join("\n"));
    },
  });
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const parts: ServiceParts = {
    ...{ live, state, bell, clock, random: Math.random, log, holder: "1@clockwork", isDead: never },
    events: openEvents(clock.now),
    meters: { runEnded: () => undefined, fired: () => undefined, answered: () => undefined },
    traces: NO_TRACES,
    active: new Map(),
    waits: new Map(),
    tell: (news) => told.push(news),
    lull: openLull(),
    planTurn: (work) => work(),
    askTurn: (work) => work(),
  };
  await planStarts(parts);
  await announceUntold(parts);
  const errors: unknown[] = [];
  const onError = (error: unknown) => errors.push(error);
  const finish = async ({ key }: Ring) => {
    const fate = fates.get(syncOfKey(key));
    if (fate === null) return null;
    const waiting = await state.queued(syncOfKey(key));
    if (waiting !== null) await announceRun(parts, await endRun(parts, waiting.run, fate ?? "succeeded"));
    return null;
  };
  const fire = ({ key, dueMs }: Ring, signal: AbortSignal) => fireSync(parts, syncOfKey(key), dueMs, signal);
  const workers = [
    bell.work(finish, { queue: RUNS, atOnce: 4, onError }),
    bell.work(fire, { queue: FIRES, atOnce: 4, onError }),
  ];
  return {
    parts,
    reload: async () => {
      edition++;
      for (let i = 0; i < 2; i++) await live.look();
    },
    stop: async () => {
      for (const worker of workers) await worker.stop(new Error("the process is no more"));
      await live.close();
      if (errors.length > 0) throw errors[0];
    },
  };
}

async function endedRun(parts: ServiceParts, name: string, end: RunState): Promise<RunRecord> {
  const sync = parts.live.current().project.syncs.get(name);
  if (sync === undefined) throw new Error(`no sync ${name}`);
  return endRun(parts, queuedRun(sync, { action: "run", trigger: "test" }, parts), end);
}

async function endRun({ state, clock }: ServiceParts, run: RunRecord, end: RunState): Promise<RunRecord> {
  const attempt = await state.acquire(run.sync, "1@clockwork", LEASE_MS, never);
  if (!attempt.ok) throw new Error(`${run.sync} is taken`);
  const ended = { ...run, state: end, endedAt: clock.now() };
  await state.createRun(attempt.lease, ended);
  await state.release(attempt.lease);
  return ended;
}

/** Until nothing waits and nothing is at work any more, twice in a row. */
async function calm({ bell }: ServiceParts): Promise<void> {
  const endMs = performance.now() + 50_000;
  for (let still = 0; still < 3; ) {
    await new Promise((resolve) => setTimeout(resolve, 2));
    const { waiting, working } = await bell.stats();
    still = waiting + working === 0 ? still + 1 : 0;
    if (performance.now() > endMs) throw new Error("the doorbell does not come to rest");
  }
}
