import { setTimeout as delay } from "node:timers/promises";
import type { Random } from "../../src/contract/clock.ts";
import { mixedSeed, seededRandom, shuffled } from "../../src/kit/sandbox/seeded-random.ts";
import { type Sandbox, startSandbox } from "../demo/child-commands.ts";
import type { Programs } from "./build-programs.ts";
import { byRun } from "./by-run.ts";
import { byServe } from "./by-serve.ts";
import { checkIntegrity, checkLedger, type RunDocument } from "./check-memory.ts";
import { compare, differenceLines } from "./compare.ts";
import { crashProject } from "./crash-project.ts";
import { type PeopleStory, peopleStory } from "./people.ts";
import { LIFE_OF_A_RUN, LIFE_OF_A_SERVICE, type PointMenu, pointMenu } from "./point-menu.ts";
import { type Counts, type Life, type Round, SLOW_MS, type Way, type WayName, written } from "./round.ts";
import { startProgram } from "./start-program.ts";
import type { Target } from "./targets.ts";

export type LaneOptions = {
  readonly target: Target;
  readonly kills: number;
  readonly by: readonly WayName[];
  readonly seed: number;
  readonly programs: Programs;
  /** Leaves the folder of a violation where it is. */
  readonly keep: boolean;
  /** No further round begins once it says so. */
  readonly isLate: () => boolean;
  readonly say: (line: string) => void;
};

/** What one way of a lane came to. */
export type LaneReport = Counts & {
  readonly target: Target;
  readonly by: WayName;
  /** What does not hold, in words; the first of it ended the lane. */
  readonly violations: readonly string[];
  readonly menu: PointMenu;
};

/** Kills before a project, its memory and the CRM begin anew: first runs are to be killed, too. */
const KILLS_A_LIFE = 15;
const WAYS: Readonly<Record<WayName, Way>> = { run: byRun, serve: byServe };
const LIVES: Readonly<Record<WayName, readonly string[]>> = { run: LIFE_OF_A_RUN, serve: LIFE_OF_A_SERVICE };

type Tally = Pick<Round, "counts" | "menu"> & { readonly by: WayName; readonly violations: string[] };
type Lane = Pick<Round, "target" | "programs" | "story" | "random"> & {
  readonly options: LaneOptions;
  readonly tallies: readonly Tally[];
};

/** Kills, restarts and compares, round after round, until so many kills are done or something does not hold; a report for each way. */
export async function runLane(options: LaneOptions): Promise<readonly LaneReport[]> {
  const { target, programs } = options;
  const seed = mixedSeed(options.seed, target.vendor === "hubspot" ? 1 : 2, target.write === "upsert" ? 1 : 2);
  const random = seededRandom(seed);
  const story = peopleStory(target, random);
  const tallies = options.by.map((by) => {
    const menu = pointMenu(LIVES[by], random);
    return { by, counts: { ...NOTHING }, menu, violations: [] as string[] };
  });
  const lane: Lane = { options, target, programs, story, random, tallies };
  const sandbox = await startSandbox("unlimited", target.vendor, ["--seed", `${seed % 1_000}`], programs.main);
  try {
    while (goesOn(lane, options.kills)) await playLife(lane, sandbox);
  } finally {
    await sandbox.stop();
  }
  return tallies.map(({ counts, ...tally }) => ({ target, ...counts, ...tally }));
}

const NOTHING: Counts = {
  ...{ atPoints: 0, atRandom: 0, midWriting: 0, stopped: 0, restarts: 0, resumed: 0, rounds: 0, rows: 0 },
  ...{ lost: 0, doubled: 0, left: 0, wrong: 0, ledger: 0, integrity: 0 },
};

function killsOf(tallies: readonly Pick<Tally, "counts">[]): number {
  return tallies.reduce((sum, { counts }) => sum + counts.atPoints + counts.atRandom, 0);
}

function goesOn({ tallies, options }: Lane, until: number): boolean {
  return killsOf(tallies) < until && tallies.every(({ violations }) => violations.length === 0) && !options.isLate();
}

async function playLife(lane: Lane, sandbox: Sandbox): Promise<void> {
  const { options, target, programs, story, random, tallies } = lane;
  const life = await newLife(target, sandbox, story);
  const until = Math.min(options.kills, killsOf(tallies) + KILLS_A_LIFE);
  const rounds = (): number => tallies.reduce((sum, { counts }) => sum + counts.rounds, 0);
  try {
    while (goesOn(lane, until)) {
      const { by, menu, counts, violations } = nextTally(tallies, random);
      const wishes = Math.min(until - killsOf(tallies), 1 + Math.floor(random() * random() * 4));
      const where = `seed ${options.seed}, ${target.vendor} ${target.write}, round ${rounds() + 1} by ${by}`;
      const lines = await playRound({ target, programs, life, story, menu, counts, random }, WAYS[by], wishes, where);
      violations.push(...lines);
    }
  } finally {
    if (options.keep && tallies.some(({ violations }) => violations.length > 0))
      options.say(`kept: ${life.project.dir}`);
    else life.project.remove();
  }
}

/** Of the way that killed least so far. */
function nextTally(tallies: readonly Tally[], random: Random): Tally {
  const fewest = Math.min(...tallies.map((tally) => killsOf([tally])));
  const [next] = shuffled(
    tallies.filter((tally) => killsOf([tally]) === fewest),
    random,
  );
  if (next === undefined) throw new Error("there is no way to kill");
  return next;
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
  return { sandbox, project, strangers, runs: new Set() };
}

/** One or more kills in a row, the model moving on between them; then the program is left alone and everything is compared. */
async function playRound(round: Round, way: Way, wishes: number, where: string): Promise<string[]> {
  const { target, life, story, counts } = round;
  const told: string[] = [];
  counts.rounds++;
  const found = await killAndCompare(round, way, wishes, told).catch((error: unknown) => [String(error)]);
  story.goOn(target.write === "upsert" ? { changes: 0.5, leaves: 0.06 } : { changes: 0.1, leaves: 0.3 });
  await life.project.fill(story.people());
  return found.map((line) => `${where} (${told.join("; ")}): ${line}`);
}

/** `told` gets what was done. */
async function killAndCompare(round: Round, way: Way, wishes: number, told: string[]): Promise<readonly string[]> {
  const { target, life, story, counts, random } = round;
  const before = killsOf([round]);
  const kills = (): number => killsOf([round]) - before;
  let isConfigChanged = false;
  // A point may lie where this run does not pass: then the run has simply ended, and the next wish is tried.
  for (let tries = 0; tries < wishes * 3 && kills() < wishes; tries++) {
    const { moment, wrong } = await killOnce(round, way);
    told.push(moment);
    if (wrong.length > 0) return wrong;
    if (random() < 0.5) {
      story.goOn({ changes: target.write === "upsert" ? 0.2 : 0.05, leaves: 0.05 });
      await life.project.fill(story.people());
    }
    // Another config: the interrupted plan is no longer this sync's.
    if (random() < 0.15) {
      life.project.touchConfig(counts.rounds + tries);
      isConfigChanged = true;
    }
  }
  const unsettled = await way.settle(round, { kills: kills(), isConfigChanged });
  return unsettled.length > 0 ? unsettled : checkAll(round);
}

/** One start that is to die; says what became of it. */
async function killOnce(round: Round, way: Way): Promise<{ moment: string; wrong: readonly string[] }> {
  const { sandbox } = round.life;
  await sandbox.control("DELETE", "requests");
  const { moment, ended, wrong } = await way.kill(round);
  // What was on its way still arrives.
  await delay(SLOW_MS);
  const writes = await written(sandbox, round.target);
  if (ended.signal !== "SIGKILL") return { moment: `${moment}, exit ${ended.status}, ${writes} writes`, wrong };
  if (writes > 0) round.counts.midWriting++;
  return { moment: `${moment}, ${writes} writes`, wrong };
}

async function checkAll({ target, programs, life, story, counts }: Round): Promise<string[]> {
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
  const further = await startProgram(life.project.dir, [programs.main, ...args]).ended;
  const { run } = JSON.parse(further.stdout) as { run: RunDocument };
  const writes = await written(life.sandbox, target);
  if (further.status !== 0 || run.planned > 0 || writes > 0)
    found.push(`a further run ends with exit ${further.status}, ${run.planned} rows planned, ${writes} writes`);

  const listed = await startProgram(life.project.dir, [programs.main, "runs", "--json", "--limit", "200"]).ended;
  const { runs } = JSON.parse(listed.stdout) as { runs: RunDocument[] };
  counts.resumed += runs.filter(({ id, resumes }) => resumes > 0 && !life.runs.has(id)).length;
  for (const { id } of runs) life.runs.add(id);
  const ledger = checkLedger(runs);
  const integrity = await checkIntegrity(life.project.dir);
  counts.ledger += ledger.length;
  counts.integrity += integrity.length;
  return [...found, ...ledger, ...integrity];
}
