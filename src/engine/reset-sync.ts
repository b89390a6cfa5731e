import { Fault } from "../contract/fault.ts";
import type { SnapshotTally } from "../contract/planner.ts";
import type { Operations, RunRecord } from "../contract/run.ts";
import type { Lease, StateStore } from "../contract/state.ts";
import { rowCount } from "../core/count-text.ts";
import { hint } from "../core/suggest.ts";
import { countRun } from "./count-run.ts";
import { planPath } from "./plan-path.ts";
import type { RunOptions } from "./run-options.ts";
import { underLease } from "./under-lease.ts";
import { unfinishedRekey } from "./unfinished-rekey.ts";
import type { Workbench } from "./workbench.ts";

/** What `reset` forgets of a sync. */
export type Forgettable = {
  readonly sync: string;
  readonly hasFile: boolean;
  /** Half a memory counts too: a planner without the state's word of the sync, or the other way round. */
  readonly isKnown: boolean;
  /** null where the planner holds no snapshot. */
  readonly snapshot: SnapshotTally | null;
  readonly refusals: number;
  readonly holds: number;
};

/** Says what a reset would forget. Faults: USAGE for a name that neither a file, the planner nor the state knows. */
export async function lookAtReset(bench: Workbench, sync: string): Promise<Forgettable> {
  const { planner, state, project } = bench;
  const metas = await planner.metas();
  const records = (await state?.syncs()) ?? [];
  const remembered = [...metas.map((meta) => meta.sync), ...records.map((record) => record.name)];
  const hasFile = project.syncs.has(sync);
  const ran = hasFile || ((await state?.runs({ sync, limit: 1 })) ?? []).length > 0;
  if (!ran && !remembered.includes(sync))
    throw new Fault("USAGE", `there is no sync "${sync}", and nothing is remembered of one`, {
      fix: hint(sync, [...project.syncs.keys(), ...remembered], "syncs"),
    });
  const snapshot = await planner.tally(sync);
  const refusals = state === null ? 0 : await countRejects(state, sync);
  const holds = (await state?.holds(sync, bench.clock.now()))?.length ?? 0;
  const isKnown = remembered.includes(sync) || refusals > 0 || holds > 0;
  return { sync, hasFile, isKnown, snapshot, refusals, holds };
}

/**
 * Forgets snapshot, refusals and holds of a sync; its runs stay in history. The next run starts as a first one and links
 * before it writes (S24). A reset that is cut short leaves one half, which the sync refuses to work with: repeating it mends that.
 */
export async function resetSync(
  bench: Workbench,
  state: StateStore,
  sync: string,
  options: Pick<RunOptions, "holder" | "isDead" | "who">,
  signal: AbortSignal,
): Promise<Forgettable> {
  const work = async (lease: Lease): Promise<Forgettable> => {
    const forgotten = await lookAtReset(bench, sync);
    await endInterrupted(bench, state, lease);
    const { snapshot, refusals, holds } = forgotten;
    const ours = (snapshot?.created ?? 0) + (snapshot?.adopted ?? 0) + (snapshot?.unknown ?? 0);
    const detail = `forgot ${rowCount(snapshot?.rows ?? 0)}, ${ours} with a record, ${refusals} refusals, ${holds} holds`;
    // The audit first: a reset that is cut short has its line, too.
    await state.audit({ at: bench.clock.now(), who: options.who, act: "reset", sync, run: null, detail });
    await state.putSetting(unfinishedRekey.settingOf(sync), "");
    await bench.planner.forget(sync, lease.epoch);
    await state.forgetSync(lease);
    return forgotten;
  };
  return underLease(bench, state, sync, options, work, signal);
}

/** Runs that never ended have nothing to come back to: recovering them would need the snapshot, or a plan that may be damaged. */
async function endInterrupted(bench: Workbench, state: StateStore, lease: Lease): Promise<void> {
  const states = ["planning", "writing", "paused"] as const;
  const open = await state.runs({ sync: lease.sync, states, withPlans: true, limit: 100 });
  for (const run of open)
    await state.patchRun(lease, run.id, {
      state: "failed",
      code: "INTERRUPTED",
      reason: "interrupted; what it had sent was forgotten by a reset",
      endedAt: bench.clock.now(),
      operations: await operationsOf(bench, state, run),
    });
}

async function operationsOf(bench: Workbench, state: StateStore, run: RunRecord): Promise<Operations> {
  const path = planPath(bench.project, run.id);
  const isWhole = run.planSha256 !== null && (await bench.planner.planSha(path)) === run.planSha256;
  return isWhole ? countRun(bench.planner, state, run.id, path) : run.operations;
}

async function countRejects(state: StateStore, sync: string): Promise<number> {
  let count = 0;
  for await (const page of state.rejects(sync)) count += page.length;
  return count;
}
