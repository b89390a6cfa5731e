import type { Sync } from "../contract/project.ts";
import type { StateStore } from "../contract/state.ts";
import type { RunOptions } from "./run-options.ts";
import { takeLease } from "./under-lease.ts";
import type { Workbench } from "./workbench.ts";

/**
 * `renamed_from:` moves the snapshot of a sync whose file is gone to the sync's new name, in planner and state. A crash
 * between the two is mended by the next start: each half moves only where the old name still stands.
 */
export async function takeOver(
  bench: Workbench,
  state: StateStore,
  sync: Sync,
  options: Pick<RunOptions, "holder" | "isDead" | "who">,
): Promise<void> {
  const former = sync.renamedFrom;
  if (typeof former !== "string" || bench.project.syncs.has(former)) return;
  const inPlanner = await bench.planner.metas();
  const inState = await state.syncs();
  const plannerMoves = inPlanner.some((meta) => meta.sync === former);
  const stateMoves = inState.some((record) => record.name === former);
  if (!plannerMoves && !stateMoves) return;
  const { lease } = await takeLease(state, former, options);
  if (plannerMoves) await bench.planner.rename(former, sync.name);
  if (stateMoves) await state.renameSync(former, sync.name);
  const who = options.who;
  await state.audit({
    at: bench.clock.now(),
    who,
    act: "rename",
    sync: sync.name,
    run: null,
    detail: `from ${former}`,
  });
  await state.release({ ...lease, sync: stateMoves ? sync.name : former });
}
