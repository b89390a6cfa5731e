import type { Clock } from "../contract/clock.ts";
import type { Planner } from "../contract/planner.ts";
import type { Project } from "../contract/project.ts";
import type { ServiceStore } from "../contract/service.ts";
import type { StateStore } from "../contract/state.ts";
import { openPlanner } from "../planner/open-planner.ts";
import { openState } from "../state/open-state.ts";
import { checkAfterDeath } from "./check-after-death.ts";
import { cleanScratch } from "./clean-scratch.ts";
import { sizeOf } from "./exists.ts";
import { missingHalf } from "./open-ledger.ts";
import { plannerFile } from "./plan-path.ts";
import { hasRun, projectId, writeMarker } from "./state-marker.ts";

/** What a project remembers: the ledger and the snapshots. Both or neither. */
export type Memory = { readonly state: (StateStore & ServiceStore) | null; readonly planner: Planner };

export type MemoryOptions = {
  readonly project: Project;
  readonly clock: Clock;
  /** Further folders that models may read, from the warehouse connections. */
  readonly directories: readonly string[];
  /** `run` creates what is not there on a first run; `plan` creates nothing. */
  readonly mode: "run" | "plan";
};

const MEMORY_LIMIT_MB = 512;

/**
 * Opens state and planner. The marker beside sluice.yml says that this environment ran before: a missing file is then lost,
 * not new, and nothing is sent (S25).
 */
export async function openMemory(options: MemoryOptions, signal: AbortSignal): Promise<Memory> {
  const { project, clock } = options;
  const planFile = plannerFile(project);
  const ran = await hasRun(project);
  // A first run that was killed leaves an empty file, or one half alone: nothing is remembered in it, so nothing is lost.
  const [hasState, hasPlanner] = [await isFilled(project.stateFile), await isFilled(planFile)];
  if (ran && !hasState) throw missingHalf(project, "state", project.stateFile);
  if (!hasPlanner && (ran || (hasState && (await stateKnowsSyncs(project, clock)))))
    throw missingHalf(project, "planner", planFile);
  const isPlanOnly = options.mode === "plan" && !hasState;
  const engine = {
    file: isPlanOnly && !hasPlanner ? null : planFile,
    workDir: project.workDir,
    projectDir: project.dir,
    directories: options.directories,
    memoryLimitMb: MEMORY_LIMIT_MB,
    clock,
  };
  // The planner first: its file lock is what keeps two processes from working on one project.
  const planner = await openPlanner(engine, signal);
  try {
    if (!hasState && (await planner.metas()).length > 0) throw missingHalf(project, "state", project.stateFile);
    if (engine.file !== null) await cleanScratch(project, clock);
    if (isPlanOnly) return { state: null, planner };
    const state = await openState({ file: project.stateFile, mode: ran ? "open" : "create", clock });
    try {
      await checkAfterDeath(state);
      if (options.mode === "run" && !ran) await writeMarker(project, await projectId(project, state), clock);
      return { state, planner };
    } catch (error) {
      await state.close();
      throw error;
    }
  } catch (error) {
    await planner.close();
    throw error;
  }
}

async function stateKnowsSyncs(project: Project, clock: Clock): Promise<boolean> {
  const state = await openState({ file: project.stateFile, mode: "look", clock });
  const known = (await state.syncs()).length > 0;
  await state.close();
  return known;
}

async function isFilled(path: string): Promise<boolean> {
  return ((await sizeOf(path)) ?? 0) > 0;
}
