import { Fault } from "../contract/fault.ts";
import type { Acceptance, Planner } from "../contract/planner.ts";
import type { RunRecord } from "../contract/run.ts";
import type { BatchRecord, Lease, StateStore } from "../contract/state.ts";
import { rowCount } from "../core/count-text.ts";
import { toAcceptance } from "../delivery/recorder.ts";
import { sha256Of } from "../planner/plan-file.ts";
import { countRun } from "./count-run.ts";
import { exists } from "./exists.ts";
import { planPath } from "./plan-path.ts";
import type { Workbench } from "./workbench.ts";

/**
 * Ends a run that was interrupted (killed, or the machine went down). What it acknowledged is accepted; what it sent
 * without an answer is marked in doubt, so that the next plan holds it whatever the model says; the rest was never sent
 * and is found again by the diff. Then the run is over: the caller plans anew.
 */
export async function recoverRuns(bench: Workbench, state: StateStore, lease: Lease): Promise<readonly RunRecord[]> {
  const open = await state.runs({ sync: lease.sync, states: ["queued", "planning", "writing", "paused"], limit: 100 });
  const recovered: RunRecord[] = [];
  for (const run of [...open].reverse()) recovered.push(await recoverRun(bench, state, lease, run));
  return recovered;
}

async function recoverRun(bench: Workbench, state: StateStore, lease: Lease, run: RunRecord): Promise<RunRecord> {
  const endedAt = bench.clock.now();
  if (run.planSha256 === null) {
    const reason = "interrupted before anything was sent";
    const patch = { state: "failed", code: "INTERRUPTED", reason, endedAt } as const;
    await state.patchRun(lease, run.id, patch);
    return { ...run, ...patch };
  }
  const path = planPath(bench.project, run.id);
  const batches = await state.batches(run.id);
  await checkPlan(path, run);
  const inDoubt = await settleBatches(bench, state, lease, run, path, batches);
  const operations = await countRun(bench.planner, state, run.id, path);
  const reason = `interrupted; ${rowCount(inDoubt)} in doubt ${inDoubt === 1 ? "is" : "are"} planned again`;
  const patch = { state: "failed", code: "INTERRUPTED", reason, endedAt, operations } as const;
  await state.patchRun(lease, run.id, patch);
  return { ...run, ...patch };
}

async function checkPlan(path: string, run: RunRecord): Promise<void> {
  const isThere = await exists(path);
  if (isThere && (await sha256Of(path)) === run.planSha256) return;
  throw new Fault("PLAN_CORRUPT", `the plan of the interrupted run ${run.id} is ${isThere ? "damaged" : "gone"}`, {
    fix: "restore .sluice (state, planner and plans together) from a backup; nothing was sent",
  });
}

/** Brings the snapshot up to what is acknowledged; gives the number of rows in doubt. */
async function settleBatches(
  bench: Workbench,
  state: StateStore,
  lease: Lease,
  run: RunRecord,
  plan: string,
  batches: readonly BatchRecord[],
): Promise<number> {
  const doubtful = batches.flatMap((batch) => {
    if (batch.state === "sent") return [{ fromSeq: batch.fromSeq, toSeq: batch.toSeq }];
    const unknown = (batch.acks ?? []).flatMap((ack, index) =>
      ack.state === "unknown" ? [batch.fromSeq + index] : [],
    );
    return unknown.map((seq) => ({ fromSeq: seq, toSeq: seq }));
  });
  const at = { sync: lease.sync, epoch: lease.epoch, plan };
  await bench.planner.markInDoubt(at, doubtful);
  await acceptBatches(bench.planner, { ...at, run: run.id, nowMs: bench.clock.now() }, batches);
  const accepted = batches.filter((batch) => batch.acks !== null);
  await state.foldAccepted(lease, run.id, accepted);
  return doubtful.reduce((sum, range) => sum + range.toSeq - range.fromSeq + 1, 0);
}

async function acceptBatches(
  planner: Planner,
  at: { sync: string; epoch: number; run: string; plan: string; nowMs: number },
  batches: readonly BatchRecord[],
): Promise<void> {
  const rows = batches.flatMap((batch) =>
    (batch.acks ?? [])
      .map((ack, index): Acceptance | null => toAcceptance({ seq: batch.fromSeq + index }, ack))
      .filter((row) => row !== null),
  );
  if (rows.length > 0) await planner.accept(at, rows);
}
