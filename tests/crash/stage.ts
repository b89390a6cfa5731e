import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, vi } from "vitest";
import { seededRandom } from "../../src/kit/sandbox/seeded-random.ts";
import { type Sandbox, startSandbox } from "../demo/child-commands.ts";
import { checkIntegrity, checkLedger, type RunDocument } from "./check-memory.ts";
import { compare, differenceLines } from "./compare.ts";
import { type CrashProject, crashProject } from "./crash-project.ts";
import { type PeopleStory, peopleStory } from "./people.ts";
import { type Ended, type Running, startProgram } from "./start-program.ts";
import type { Target } from "./targets.ts";

const MAIN = fileURLToPath(new URL("../../dist/src/main.js", import.meta.url));
const WITH_POINTS = [
  "--import",
  import.meta.resolve("tsx"),
  fileURLToPath(new URL("program-with-points.ts", import.meta.url)),
];

export type Call = {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly rows: number;
  readonly time: number;
};
export type Document = {
  readonly run?: RunDocument;
  readonly error?: { readonly code: string; readonly message: string };
};

/** A sandbox in a process of its own, a project that writes into it, and the program. */
export interface Stage {
  sandbox: Sandbox;
  readonly project: CrashProject;
  readonly story: PeopleStory;
  /** `sluice run people --json`. */
  start(): Running;
  /** The same by the program with points; the environment as `program-with-points.ts` reads it. */
  startWithPoints(env: Readonly<Record<string, string>>): Running;
  run(): Promise<Ended & Document>;
  /** Calls that may write, of the request log. */
  writes(): Promise<readonly Call[]>;
  /** Resolves once so many writes were answered; throws where the program ends before. */
  written(count: number, running: Running): Promise<void>;
  /** Delays every write from here on; null takes the delay away. */
  slow(ms: number | null): Promise<void>;
  /** What is wrong with records, ledger and databases; empty where all is as the model says. */
  faults(): Promise<readonly string[]>;
}

export type StageOptions = {
  readonly target: Target;
  readonly rows: number;
  /** Folder of the project; null makes one. */
  readonly dir?: string;
  readonly sandboxOptions?: readonly string[];
};

/** Makes stages that are struck when the test file ends. */
export function stageMaker(): (options: StageOptions) => Promise<Stage> {
  // Many processes, one after the other: on a busy machine that takes its time.
  vi.setConfig({ testTimeout: 120_000 });
  const stages: { stage: Stage; running: Set<Running> }[] = [];
  afterAll(async () => {
    for (const { stage, running } of stages) {
      for (const { child } of running) child.kill("SIGKILL");
      await stage.sandbox.stop();
      stage.project.remove();
    }
  });
  return async ({ target, rows, dir, sandboxOptions }) => {
    const sandbox = await startSandbox("unlimited", target.vendor, sandboxOptions);
    const running = new Set<Running>();
    const story = peopleStory(target, seededRandom(7));
    story.grow(rows);
    const project = crashProject(target, sandbox.url, dir);
    const stage = stageOn({ target, sandbox, project, story, running, strangers: await target.prepare(sandbox) });
    stages.push({ stage, running });
    await project.fill(story.people());
    return stage;
  };
}

type Parts = {
  readonly target: Target;
  readonly sandbox: Sandbox;
  readonly project: CrashProject;
  readonly story: PeopleStory;
  readonly running: Set<Running>;
  readonly strangers: readonly string[];
};

function stageOn({ target, sandbox, project, story, running, strangers }: Parts): Stage {
  const started = (args: readonly string[], env?: Readonly<Record<string, string>>): Running => {
    const one = startProgram(project.dir, args, env);
    running.add(one);
    return { ...one, ended: one.ended.finally(() => running.delete(one)) };
  };
  const stage: Stage = {
    sandbox,
    project,
    story,
    start: () => started([MAIN, "run", "people", "--json"]),
    startWithPoints: (env) => started([...WITH_POINTS, "run", "people", "--json"], env),
    run: async () => {
      const ended = await stage.start().ended;
      return { ...ended, ...(JSON.parse(ended.stdout) as Document) };
    },
    writes: async () =>
      ((await stage.sandbox.control("GET", "requests")) as Call[]).filter((call) => target.isWrite(call)),
    written: async (count, { child }) => {
      while ((await stage.writes()).length < count) {
        if (child.exitCode !== null) throw new Error(`the program ended with ${child.exitCode} before write ${count}`);
        await delay(10);
      }
    },
    slow: async (ms) => {
      await stage.sandbox.control("DELETE", "faults");
      const fault = { match: { path: target.slowPath }, times: null, fault: { delay_ms: ms } };
      if (ms !== null) await stage.sandbox.control("POST", "faults", fault);
    },
    faults: async () => {
      const all = await target.dump(stage.sandbox);
      const records = all.filter(({ id }) => !strangers.includes(id)).map(({ text }) => text);
      const runs = await started([MAIN, "runs", "--json"]).ended;
      return [
        ...differenceLines(compare(story.wanted(), records)),
        ...(all.length - records.length === strangers.length ? [] : ["records of strangers are gone"]),
        ...checkLedger((JSON.parse(runs.stdout) as { runs: RunDocument[] }).runs),
        ...(existsSync(join(project.dir, ".sluice")) ? await checkIntegrity(project.dir) : ["there is no .sluice"]),
      ];
    },
  };
  return stage;
}
