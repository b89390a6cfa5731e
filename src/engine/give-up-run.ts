import type { RunRecord } from "../contract/run.ts";
import type { Lease, StateStore } from "../contract/state.ts";
import { rowCount } from "../core/count-text.ts";
import { acceptAnswered } from "./accept-answered.ts";
import { countRun } from "./count-run.ts";
import { planPath } from "./plan-path.ts";
import { rowsIn } from "./sent-ranges.ts";
import type { Workbench } from "./workbench.ts";

/** Runs of a sync that have not ended, oldest first. */
export async function unfinishedRuns(state: StateStore, sync: string): Promise<readonly RunRecord[]> {
  const open = await state.runs({ sync, states: ["planning", "writing", "paused"], withPlans: true, limit: 100 });
  return [...open].reverse();
}

/** Ends every unfinished run, for acts that change what a plan would rest on (link, baseline, rekey). */
export async function giveUpRuns(bench: Workbench, state: StateStore, lease: Lease): Promise<readonly RunRecord[]> {
  const given: RunRecord[] = [];
  for (const run of await unfinishedRuns(state, lease.sync))
    given.push(await giveUpRun(bench, state, lease, run, "interrupted"));
  return given;
}

/**
 * Ends a run that is not taken up again. What it acknowledged is accepted; what it sent without an answer is marked in doubt,
 * so that the next plan holds it whatever the model says; the rest was never sent and is found again by the diff. Then the
 * run is over: the caller plans anew. `why` begins the reason that history keeps. Fault: PLAN_CORRUPT.
 */
export async function giveUpRun(
  bench: Workbench,
  state: StateStore,
  lease: Lease,
  run: RunRecord,
  why: string,
): Promise<RunRecord> {
  const endedAt = bench.clock.now();
  if (run.planSha256 === null) {
    const reason = `${why} before anything was sent`;
    const patch = { state: "failed", code: "INTERRUPTED", reason, endedAt } as const;
    await state.patchRun(lease, run.id, patch);
    return { ...run, ...patch };
  }
  const { sent, unknown } = await acceptAnswered(bench, state, lease, run);
  const plan = planPath(bench.project, run.id);
  await bench.planner.markInDoubt({ sync: lease.sync, epoch: lease.epoch, plan }, sent);
  const inDoubt = rowsIn([...sent, ...unknown]);
  const operations = await countRun(bench.planner, state, run.id, plan);
  const records = await bench.planner.tallyRun({ sync: lease.sync, run: run.id, plan });
  const reason = `${why}; ${rowCount(inDoubt)} in doubt ${inDoubt === 1 ? "is" : "are"} planned again`;
  const patch = { state: "failed", code: "INTERRUPTED", reason, endedAt, operations, ...records } as const;
  await state.patchRun(lease, run.id, patch);
  return { ...run, ...patch };
}
