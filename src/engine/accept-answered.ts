import { Fault } from "../contract/fault.ts";
import type { Acceptance } from "../contract/planner.ts";
import type { RunRecord } from "../contract/run.ts";
import type { BatchRecord, Lease, StateStore } from "../contract/state.ts";
import { toAcceptance } from "../delivery/recorder.ts";
import type { SeqRange } from "../planner/plan-reader.ts";
import { planPath } from "./plan-path.ts";
import type { Workbench } from "./workbench.ts";

/** What an interrupted run left behind. */
export type LeftBehind = {
  readonly batches: readonly BatchRecord[];
  /** Sent, and no answer was written down. */
  readonly sent: readonly SeqRange[];
  /** Answered, and even then nobody knew: in doubt in the snapshot. */
  readonly unknown: readonly SeqRange[];
};

/**
 * Brings the snapshot up to what an interrupted run had acknowledged. Repeating it changes nothing. Fault: PLAN_CORRUPT where
 * the plan that the state names is not there as it was.
 */
export async function acceptAnswered(
  bench: Workbench,
  state: StateStore,
  lease: Lease,
  run: RunRecord,
): Promise<LeftBehind> {
  const plan = planPath(bench.project, run.id);
  await checkPlan(bench, plan, run);
  const batches = await state.batches(run.id);
  const sent = batches.filter((batch) => batch.state === "sent");
  const unknown = batches.flatMap(unknownRows);
  const at = { sync: lease.sync, epoch: lease.epoch, plan };
  await bench.planner.markInDoubt(at, unknown);
  const rows = batches.flatMap(acceptances);
  if (rows.length > 0) await bench.planner.accept({ ...at, run: run.id, nowMs: bench.clock.now() }, rows);
  const answered = batches.filter((batch) => batch.acks !== null);
  await state.foldAccepted(lease, run.id, answered);
  return { batches, sent, unknown };
}

async function checkPlan(bench: Workbench, path: string, run: RunRecord): Promise<void> {
  const sha = await bench.planner.planSha(path);
  if (sha === run.planSha256) return;
  throw new Fault("PLAN_CORRUPT", `the plan of the interrupted run ${run.id} is ${sha === null ? "gone" : "damaged"}`, {
    fix: `restore state, planner and plans from one backup (\`sluice state restore\`); without one, \`sluice reset ${run.sync} --yes\` and \`sluice link ${run.sync}\`; nothing more was sent`,
  });
}

function unknownRows({ acks, fromSeq }: BatchRecord): SeqRange[] {
  return (acks ?? []).flatMap((ack, index) => {
    const seq = fromSeq + index;
    return ack.state === "unknown" ? [{ fromSeq: seq, toSeq: seq }] : [];
  });
}

function acceptances({ acks, fromSeq }: BatchRecord): Acceptance[] {
  return (acks ?? []).map((ack, index) => toAcceptance({ seq: fromSeq + index }, ack)).filter((row) => row !== null);
}
