import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../contract/clock.ts";
import { Fault, type FaultCode } from "../contract/fault.ts";
import type { Planner } from "../contract/planner.ts";
import type { Project } from "../contract/project.ts";
import type { StateStore } from "../contract/state.ts";
import { amount, count, rowCount } from "../core/count-text.ts";
import { openPlanner } from "../planner/open-planner.ts";
import { openState } from "../state/open-state.ts";
import { halvesOf, troubleOfHalves } from "./compare-halves.ts";
import { sizeOf } from "./exists.ts";
import { namesIn, plansDir, scratchDir } from "./memory-files.ts";
import { plannerFile, planPath } from "./plan-path.ts";
import { hasRun } from "./state-marker.ts";

/** One thing that was looked at. A warning is worth a look and stops nobody. */
export type Finding = {
  readonly what: string;
  readonly verdict: "ok" | "warning" | "wrong";
  readonly code: FaultCode | null;
  readonly detail: string;
  readonly fix: string | null;
};

export type Verified = {
  readonly findings: readonly Finding[];
  /** Files that belong to nothing any more, below the project's folder. */
  readonly leftovers: readonly string[];
  readonly cleaned: boolean;
};

export type VerifyOptions = {
  readonly project: Project;
  readonly clock: Clock;
  /** Removes the leftovers. */
  readonly clean: boolean;
};

const MEMORY_LIMIT_MB = 512;
const MOST_RUNS = 10_000;
const RESTORE =
  "put state, planner and plans back from one backup (`sluice state restore BACKUP`); no run sends anything until then";

/**
 * Reads all that the project remembers and says what of it is wrong; opens no connection. Waits for whoever works on the project.
 * Faults: PLANNER_BUSY; everything else is a finding.
 */
export async function verifyMemory(options: VerifyOptions, signal: AbortSignal): Promise<Verified> {
  const { project } = options;
  const findings: Finding[] = [];
  const note = (what: string, detail: string): void => void findings.push(finding(what, "ok", detail));
  const ran = await look(findings, "marker", () => hasRun(project));
  const [hasState, hasPlanner] = [await isFilled(project.stateFile), await isFilled(plannerFile(project))];
  if (ran === false && !hasState && !hasPlanner) {
    note("memory", "nothing ran yet in this environment, so nothing is remembered");
    return { findings, leftovers: [], cleaned: false };
  }
  const planner = hasPlanner
    ? await look(findings, "planner", () => lockedPlanner(options, signal))
    : lost(findings, "planner");
  try {
    const state = hasState ? await look(findings, "state", () => lookAtState(options)) : lost(findings, "state");
    try {
      if (state !== null) await checkState(findings, state);
      if (planner !== null) await checkPlanner(findings, planner);
      if (state !== null && planner !== null) await checkHalves(findings, state, planner);
      if (state !== null && planner !== null) await checkPlans(findings, options, state, planner);
      await checkAside(findings, project);
      // Without the planner's lock somebody may be making these files just now.
      const leftovers = state === null || planner === null ? [] : await leftoverFiles(project, state);
      if (options.clean) for (const file of leftovers) await rm(join(project.workDir, file), { recursive: true });
      return { findings, leftovers, cleaned: options.clean && leftovers.length > 0 };
    } finally {
      await state?.close();
    }
  } finally {
    await planner?.close();
  }
}

/** What it throws becomes a finding. A busy planner is no finding: it says nothing about the memory. */
async function look<T>(findings: Finding[], what: string, work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Fault) || ["PLANNER_BUSY", "CANCELLED"].includes(error.code)) throw error;
    findings.push(wrong(what, error));
    return null;
  }
}

function finding(what: string, verdict: "ok" | "warning", detail: string, fix: string | null = null): Finding {
  return { what, verdict, code: null, detail, fix };
}

function wrong(what: string, { code, message, fix }: Fault): Finding {
  return { what, verdict: "wrong", code, detail: message, fix };
}

function lost(findings: Finding[], what: string): null {
  findings.push(wrong(what, new Fault("STATE_MISSING", `the ${what}'s file is gone`, { fix: RESTORE })));
  return null;
}

function lockedPlanner({ project, clock }: VerifyOptions, signal: AbortSignal): Promise<Planner> {
  const engine = { file: plannerFile(project), workDir: project.workDir, projectDir: project.dir, directories: [] };
  return openPlanner({ ...engine, memoryLimitMb: MEMORY_LIMIT_MB, clock }, signal);
}

function lookAtState({ project, clock }: VerifyOptions): Promise<StateStore> {
  return openState({ file: project.stateFile, mode: "look", clock });
}

async function checkState(findings: Finding[], state: StateStore): Promise<void> {
  const troubles = await look(findings, "state", () => state.inspect("full"));
  if (troubles === null) return;
  for (const trouble of troubles)
    findings.push(wrong("state", new Fault("STATE_CORRUPT", `the state database: ${trouble}`, { fix: RESTORE })));
  if (troubles.length === 0) findings.push(finding("state", "ok", "whole, and every reference leads somewhere"));
}

async function checkPlanner(findings: Finding[], planner: Planner): Promise<void> {
  const metas = await look(findings, "planner", () => planner.metas());
  for (const { sync, generation } of metas ?? []) {
    const what = `snapshot ${sync}`;
    const facts = await look(findings, what, () => planner.inspect(sync));
    if (facts === null) continue;
    const detail = `${rowCount(facts.rows)}, ${count(facts.linked)} with a record, generation ${generation}`;
    findings.push(finding(what, "ok", detail));
    if (facts.shared > 0)
      findings.push(
        finding(
          what,
          "warning",
          `${amount(facts.shared, "record")} stand for several rows each: merged in the destination, or two rows of one person`,
          "merge the rows in the model, or give each its own record; none of these records is removed while a row holds it",
        ),
      );
  }
}

async function checkHalves(findings: Finding[], state: StateStore, planner: Planner): Promise<void> {
  const all = await look(findings, "generations", () => halvesOf(state, planner));
  if (all === null) return;
  const troubles = all.map(troubleOfHalves).filter((trouble) => trouble !== null);
  for (const trouble of troubles) findings.push(wrong("generations", trouble));
  if (troubles.length === 0) findings.push(finding("generations", "ok", "state and planner belong together"));
  for (const { record } of all) {
    const restored = record === undefined ? null : await state.restoration(record.name);
    if (restored === null) continue;
    const { sync, backupAt } = restored;
    const detail = `restored from a backup of ${new Date(backupAt).toISOString()}: nothing is removed`;
    findings.push(finding(`snapshot ${sync}`, "warning", detail, `\`sluice link ${sync}\` confirms its records`));
  }
}

/** Plans that something waits for: of unfinished runs as they were written, and of holds. */
async function checkPlans(
  findings: Finding[],
  { project, clock }: VerifyOptions,
  state: StateStore,
  planner: Planner,
): Promise<void> {
  const open = await state.runs({ states: ["queued", "planning", "writing", "paused"], limit: MOST_RUNS });
  const committed = open.filter((run) => run.planSha256 !== null);
  let broken = 0;
  for (const run of committed) {
    const sha = await planner.planSha(planPath(project, run.id));
    if (sha === run.planSha256) continue;
    broken++;
    const how = sha === null ? "gone" : "damaged";
    const fix = `${RESTORE}; without one, \`sluice reset ${run.sync} --yes\` and \`sluice link ${run.sync}\``;
    findings.push(
      wrong(
        "plans",
        new Fault("PLAN_CORRUPT", `the plan of the unfinished run ${run.id} of "${run.sync}" is ${how}`, { fix }),
      ),
    );
  }
  let holds = 0;
  for (const sync of new Set([...(await state.syncs()).map(({ name }) => name), ...project.syncs.keys()]))
    for (const hold of await state.holds(sync, clock.now())) {
      holds++;
      if (await planner.hasPlan(planPath(project, hold.run))) continue;
      broken++;
      const fix = `run \`sluice run ${sync}\` again: it plans and asks anew`;
      findings.push(
        wrong("plans", new Fault("PLAN_CORRUPT", `the plan of ${hold.run}, which a guard holds, is gone`, { fix })),
      );
    }
  if (broken === 0) {
    const detail = `${amount(committed.length, "unfinished run")}, ${amount(holds, "hold")}; their plans are there`;
    findings.push(finding("plans", "ok", detail));
  }
}

/** Memories that restores put aside hold people's data for as long as nobody deletes them. */
async function checkAside(findings: Finding[], project: Project): Promise<void> {
  const aside = (await namesIn(project.workDir)).filter((name) => name.startsWith("before-restore-"));
  for (const name of aside)
    findings.push(
      finding(
        "restores",
        "warning",
        `${name} holds the memory of before a restore`,
        "delete it when nobody needs it any more",
      ),
    );
}

/** Plans whose run nobody knows, and whatever lies in the scratch folder: the lock says that nobody is making them. */
async function leftoverFiles(project: Project, state: StateStore): Promise<string[]> {
  const found: string[] = [];
  for (const name of await namesIn(plansDir(project))) {
    const run = /^([\w-]+?)(\.invalid)?\.parquet(\.tmp)?$/.exec(name);
    if (run === null) continue;
    const isKnown = run[3] === undefined && (await state.run(run[1] ?? "")) !== null;
    if (!isKnown) found.push(join("plans", name));
  }
  // The planner's own spill files are gone when it is closed.
  const scratch = (await namesIn(scratchDir(project))).filter((name) => !name.startsWith("duckdb_temp"));
  return [...found, ...scratch.map((name) => join("tmp", name))];
}

async function isFilled(path: string): Promise<boolean> {
  return ((await sizeOf(path)) ?? 0) > 0;
}
