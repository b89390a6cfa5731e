import type { Sync } from "../contract/project.ts";
import { NO_OPERATION_COUNTS, type Operations, type RunRecord } from "../contract/run.ts";
import type { Lease, StateStore } from "../contract/state.ts";
import type { Delivered } from "../delivery/deliver.ts";
import { acceptAnswered } from "./accept-answered.ts";
import { countRun } from "./count-run.ts";
import type { RunLedger } from "./deliver-plan.ts";
import { planPath } from "./plan-path.ts";
import { newsOf } from "./run-outcome.ts";
import type { Workbench } from "./workbench.ts";

/**
 * The ledger of a run that several processes worked on, that pauses, or whose answers could not all be written down: only what is
 * stored tells the whole.
 */
export async function storedLedger(
  bench: Workbench,
  state: StateStore,
  sync: Sync,
  run: RunRecord,
  lease: Lease,
  { stopped }: Delivered,
): Promise<RunLedger> {
  const path = planPath(bench.project, run.id);
  // An answer whose writing failed may be written all the same: it counts here, so it has to be in the snapshot, too.
  if (stopped !== null) await acceptAnswered(bench, state, lease, run);
  // What a resumed run leaves out on purpose nobody waits for: the next plan decides on it anew.
  const isLeftOut = stopped === null && run.resumes > 0;
  const rest = isLeftOut || stopped?.code === "CANCELLED" ? "cancelled" : "deferred";
  const counted = await countRun(bench.planner, state, run.id, path, rest);
  const operations = withStandingBack(counted, run.operations);
  const records = await bench.planner.tallyRun({ sync: sync.name, run: run.id, plan: path });
  const rejected = Object.values(operations).reduce((sum, counts) => sum + counts.rejected, 0);
  const news = await newRejectsOf(state, run);
  return { operations, ...records, newRejected: newsOf(news, { rejected, read: run.counts?.read ?? 0 }, sync) };
}

/** Rows that stood back for others, or are never sent, are in no plan file; the run's row knows them since it was planned. */
function withStandingBack(counted: Operations, before: Operations): Operations {
  const merged = { ...counted };
  for (const [name, { superseded, suppressed = 0 }] of Object.entries(before)) {
    const operation = name as keyof Operations;
    if (superseded + suppressed === 0) continue;
    merged[operation] = { ...(merged[operation] ?? NO_OPERATION_COUNTS), superseded, suppressed };
  }
  return merged;
}

/** Rows that this run refused for the first time, by code. */
async function newRejectsOf(state: StateStore, run: RunRecord): Promise<ReadonlyMap<string, number>> {
  const byCode = new Map<string, number>();
  for await (const page of state.rejects(run.sync))
    for (const reject of page)
      if (reject.run === run.id && reject.attempts === 1) byCode.set(reject.code, (byCode.get(reject.code) ?? 0) + 1);
  return byCode;
}
