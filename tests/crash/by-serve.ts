import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { RunDocument } from "./check-memory.ts";
import { checkStopped } from "./check-stopped.ts";
import { pointText } from "./point.ts";
import {
  type Before,
  endText,
  type Killed,
  MOST_RESTARTS,
  QUARANTINED_AFTER,
  type Round,
  randomMoment,
  SLOW_MS,
  type Way,
  written,
} from "./round.ts";
import { startProgram } from "./start-program.ts";
import { type Service, startService } from "./start-service.ts";

/** What was begun is over by then without a word from anybody: a quarter of a lease. */
const BY_ITSELF_MS = 45_000;
const RUN_SECONDS = 45;
const LOOK_MS = 50;
const NOBODY: ReadonlySet<string> = new Set();

/** `sluice serve`, asked for runs by REST; at its next start it goes on by itself. */
export const byServe: Way = {
  kill: async (round) => {
    const chance = round.random();
    return chance < 0.2 ? stopAtRandom(round) : chance < 0.6 ? killAtPoint(round) : killAtRandom(round);
  },
  settle: async (round, before) => {
    const { programs, life, counts } = round;
    const { dir } = life.project;
    for (let tries = 1; ; tries++) {
      counts.restarts++;
      const service = startService(dir, programs.main);
      const wrong = await finish(round, service, before);
      service.running.child.kill("SIGTERM");
      const ended = await service.running.ended;
      if (ended.status !== 0) return [...wrong, endText(ended)];
      if (!isQuarantined(service)) return [...wrong, ...checkStopped(dir, NOBODY)];
      // Somebody lets it go on; a command does not while a service has the project.
      if (before.kills < QUARANTINED_AFTER) return [`quarantined after ${before.kills} deaths`];
      if (tries === MOST_RESTARTS) return [`restart ${tries}: ${endText(ended)}`];
      await startProgram(dir, [programs.main, "resume", "people"]).ended;
    }
  },
};

function isQuarantined(service: Service): boolean {
  return service.log().includes("QUARANTINED");
}

async function killAtPoint(round: Round): Promise<Killed> {
  const { programs, life, menu, counts } = round;
  const { dir } = life.project;
  const point = menu.choose();
  const trace = join(dir, "trace.log");
  rmSync(trace, { force: true });
  const env = { CRASH_POINT: pointText(point), CRASH_TRACE: trace };
  const service = startService(dir, programs.withPoints, env);
  await keepBusy(service, round.random() < 0.5);
  // Where it did not pass the point yet, the point may lie in its stop.
  service.running.child.kill("SIGTERM");
  const ended = await service.running.ended;
  menu.learn(trace);
  const moment = pointText(point);
  if (ended.signal !== "SIGKILL") return { moment, ended, wrong: ended.status === 0 ? [] : [endText(ended)] };
  counts.atPoints++;
  menu.met(point);
  return { moment, ended, wrong: [] };
}

async function killAtRandom(round: Round): Promise<Killed> {
  const { programs, life, counts } = round;
  const service = startService(life.project.dir, programs.main);
  const { running } = service;
  const over = keepBusy(service, round.random() < 0.5);
  const { moment, isThere } = randomMoment(round, running);
  await Promise.race([isThere, over]);
  running.child.kill("SIGKILL");
  const ended = await running.ended;
  await over;
  if (ended.signal !== "SIGKILL") return { moment, ended, wrong: [endText(ended)] };
  counts.atRandom++;
  return { moment, ended, wrong: [] };
}

/** As an orchestrator ends it: calls come home, and what is left goes at the next start. */
async function stopAtRandom(round: Round): Promise<Killed> {
  const { programs, life, target, counts } = round;
  const service = startService(life.project.dir, programs.main);
  const { running } = service;
  const insists = round.random() < 0.5;
  await service.url;
  const inherited = openOf(await service.runs());
  const over = keepBusy(service, insists);
  const { moment, isThere } = randomMoment(round, running);
  await Promise.race([isThere, over]);
  running.child.kill("SIGTERM");
  const ended = await running.ended;
  await over;
  const told = { moment: `stopped ${moment}`, ended };
  if (ended.status !== 0) return { ...told, wrong: [endText(ended)] };
  counts.stopped++;
  const writes = await written(life.sandbox, target);
  await delay(2 * SLOW_MS);
  const later = (await written(life.sandbox, target)) - writes;
  const wrong = checkStopped(life.project.dir, inherited);
  return { ...told, wrong: later === 0 ? wrong : [...wrong, `stopped: ${later} calls were still on their way`] };
}

/** Asks for a run where nothing is left to do, or where somebody insists; ends when all runs are over, or the service is. */
async function keepBusy(service: Service, insists: boolean): Promise<void> {
  const runs = await service.runs();
  if (runs !== null && (insists || openOf(runs).size === 0)) await service.trigger(0);
  await untilOver(service);
}

/** False where runs were still open after {@link BY_ITSELF_MS}; ends early where the service is gone, or leaves the sync alone. */
async function untilOver(service: Service): Promise<boolean> {
  const endsAt = performance.now() + BY_ITSELF_MS;
  while (openOf(await service.runs()).size > 0 && !isQuarantined(service)) {
    if (performance.now() > endsAt) return false;
    await delay(LOOK_MS);
  }
  return true;
}

function openOf(runs: readonly RunDocument[] | null): ReadonlySet<string> {
  return new Set(runs?.filter((run) => run.ended_at === null).map(({ id }) => id));
}

/** Waits without a word until what was begun is over; then asks for runs until one ends well. */
async function finish({ life }: Round, service: Service, { isConfigChanged }: Before): Promise<string[]> {
  const isOver = await untilOver(service);
  const runs = await service.runs();
  if (runs === null) return ["the service is gone"];
  if (isQuarantined(service)) return [];
  if (!isOver) return [`not over by itself after ${BY_ITSELF_MS / 1000} s: ${service.log()}`];
  const begun = runs.filter(({ id }) => !life.runs.has(id));
  const givenUp = begun.filter((run) => run.code === "INTERRUPTED" && run.planned > 0);
  if (givenUp.length > 0 && !isConfigChanged)
    return givenUp.map(({ id, reason }) => `run ${id} was given up and not taken up: ${reason}`);
  for (let tries = 1; tries <= MOST_RESTARTS; tries++) {
    const run = await service.trigger(RUN_SECONDS);
    if (run?.state === "succeeded" || isQuarantined(service)) return [];
    if (run?.state !== "partial") return [`a further run: ${JSON.stringify(run)} ${service.log()}`];
  }
  return [`${MOST_RESTARTS} runs, and none ended well: ${service.log()}`];
}
