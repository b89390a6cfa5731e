import { Fault } from "../contract/fault.ts";
import type { PlanCount } from "../contract/planner.ts";
import type { Sync } from "../contract/project.ts";
import type { ModelCounts, Operation, RunRecord } from "../contract/run.ts";
import type { BatchRecord, StateStore } from "../contract/state.ts";
import { asFault } from "../core/as-fault.ts";
import type { DeliverRange } from "../delivery/deliver.ts";
import { newMeter } from "../delivery/gate.ts";
import { newTally } from "../delivery/tally.ts";
import type { SeqRange } from "../planner/plan-reader.ts";
import { acceptAnswered } from "./accept-answered.ts";
import { countAnswered } from "./count-run.ts";
import { deliverPlan, type Shipment } from "./deliver-plan.ts";
import { endBroken } from "./end-broken.ts";
import { describeHeld } from "./hold-plan.ts";
import { spent } from "./new-run.ts";
import { planPath } from "./plan-path.ts";
import { prepareSync } from "./prepare-sync.ts";
import type { RunOptions } from "./run-options.ts";
import type { FinishedRun } from "./run-sync.ts";
import { rowsIn, sentRanges } from "./sent-ranges.ts";
import { staysOpen } from "./stays-open.ts";
import { storedLedger } from "./stored-ledger.ts";
import type { Tenure } from "./under-lease.ts";
import type { Stay } from "./underway.ts";
import type { Workbench } from "./workbench.ts";

/**
 * Goes on with a run whose process died, or that paused: its plan is committed and its file the same. What is acknowledged is
 * accepted first; then the rows without an answer go once more, carefully; then those that were never sent. Nothing is planned,
 * so an approved set stays the set that was approved, and a resync goes on to its last row; only removals are left to the next plan.
 */
export async function resumeRun(
  bench: Workbench,
  state: StateStore,
  sync: Sync,
  run: RunRecord,
  { tenure, options }: { tenure: Tenure; options: RunOptions },
  signal: AbortSignal,
): Promise<FinishedRun> {
  const stay = bench.underway.enter();
  try {
    return await goOn(bench, state, sync, run, { tenure, options, stay }, signal);
  } finally {
    stay.leave();
  }
}

async function goOn(
  bench: Workbench,
  state: StateStore,
  sync: Sync,
  run: RunRecord,
  { tenure, options, stay }: { tenure: Tenure; options: RunOptions; stay: Stay },
  signal: AbortSignal,
): Promise<FinishedRun> {
  const { lease } = tenure;
  const meter = newMeter();
  const prepared = await prepareSync(bench, sync, meter, signal).catch(async (error: unknown) => {
    throw signal.aborted ? error : await staysOpen(state, lease, run, error);
  });
  if (prepared.account.account.id !== run.account)
    throw new Fault("DESTINATION_CHANGED", `run ${run.id} was planned for another account than this`, {
      fix: "give the connection its former credentials back; nothing was sent to this one",
    });
  const { batches } = await acceptAnswered(bench, state, lease, run);
  const taken = {
    ...run,
    state: "writing",
    resumes: run.resumes + 1,
    resumeAt: null,
    reason: null,
    code: null,
  } as const;
  const { state: now, resumes, resumeAt, reason, code } = taken;
  await state.patchRun(lease, run.id, { state: now, resumes, resumeAt, reason, code });
  const path = planPath(bench.project, run.id);
  const rest = await restOf(bench, state, taken, path, batches);
  stay.at({ sync: sync.name, account: prepared.account.account.id, object: sync.object });
  const shipment = { run: taken, prepared, tenure, meter, options, stay, tally: newTally(), ...rest };
  try {
    const ended = await deliverPlan(
      bench,
      state,
      shipment,
      (delivered) => storedLedger(bench, state, sync, taken, lease, delivered),
      signal,
    );
    return { ...ended, planned: null };
  } catch (error) {
    const fault = asFault(error);
    return endBroken(bench, state, taken, lease, fault, spent(meter, run));
  }
}

/**
 * What is left to send, and what was done and refused of the plan before. Removals are left out: since the plan was made a row
 * may have come back, and the plan that follows finds out. One that was sent without an answer is in doubt until then.
 */
async function restOf(
  bench: Workbench,
  state: StateStore,
  run: RunRecord,
  path: string,
  batches: readonly BatchRecord[],
): Promise<Pick<Shipment, "ranges" | "before" | "counts" | "aside" | "heldBy">> {
  const answered = Object.values(await countAnswered(bench.planner, state, run.id, path));
  const done = rowsIn(sentRanges(batches, run.planRows).done);
  const rejected = answered.reduce((sum, counts) => sum + counts.rejected, 0);
  const planned = await bench.planner.countPlan(path, [{ fromSeq: 0, toSeq: Number.MAX_SAFE_INTEGER }]);
  const aside = rowsOf(planned, ({ settled }) => settled === "held");
  return {
    ranges: openRanges(batches, run.planRows).flatMap((range) =>
      // What was sent has to be written down as in doubt.
      range.mayHaveLanded ? [range] : withoutRows([range], removalsOf(planned)),
    ),
    before: { done, rejected },
    counts: run.counts ?? NO_COUNTS,
    aside,
    heldBy: aside > 0 ? describeHeld(run.guards) : null,
  };
}

const NO_COUNTS: ModelCounts = { read: 0, invalid: 0, unchanged: 0, waiting: 0, added: 0, changed: 0, removed: 0 };

/** What is left of a plan, in its order: rows without an answer, and rows that were never sent. */
export function openRanges(batches: readonly BatchRecord[], planRows: number): DeliverRange[] {
  const { unsent } = sentRanges(batches, planRows);
  const sent = batches.filter((batch) => batch.state === "sent");
  return [
    ...sent.map(({ fromSeq, toSeq }) => ({ fromSeq, toSeq, mayHaveLanded: true })),
    ...unsent.map(({ fromSeq, toSeq }) => ({ fromSeq, toSeq, mayHaveLanded: false })),
  ].sort((a, b) => a.fromSeq - b.fromSeq);
}

/** The rows of a plan that remove: they follow all that write, and stand before those that need no call. */
export function removalsOf(planned: readonly PlanCount[]): SeqRange {
  const isSent = ({ settled }: PlanCount): boolean => settled === null;
  const isRemoval = ({ operation }: PlanCount): boolean => REMOVALS.includes(operation);
  const fromSeq = rowsOf(planned, (count) => isSent(count) && !isRemoval(count));
  return { fromSeq, toSeq: fromSeq + rowsOf(planned, (count) => isSent(count) && isRemoval(count)) - 1 };
}

export const REMOVALS: readonly Operation[] = ["clear", "set", "archive", "delete"];

function rowsOf(planned: readonly PlanCount[], which: (count: PlanCount) => boolean): number {
  return planned.filter(which).reduce((sum, { rows }) => sum + rows, 0);
}

/** The ranges without those rows. */
export function withoutRows(ranges: readonly DeliverRange[], { fromSeq, toSeq }: SeqRange): DeliverRange[] {
  if (toSeq < fromSeq) return [...ranges];
  return ranges
    .flatMap((range) => [
      { ...range, toSeq: Math.min(range.toSeq, fromSeq - 1) },
      { ...range, fromSeq: Math.max(range.fromSeq, toSeq + 1) },
    ])
    .filter((range) => range.fromSeq <= range.toSeq);
}
