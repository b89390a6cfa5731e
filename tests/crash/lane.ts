import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Random } from "../../src/contract/clock.ts";
import { mixedSeed, seededRandom } from "../../src/kit/sandbox/seeded-random.ts";
import { type Sandbox, startSandbox } from "../demo/child-commands.ts";
import type { Programs } from "./build-programs.ts";
import { checkIntegrity, checkLedger, type RunDocument } from "./check-memory.ts";
import { compare, differenceLines } from "./compare.ts";
import { type CrashProject, crashProject } from "./crash-project.ts";
import { type PeopleStory, peopleStory } from "./people.ts";
import { pointText } from "./point.ts";
import { type PointMenu, pointMenu } from "./point-menu.ts";
import { type Ended, type Running, startProgram } from "./start-program.ts";
import type { Target } from "./targets.ts";

export type LaneOptions = {
  readonly target: Target;
  readonly kills: number;
  readonly seed: number;
  readonly programs: Programs;
  /** Leaves the folder of a violation where it is. */
  readonly keep: boolean;
  /** No further round begins once it says so. */
  readonly isLate: () => boolean;
  readonly say: (line: string) => void;
};

export type LaneReport = {
  readonly target: Target;
  readonly atPoints: number;
  readonly atRandom: number;
  /** Kills after which some writes of that start had arrived. */
  readonly midWriting: number;
  readonly restarts: number;
  readonly rounds: number;
  /** Rows of the model that were compared, over all rounds. */
  readonly rows: number;
  readonly lost: number;
  readonly doubled: number;
  readonly left: number;
  readonly wrong: number;
  readonly ledger: number;
  readonly integrity: number;
  /** What does not hold, in words; the first of it ended the lane. */
  readonly violations: readonly string[];
  readonly menu: PointMenu;
};

/** Kills before a project, its memory and the CRM begin anew: first runs are to be killed, too. */
const KILLS_A_LIFE = 15;
/** Starts that nobody kills, until a run ends well. */
const MOST_RESTARTS = 4;
/** Deaths in a row without progress. */
const QUARANTINED_AFTER = 3;
const SLOW_MS = 60;
const POLL_MS = 10;

type Counts = { -readonly [K in keyof Omit<LaneReport, "target" | "violations" | "menu">]: number };
type Life = { readonly sandbox: Sandbox; readonly project: CrashProject; readonly strangers: ReadonlySet<string> };

/** Kills, restarts and compares, round after round, until so many kills are done or something does not hold. */
export async function runLane(options: LaneOptions): Promise<LaneReport> {
  const { target } = options;
  const lane = mixedSeed(options.seed, target.vendor === "hubspot" ? 1 : 2, target.write === "upsert" ? 1 : 2);
  const random = seededRandom(lane);
  const story = peopleStory(target, random);
  const menu = pointMenu(random);
  const counts: Counts = {
    ...{ atPoints: 0, atRandom: 0, midWriting: 0, restarts: 0, rounds: 0, rows: 0 },
    ...{ lost: 0, doubled: 0, left: 0, wrong: 0, ledger: 0, integrity: 0 },
  };
  const violations: string[] = [];
  const sandbox = await startSandbox("unlimited", target.vendor, ["--seed", `${lane % 1_000}`], options.programs.main);
  const done = (): number => counts.atPoints + counts.atRandom;
  try {
    while (done() < options.kills && violations.length === 0 && !options.isLate()) {
      const life = await newLife(target, sandbox, story);
      const until = Math.min(options.kills, done() + KILLS_A_LIFE);
      try {
        while (done() < until && violations.length === 0 && !options.isLate())
          violations.push(...(await playRound({ options, life, story, menu, counts, random }, until)));
      } finally {
        if (violations.length > 0 && options.keep) options.say(`kept: ${life.project.dir}`);
        else life.project.remove();
      }
    }
  } finally {
    await sandbox.stop();
  }
  return { target, ...counts, violations, menu };
}

async function newLife(target: Target, sandbox: Sandbox, story: PeopleStory): Promise<Life> {
  await sandbox.control("POST", "reset", {});
  await sandbox.control("DELETE", "faults");
  const strangers = new Set(await target.prepare(sandbox));
  await sandbox.control("POST", "faults", {
    match: { path: target.slowPath },
    times: null,
    fault: { delay_ms: SLOW_MS },
  });
  story.startOver();
  story.grow(target.rows);
  const project = crashProject(target, sandbox.url);
  await project.fill(story.people());
  return { sandbox, project, strangers };
}

type Round = {
  readonly options: LaneOptions;
  readonly life: Life;
  readonly story: PeopleStory;
  readonly menu: PointMenu;
  readonly counts: Counts;
  readonly random: Random;
};

/** One or more kills in a row, the model moving on between them; then the program is left alone and everything is compared. */
async function playRound(round: Round, until: number): Promise<string[]> {
  const { options, life, story, counts } = round;
  const { vendor, write } = options.target;
  const told: string[] = [];
  counts.rounds++;
  const found = await killAndCompare(round, until, told).catch((error: unknown) => [String(error)]);
  story.goOn(write === "upsert" ? { changes: 0.5, leaves: 0.06 } : { changes: 0.1, leaves: 0.3 });
  await life.project.fill(story.people());
  const where = `seed ${options.seed}, ${vendor} ${write}, round ${counts.rounds} (${told.join("; ")})`;
  return found.map((line) => `${where}: ${line}`);
}

/** `told` gets what was done. */
async function killAndCompare(round: Round, until: number, told: string[]): Promise<string[]> {
  const { options, life, story, counts, random } = round;
  const before = counts.atPoints + counts.atRandom;
  const killed = (): number => counts.atPoints + counts.atRandom - before;
  const wishes = Math.min(until - before, 1 + Math.floor(random() * random() * 4));
  // A point may lie where this run does not pass: then the run has simply ended, and the next wish is tried.
  for (let tries = 0; tries < wishes * 3 && killed() < wishes; tries++) {
    const { moment, ended } = await killOnce(round);
    told.push(moment);
    if (hasFailed(ended)) return [endText(ended)];
    if (random() < 0.5) {
      story.goOn({ changes: options.target.write === "upsert" ? 0.2 : 0.05, leaves: 0.05 });
      await life.project.fill(story.people());
    }
    // Another config: the interrupted plan is no longer this sync's.
    if (random() < 0.15) life.project.touchConfig(counts.rounds + tries);
  }
  const unsettled = await settle(round, killed());
  return unsettled.length > 0 ? unsettled : checkAll(round);
}

/** One start that is to die, half of them at a point; says what became of it. */
async function killOnce(round: Round): Promise<Killed> {
  const { sandbox } = round.life;
  await sandbox.control("DELETE", "requests");
  const { moment, ended } = await (round.random() < 0.5 ? killAtPoint(round) : killAtRandom(round));
  // What was on its way still arrives.
  await delay(SLOW_MS);
  if (ended.signal !== "SIGKILL") return { moment: `${moment} not reached, exit ${ended.status}`, ended };
  const writes = await written(sandbox, round.options.target);
  if (writes > 0) round.counts.midWriting++;
  return { moment: `${moment}, ${writes} writes`, ended };
}

/** Nobody killed it, and it did not end well: rows may be deferred, and a sync that died too often may be quarantined. */
function hasFailed(ended: Ended): boolean {
  return ended.signal === null && ended.status !== 0 && ended.status !== 3 && !isQuarantined(ended);
}

function isQuarantined({ stderr }: Ended): boolean {
  return stderr.includes("QUARANTINED");
}

function endText({ status, stdout, stderr }: Ended): string {
  return `exit ${status}: ${stdout} ${stderr}`;
}

type Killed = { readonly moment: string; readonly ended: Ended };

async function killAtPoint({ options, life, menu, counts }: Round): Promise<Killed> {
  const { dir } = life.project;
  const point = menu.choose();
  const trace = join(dir, "trace.log");
  rmSync(trace, { force: true });
  const env = { CRASH_POINT: pointText(point), CRASH_TRACE: trace };
  const ended = await startProgram(dir, [options.programs.withPoints, "run", "people"], env).ended;
  menu.learn(trace);
  if (ended.signal === "SIGKILL") {
    counts.atPoints++;
    menu.met(point);
  }
  return { moment: pointText(point), ended };
}

async function killAtRandom(round: Round): Promise<Killed> {
  const { options, life, counts } = round;
  const running = startProgram(life.project.dir, [options.programs.main, "run", "people"]);
  const { moment, isThere } = randomMoment(round, running);
  await Promise.race([isThere, running.ended]);
  running.child.kill("SIGKILL");
  const ended = await running.ended;
  if (ended.signal === "SIGKILL") counts.atRandom++;
  return { moment, ended };
}

/** Some while after the start, or, more often, after some of its writes: that is where the time goes on a busy machine. */
function randomMoment({ life, options, random }: Round, running: Running): { moment: string; isThere: Promise<void> } {
  const after = Math.floor(random() * 150);
  if (random() < 0.3) {
    const ms = Math.floor(random() * 1_000);
    return { moment: `after ${ms} ms`, isThere: delay(ms) };
  }
  const writes = 1 + Math.floor(random() * 8);
  const reached = async (): Promise<void> => {
    while (isAlive(running) && (await written(life.sandbox, options.target)) < writes) await delay(POLL_MS);
    await delay(after);
  };
  return { moment: `${after} ms after write ${writes}`, isThere: reached() };
}

function isAlive({ child }: Running): boolean {
  return child.exitCode === null && child.signalCode === null;
}

async function written(sandbox: Sandbox, target: Target): Promise<number> {
  const calls = (await sandbox.control("GET", "requests")) as { method: string; path: string }[];
  return calls.filter((call) => target.isWrite(call)).length;
}

/** Starts the program until it ends well. A sync that died often enough is quarantined: then somebody lets it go on. */
async function settle({ options, life, counts }: Round, kills: number): Promise<string[]> {
  const start = (command: string): Promise<Ended> => {
    counts.restarts++;
    return startProgram(life.project.dir, [options.programs.main, command, "people"]).ended;
  };
  let ended = await start("run");
  for (let tries = 1; ended.status !== 0; tries++) {
    if (hasFailed(ended) || tries === MOST_RESTARTS) return [`restart ${tries}: ${endText(ended)}`];
    if (isQuarantined(ended)) {
      if (kills < QUARANTINED_AFTER) return [`quarantined after ${kills} deaths`];
      await start("resume");
    }
    ended = await start("run");
  }
  return [];
}

async function checkAll({ options, life, story, counts }: Round): Promise<string[]> {
  const { target } = options;
  const all = await target.dump(life.sandbox);
  const records = all.filter(({ id }) => !life.strangers.has(id)).map(({ text }) => text);
  const difference = compare(story.wanted(), records);
  counts.rows += story.people().length;
  for (const kind of ["lost", "doubled", "left", "wrong"] as const) counts[kind] += difference[kind].length;
  const found = differenceLines(difference);
  if (all.length - records.length !== life.strangers.size) found.push("records of strangers are gone");
  if (found.length === 0) story.settled(records);

  const args = ["run", "people", "--json"];
  await life.sandbox.control("DELETE", "requests");
  const further = await startProgram(life.project.dir, [options.programs.main, ...args]).ended;
  const { run } = JSON.parse(further.stdout) as { run: RunDocument };
  const writes = await written(life.sandbox, target);
  if (further.status !== 0 || run.planned > 0 || writes > 0)
    found.push(`a further run ends with exit ${further.status}, ${run.planned} rows planned, ${writes} writes`);

  const runs = await startProgram(life.project.dir, [options.programs.main, "runs", "--json", "--limit", "200"]).ended;
  const ledger = checkLedger((JSON.parse(runs.stdout) as { runs: RunDocument[] }).runs);
  const integrity = await checkIntegrity(life.project.dir);
  counts.ledger += ledger.length;
  counts.integrity += integrity.length;
  return [...found, ...ledger, ...integrity];
}
