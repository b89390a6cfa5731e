import { setTimeout as delay } from "node:timers/promises";
import type { Random } from "../../src/contract/clock.ts";
import type { Sandbox } from "../demo/child-commands.ts";
import type { Programs } from "./build-programs.ts";
import type { CrashProject } from "./crash-project.ts";
import type { PeopleStory } from "./people.ts";
import type { PointMenu } from "./point-menu.ts";
import type { Ended, Running } from "./start-program.ts";
import type { Target } from "./targets.ts";

/** Who does the runs of a round and dies of it: a command, or a service. */
export type WayName = "run" | "serve";

export type Counts = {
  readonly atPoints: number;
  readonly atRandom: number;
  /** Kills after which some writes of that start had arrived. */
  readonly midWriting: number;
  /** SIGTERM instead of a kill, in mid-run. */
  readonly stopped: number;
  readonly restarts: number;
  /** Interrupted runs that a later start went on with. */
  readonly resumed: number;
  readonly rounds: number;
  /** Rows of the model that were compared, over all rounds. */
  readonly rows: number;
  readonly lost: number;
  readonly doubled: number;
  readonly left: number;
  readonly wrong: number;
  readonly ledger: number;
  readonly integrity: number;
};

/** One project, its memory and the CRM. */
export type Life = {
  readonly sandbox: Sandbox;
  readonly project: CrashProject;
  readonly strangers: ReadonlySet<string>;
  /** Ids of its runs, up to the last round's. */
  readonly runs: Set<string>;
};

export type Round = {
  readonly target: Target;
  readonly programs: Programs;
  readonly life: Life;
  readonly story: PeopleStory;
  readonly menu: PointMenu;
  readonly counts: { -readonly [K in keyof Counts]: number };
  readonly random: Random;
};

export type Killed = {
  /** When it was to die. */
  readonly moment: string;
  readonly ended: Ended;
  /** What does not hold of its end. */
  readonly wrong: readonly string[];
};

/** What happened before the round's last start. */
export type Before = { readonly kills: number; readonly isConfigChanged: boolean };

export type Way = {
  /** One start that is to die, half of them at a point. */
  kill(round: Round): Promise<Killed>;
  /** Starts it, and nobody kills it, until a run ends well; gives what does not hold. */
  settle(round: Round, before: Before): Promise<readonly string[]>;
};

/** Of every answer of the sandbox to a write. */
export const SLOW_MS = 60;
/** Starts that nobody kills, until a run ends well. */
export const MOST_RESTARTS = 4;
/** Deaths in a row without progress. */
export const QUARANTINED_AFTER = 3;
const POLL_MS = 10;

/** Some while after the start, or, more often, after some of its writes: that is where the time goes on a busy machine. */
export function randomMoment(
  { life, target, random }: Round,
  running: Running,
): { moment: string; isThere: Promise<void> } {
  const after = Math.floor(random() * random() * 150);
  if (random() < 0.3) {
    const ms = Math.floor(random() * 1_000);
    return { moment: `after ${ms} ms`, isThere: delay(ms) };
  }
  const writes = 1 + Math.floor(random() * random() * 8);
  const reached = async (): Promise<void> => {
    while (isAlive(running) && (await written(life.sandbox, target)) < writes) await delay(POLL_MS);
    await delay(after);
  };
  return { moment: `${after} ms after write ${writes}`, isThere: reached() };
}

export function isAlive({ child }: Running): boolean {
  return child.exitCode === null && child.signalCode === null;
}

/** Writes that the sandbox has answered since its log was emptied. */
export async function written(sandbox: Sandbox, target: Target): Promise<number> {
  const calls = (await sandbox.control("GET", "requests")) as { method: string; path: string }[];
  return calls.filter((call) => target.isWrite(call)).length;
}

export function endText({ status, signal, stdout, stderr }: Ended): string {
  return `${signal ?? `exit ${status}`}: ${stdout} ${stderr}`;
}
