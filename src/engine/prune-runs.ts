import type { StateStore } from "../contract/state.ts";
import { planPath } from "./plan-path.ts";
import type { Workbench } from "./workbench.ts";

const DAY_MS = 24 * 3_600_000;

/**
 * Lets go of runs and plans that are older than the retention. A run looks after its own sync; those of syncs that never run any
 * more are looked for when a process begins (null).
 */
export async function pruneRuns(
  { project, clock, planner }: Pick<Workbench, "project" | "clock" | "planner">,
  state: StateStore,
  sync: string | null,
): Promise<void> {
  const { runs, days } = project.keep;
  const beforeMs = clock.now() - days * DAY_MS;
  for (const id of await state.prune(runs, beforeMs, ...(sync === null ? [] : [sync])))
    await planner.dropPlan(planPath(project, id));
}
