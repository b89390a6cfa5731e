import type { RunRecord } from "../contract/run.ts";
import type { Lease, RunPatch, StateStore } from "../contract/state.ts";
import { planPath } from "./plan-path.ts";
import type { Workbench } from "./workbench.ts";

const DAY_MS = 24 * 3_600_000;

/** Writes a run's last word and lets go of what is older than the retention: old plans hold people's data (S27). */
export async function finishRun(
  bench: Workbench,
  state: StateStore,
  lease: Lease,
  run: RunRecord,
  patch: RunPatch,
): Promise<RunRecord> {
  const endedAt = bench.clock.now();
  await state.patchRun(lease, run.id, { ...patch, endedAt });
  const { runs, days } = bench.project.keep;
  for (const id of await state.prune(runs, endedAt - days * DAY_MS))
    await bench.planner.dropPlan(planPath(bench.project, id));
  return (await state.run(run.id)) ?? { ...run, ...patch, endedAt };
}
