import type { Clock } from "../contract/clock.ts";
import { Fault } from "../contract/fault.ts";
import type { Planner } from "../contract/planner.ts";
import type { Project } from "../contract/project.ts";
import type { ServiceStore } from "../contract/service.ts";
import type { StateStore } from "../contract/state.ts";
import { openPlanner } from "../planner/open-planner.ts";
import { openState } from "../state/open-state.ts";
import { checkAfterDeath } from "./check-after-death.ts";
import { cleanScratch } from "./clean-scratch.ts";
import { exists, sizeOf } from "./exists.ts";
import { plannerFile } from "./plan-path.ts";
import { hasRun, MARKER, projectId, writeMarker } from "./state-marker.ts";

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
  if (ran && !hasState) throw missing(project, "state", project.stateFile);
  if (!hasPlanner && (ran || (hasState && (await stateKnowsSyncs(project, clock)))))
    throw missing(project, "planner", planFile);
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
    if (!hasState && (await planner.metas()).length > 0) throw missing(project, "state", project.stateFile);
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

/** The state for commands that only look; null where nothing ever ran. */
export async function openLook(project: Project, clock: Clock): Promise<StateStore | null> {
  if (await exists(project.stateFile)) return openState({ file: project.stateFile, mode: "look", clock });
  if (await hasRun(project)) throw missing(project, "state", project.stateFile);
  return null;
}

/** The state for commands that write a line of it beside whatever runs; null where nothing ever ran. */
export async function openLedger(project: Project, clock: Clock): Promise<(StateStore & ServiceStore) | null> {
  if (await exists(project.stateFile)) return openState({ file: project.stateFile, mode: "open", clock });
  if (await hasRun(project)) throw missing(project, "state", project.stateFile);
  return null;
}

async function stateKnowsSyncs(project: Project, clock: Clock): Promise<boolean> {
  const state = await openState({ file: project.stateFile, mode: "look", clock });
  const known = (await state.syncs()).length > 0;
  await state.close();
  return known;
}

function missing(project: Project, what: string, file: string): Fault {
  const where = file.startsWith(project.dir) ? file.slice(project.dir.length + 1) : file;
  return new Fault(
    "STATE_MISSING",
    `this project has run before (environment "${project.environment}"), and its ${what} ${where} is gone`,
    {
      fix: `restore .sluice from a backup with \`sluice state restore BACKUP\`. To start over on purpose: move what is left of .sluice away and delete ${MARKER}; rows are then matched to the records that are there by the match list. Nothing was sent`,
    },
  );
}

async function isFilled(path: string): Promise<boolean> {
  return ((await sizeOf(path)) ?? 0) > 0;
}
