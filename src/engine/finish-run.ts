import type { RunRecord } from "../contract/run.ts";
import type { Lease, RunPatch, StateStore } from "../contract/state.ts";
import { planPath } from "./plan-path.ts";
import type { Workbench } from "./workbench.ts";

/** Old plans hold people's data: the newest 30 runs of a sync, and those of the last 30 days, are kept (S27). */
const KEEP_RUNS = 30;
const KEEP_MS = 30 * 24 * 3_600_000;

/** Writes a run's last word and lets go of what is older than the retention. */
export async function finishRun(
  bench: Workbench,
  state: StateStore,
  lease: Lease,
  run: RunRecord,
  patch: RunPatch,
): Promise<RunRecord> {
  const endedAt = bench.clock.now();
  await state.patchRun(lease, run.id, { ...patch, endedAt });
  for (const id of await state.prune(KEEP_RUNS, endedAt - KEEP_MS))
    await bench.planner.dropPlan(planPath(bench.project, id));
  return (await state.run(run.id)) ?? { ...run, ...patch, endedAt };
}
