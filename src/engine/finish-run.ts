import type { RunRecord } from "../contract/run.ts";
import type { Lease, RunPatch, StateStore } from "../contract/state.ts";
import { pruneRuns } from "./prune-runs.ts";
import type { Workbench } from "./workbench.ts";

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
  await pruneRuns(bench, state, run.sync);
  return (await state.run(run.id)) ?? { ...run, ...patch, endedAt };
}
