import { randomBytes } from "node:crypto";
import { openNewsDesk } from "../alerts/news-desk.ts";
import { resolveHost } from "../alerts/resolve-host.ts";
import type { Clock, Random } from "../contract/clock.ts";
import { Fault } from "../contract/fault.ts";
import type { Planner } from "../contract/planner.ts";
import type { LoadedProject, Project } from "../contract/project.ts";
import type { ServiceStore } from "../contract/service.ts";
import type { StateStore } from "../contract/state.ts";
import { pruneRuns } from "../engine/prune-runs.ts";
import { turns } from "../engine/turns.ts";
import { openUnderway } from "../engine/underway.ts";
import type { Workbench } from "../engine/workbench.ts";
import { advanceSync } from "./advance-sync.ts";
import { announceUntold } from "./announce-run.ts";
import { callerFinder } from "./api/caller.ts";
import { routes } from "./api/routes.ts";
import { buildServer } from "./api/server.ts";
import { openEmbeddedDoorbell } from "./embedded-doorbell.ts";
import { openEvents } from "./events.ts";
import { fireSync } from "./fire-sync.ts";
import { openLiveProject } from "./live-project.ts";
import { openLull } from "./lull.ts";
import { openMeters } from "./meters.ts";
import { notePlace, removePlace } from "./note-place.ts";
import { planStarts } from "./plan-starts.ts";
import {
  FIRES,
  type Log,
  NO_TRACES,
  RUNS,
  runKey,
  type ServiceParts,
  syncOfKey,
  type Traces,
} from "./service-parts.ts";

export type ServeOptions = {
  readonly first: { readonly project: Project; readonly problems: Extract<LoadedProject, { ok: true }>["problems"] };
  readonly load: () => Promise<LoadedProject>;
  readonly fingerprint: () => Promise<string>;
  readonly isAtomic: boolean;
  readonly lookEveryMs: number;
  readonly state: StateStore & ServiceStore;
  readonly planner: Planner;
  /** Over these two, which its closing leaves open. */
  readonly openBench: (project: Project) => Workbench;
  readonly needsRestart: (project: Project) => string | null;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Closed with the service; absent: nobody follows. */
  readonly traces?: Traces;
  readonly holder: string;
  readonly who: string;
  readonly isDead: (holder: string) => boolean;
  readonly version: string;
  readonly host: string;
  readonly port: number;
  readonly allowedHosts: readonly string[];
};

export type Service = {
  readonly url: string;
  readonly parts: ServiceParts;
  /** Takes nothing more, lets calls that are out come home, gives leases and file locks back. */
  stop(): Promise<void>;
};

/** Runs at work at once; most of the time they wait for warehouses and vendors. */
const RUNS_AT_ONCE = 8;
/** Most starts only note that a run is wanted, and share a commit: a thousand syncs may be due at one moment. */
const FIRES_AT_ONCE = 100;
/** Some ask a warehouse whether they may begin. */
const ASKS_AT_ONCE = 4;
/** Each may take the planner's whole memory. */
const PLANS_AT_ONCE = 2;
/** For one alert to get across. */
const ALERT_MS = 10_000;
const FAREWELL_MS = 5_000;
const LOOPBACK = ["127.0.0.1", "localhost", "::1"];

/** Scheduler, API and worker in one process, on one project. Fault: USAGE where it would listen to everybody without tokens. */
export async function serve(options: ServeOptions): Promise<Service> {
  const { state, clock, random, log, host, traces = NO_TRACES } = options;
  await refuseOpenDoor(state, host);
  const bell = await openEmbeddedDoorbell(state.rings, clock, random);
  const events = openEvents(() => clock.now());
  const active: ServiceParts["active"] = new Map();
  // A run that was begun before the files changed is still at work beside those that came after.
  const underway = openUnderway();
  const live = await openLiveProject({
    ...options,
    openBench: (project) => ({ ...options.openBench(project), underway }),
    everyMs: options.lookEveryMs,
    onLoaded: async ({ project }) => {
      log.info({ syncs: project.syncs.size }, "the files have changed and are at work");
      events.tell({ kind: "config.loaded", sync: null, run: null, detail: { syncs: project.syncs.size } });
      await planStarts(parts);
    },
    onRefused: ({ problems }) => {
      log.error(
        { problems: problems.slice(0, 20) },
        "the files have changed and are not sound: the last good ones stay at work",
      );
      events.tell({ kind: "config.refused", sync: null, run: null, detail: { problems: problems.length } });
    },
  });
  const isRefused = () => live.refused() !== null;
  const meters = openMeters({ stats: bell.stats, working: () => active.size, isRefused });
  const desk = openNewsDesk({
    project: () => live.current().project,
    tools: { clock, random, resolveHost, deadlineMs: ALERT_MS },
    onWarning: (warning) => log.warn({}, warning),
  });
  const parts: ServiceParts = {
    ...{ live, state, bell, clock, random, events, meters, traces, log, active },
    waits: new Map(),
    tell: (news) => desk.tell([news]),
    lull: openLull(),
    planTurn: turns(PLANS_AT_ONCE),
    askTurn: turns(ASKS_AT_ONCE),
    holder: options.holder,
    isDead: options.isDead,
  };
  await planStarts(parts);
  await announceUntold(parts);
  await pruneRuns(live.current().bench, state, null);
  // What the last process left unfinished goes on by itself.
  for (const sync of await state.openSyncs()) await bell.enqueue(runKey(sync));

  const localKey = randomBytes(32).toString("base64url");
  const findCaller = callerFinder({ tokens: state, localKey, localName: options.who, clock });
  const names = new Set([...LOOPBACK, host, ...options.allowedHosts].map((name) => name.toLowerCase()));
  const apiParts = { ...parts, version: options.version, metricsText: () => meters.text() };
  const app = buildServer({ parts: apiParts, routes, hosts: { names }, findCaller });
  const url = await listen(app, host, options.port).catch(async (error: unknown) => {
    // What watches files and sends alerts would keep the process alive.
    await desk.close(AbortSignal.timeout(FAREWELL_MS));
    await live.close();
    throw error;
  });
  const onError = (error: unknown) => log.error({ error: String(error) }, "the worker met an error and goes on");
  const workers = [
    bell.work(({ key }, ended) => advanceSync(parts, syncOfKey(key), ended), {
      queue: RUNS,
      atOnce: RUNS_AT_ONCE,
      onError,
    }),
    bell.work(({ key, dueMs }, ended) => fireSync(parts, syncOfKey(key), dueMs, ended), {
      ...{ queue: FIRES, atOnce: FIRES_AT_ONCE, onError },
    }),
  ];
  const { workDir } = options.first.project;
  await notePlace(workDir, { url, holder: options.holder, key: localKey });
  log.info({ url, syncs: live.current().project.syncs.size }, "serving");
  return {
    ...{ url, parts },
    stop: async () => {
      log.info({ active: active.size }, "stopping");
      events.tell({ kind: "service.stopping", sync: null, run: null, detail: {} });
      await removePlace(workDir);
      const stops = new Fault("CANCELLED", "the service stops");
      // A copy in the making needs state and planner to its end.
      await Promise.all([parts.lull.close(stops), ...workers.map((worker) => worker.stop(stops))]);
      await app.close();
      const farewell = AbortSignal.timeout(FAREWELL_MS);
      await Promise.all([desk.close(farewell), traces.close(farewell)]);
      await live.close();
    },
  };
}

/** Whoever can reach an address of the network could do everything. */
async function refuseOpenDoor(state: ServiceStore, host: string): Promise<void> {
  if (LOOPBACK.includes(host.toLowerCase()) || (await state.tokens()).length > 0) return;
  throw new Fault("USAGE", `--host ${host}: without tokens the service listens on this machine alone`, {
    fix: "make one first: `sluice token create NAME --scope admin`, or leave --host out",
  });
}

async function listen(app: ReturnType<typeof buildServer>, host: string, port: number): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EACCES")
      throw new Fault("USAGE", `this user may not listen on port ${port}`, {
        fix: "choose one above 1023 with --port",
      });
    if (code !== "EADDRINUSE") throw error;
    throw new Fault("PORT_IN_USE", `port ${port} is in use`, { fix: "choose another with --port; 0 takes a free one" });
  }
}
