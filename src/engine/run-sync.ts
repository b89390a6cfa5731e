import { Fault } from "../contract/fault.ts";
import type { PlanFacts } from "../contract/planner.ts";
import type { Sync } from "../contract/project.ts";
import { NO_OPERATION_COUNTS, type Operations, type RunRecord } from "../contract/run.ts";
import type { RunPatch, StateStore } from "../contract/state.ts";
import { asFault } from "../core/as-fault.ts";
import { rowCount } from "../core/count-text.ts";
import type { Delivered } from "../delivery/deliver.ts";
import { type Meter, newMeter } from "../delivery/gate.ts";
import { newTally, type Tally } from "../delivery/tally.ts";
import { deliverPlan, type Ledger } from "./deliver-plan.ts";
import { endBroken } from "./end-broken.ts";
import { finishRun } from "./finish-run.ts";
import { holdPlan, setAside, settleHold } from "./hold-plan.ts";
import { newRun, spent } from "./new-run.ts";
import { planPath } from "./plan-path.ts";
import { checkAim, type PlannedSync, planSync } from "./plan-sync.ts";
import { putSync } from "./put-sync.ts";
import type { RunOptions } from "./run-options.ts";
import { newsOf } from "./run-outcome.ts";
import { settleUnfinished } from "./settle-unfinished.ts";
import { storedLedger } from "./stored-ledger.ts";
import { takeOver } from "./take-over.ts";
import { type Tenure, underLease } from "./under-lease.ts";
import type { Stay } from "./underway.ts";
import { unplanned } from "./unplanned.ts";
import type { Workbench } from "./workbench.ts";

export type FinishedRun = {
  readonly run: RunRecord;
  readonly planned: PlannedFacts | null;
  readonly fault: Fault | null;
};
export type PlannedFacts = Pick<PlannedSync, "facts" | "guards" | "forecast" | "sample" | "restored"> & {
  readonly keyParts: number;
};

/**
 * A run is a machine of few states, and every one of them is a row in the state database:
 *
 * - It takes the sync's **lease**: an epoch higher than any before, written into the planner too. Every later write names it,
 *   and is refused once somebody else has a higher one.
 * - `planning`: the model is compared with the snapshot, records are looked for, guards are asked. Nothing is sent. Who dies
 *   here leaves a run that the next start ends.
 * - The plan is **committed**: the file first (written aside, synced, renamed), then the planner's marks, then the state row
 *   with the file's SHA-256. That row is the commit: `writing`. From here on the run is taken up again, not planned again.
 * - A batch's **intent** is durable before its first byte leaves. **Sent** without an answer means in doubt: writes by id and
 *   true upserts go again, whatever could make a second record is looked for first. A removal is left to the next plan.
 * - An answer is **acknowledged** in the state, in one transaction with its refusals. From time to time what is acknowledged
 *   is **accepted** into the snapshot, which may be repeated and changes nothing then; only after that is the answer folded away.
 * - It **finishes** when every row of the plan has an end: planned = applied + skipped + transferred + rejected + deferred +
 *   cancelled. A quota that runs out is no end: the run is `paused` until the quota is there again.
 *
 * Where the process dies between any two of these, the next start under a new epoch finds out from the state alone how far it
 * came (settle-unfinished.ts). Where a run cannot be taken up again (its file changed, it is a day old, whom not to write to is
 * asked anew) its rows in doubt are marked in the snapshot and are planned again whatever the model says by then (give-up-run.ts).
 */
export async function runSync(
  bench: Workbench,
  state: StateStore,
  sync: Sync,
  options: RunOptions,
  signal: AbortSignal,
): Promise<FinishedRun> {
  checkAim(sync, options.aim);
  await takeOver(bench, state, sync, options);
  const work = async (_: unknown, kept: AbortSignal, tenure: Tenure): Promise<FinishedRun> => {
    const earlier = await settleUnfinished(bench, state, sync, { tenure, options }, kept);
    if (earlier !== null) return earlier;
    const finished = await runUnderLease(bench, state, sync, options, tenure, kept);
    await state.putDeaths(tenure.lease, null);
    return finished;
  };
  return underLease(bench, state, sync.name, options, work, signal);
}

async function runUnderLease(
  bench: Workbench,
  state: StateStore,
  sync: Sync,
  options: RunOptions,
  tenure: Tenure,
  signal: AbortSignal,
): Promise<FinishedRun> {
  const { lease } = tenure;
  const run = newRun(bench, sync, options);
  await state.createRun(lease, run, options);
  const meter = newMeter();
  const stay = bench.underway.enter();
  try {
    options.onProgress({ sync: sync.name, phase: "planning", done: 0, planned: 0 });
    const planned = await options.planTurn(() => planSync(bench, sync, options.aim, meter, signal, stay));
    try {
      return await runPlan(bench, state, { run, planned, tenure, meter, options, stay }, signal);
    } finally {
      await planned.session.close();
    }
  } catch (error) {
    const stored = (await state.run(run.id)) ?? run;
    if (stored.state === "writing")
      return endBroken(bench, state, stored, tenure.lease, asFault(error), spent(meter, run));
    const { fault, resumeAt } = unplanned(asFault(error), bench.clock.now());
    const cancelled = signal.aborted || fault.code === "CANCELLED";
    const blocked = fault.rule.exitStatus === 4;
    const ended = await finishRun(bench, state, lease, run, {
      state: cancelled ? "cancelled" : blocked ? "blocked" : "failed",
      code: cancelled ? "CANCELLED" : fault.code,
      reason: fault.message,
      resumeAt: cancelled ? null : resumeAt,
      ...spent(meter, run),
    });
    return {
      run: ended,
      planned: null,
      fault: cancelled ? new Fault("CANCELLED", "cancelled before anything was sent") : fault,
    };
  } finally {
    stay.leave();
  }
}

type RunParts = { run: RunRecord; planned: PlannedSync; tenure: Tenure; meter: Meter; options: RunOptions; stay: Stay };

async function runPlan(
  bench: Workbench,
  state: StateStore,
  parts: RunParts,
  signal: AbortSignal,
): Promise<FinishedRun> {
  const { run, tenure, meter, options, stay } = parts;
  const { lease } = tenure;
  const planned = await settleHold(bench, state, parts.planned, options, { run, lease });
  const { facts, session, prepared, guards } = planned;
  const shown = shownFacts(planned);
  const aside = await setAside(bench, planned);
  const file = await session.write(planPath(bench.project, run.id), signal);
  const base: RunPatch = {
    counts: facts.counts,
    guards,
    account: prepared.account.account.id,
    forecast: planned.forecast,
    planRows: file.rows,
    newInvalid: facts.newInvalid,
    linked: facts.adopts,
    operations: standingBack(prepared.sync.write, facts),
  };
  const isHeld = guards.some((verdict) => verdict.held);
  const heldBy = isHeld ? await holdPlan(bench, state, lease, run, planned) : null;
  if (isHeld && aside === 0) {
    const held = { state: "blocked", code: "HELD", reason: heldBy } as const;
    const ended = await finishRun(bench, state, lease, run, { ...base, ...held, ...spent(meter, run) });
    return { run: ended, planned: shown, fault: null };
  }
  await auditAim(bench, state, run, options, file.rows);
  await session.commit(lease.epoch);
  await dropCured(state, planned, tenure);
  // The plan lies in its file now: its tables' memory is the delivery's.
  await session.close();
  await putSync(bench, state, prepared, lease);
  await state.patchRun(lease, run.id, { ...base, state: "writing", planSha256: file.sha256 });
  const tally = newTally();
  if (hasStandingBack(facts))
    tally.addMany(prepared.sync.write, { superseded: facts.superseded, suppressed: facts.suppressed });
  const shipment = {
    run: { ...run, ...base, state: "writing", planSha256: file.sha256 } as RunRecord,
    prepared,
    tenure,
    meter,
    options,
    stay,
    tally,
    ranges: [{ fromSeq: 0, toSeq: file.rows - 1, mayHaveLanded: false }],
    before: { done: 0, rejected: 0 },
    counts: facts.counts,
    aside,
    heldBy,
  };
  const ended = await deliverPlan(bench, state, shipment, ledgerOf(bench, state, shipment, planned), signal);
  return { ...ended, planned: shown };
}

type StandingBack = Pick<PlanFacts, "superseded" | "suppressed">;

function hasStandingBack({ superseded, suppressed }: StandingBack): boolean {
  return superseded + suppressed > 0;
}

/** Rows that stand back for others, or are never sent, are in no plan; the run's row keeps their number for whoever ends it. */
function standingBack(write: Sync["write"], facts: StandingBack): Operations {
  if (!hasStandingBack(facts)) return {};
  const { superseded, suppressed } = facts;
  return { [write]: { ...NO_OPERATION_COUNTS, superseded, suppressed } };
}

function shownFacts({ facts, guards, forecast, sample, restored, prepared }: PlannedSync): PlannedFacts {
  return { facts, guards, forecast, sample, restored, keyParts: prepared.mapping.primaryKey.length };
}

/**
 * Of a run that this process saw from its first row on: its own tally, and what it did not come to. Where these do not add up, only
 * what is stored tells the whole: a batch's answer could not be written down, or a spent quota took its intent back.
 */
function ledgerOf(
  bench: Workbench,
  state: StateStore,
  { run, tally, tenure }: { run: RunRecord; tally: Tally; tenure: Tenure },
  { prepared, facts }: PlannedSync,
): Ledger {
  return async (delivered) => {
    await countUnsent(bench, planPath(bench.project, run.id), delivered, tally);
    const operations = tally.operations();
    if (endsIn(operations) !== run.planRows)
      return storedLedger(bench, state, prepared.sync, run, tenure.lease, delivered);
    const counted = { rejected: tally.rejected, read: facts.counts.read };
    return {
      operations,
      created: tally.created,
      adopted: tally.adopted,
      newRejected: newsOf(tally.newRejects, counted, prepared.sync),
    };
  };
}

/** Planned rows that have an end. */
function endsIn(operations: Operations): number {
  return Object.values(operations).reduce(
    (sum, { applied, skipped, transferred, rejected, deferred, cancelled }) =>
      sum + applied + skipped + transferred + rejected + deferred + cancelled,
    0,
  );
}

/** Named acts have their line. Before the first call: one that is cut short has it, too. */
async function auditAim(
  bench: Workbench,
  state: StateStore,
  run: RunRecord,
  { aim, who }: Pick<RunOptions, "aim" | "who">,
  rows: number,
): Promise<void> {
  const act = aim.resend ? "resync" : aim.keysOnly ? "write keys" : aim.retries ? "retry" : null;
  if (act === null) return;
  const detail = `${rowCount(rows)} planned`;
  await state.audit({ at: bench.clock.now(), who, act, sync: run.sync, run: run.id, detail });
}

async function countUnsent(bench: Workbench, path: string, delivered: Delivered, tally: Tally): Promise<void> {
  if (delivered.stopped === null) return;
  const rest = [{ fromSeq: delivered.nextSeq, toSeq: Number.MAX_SAFE_INTEGER }];
  const kind = delivered.stopped.code === "CANCELLED" ? "cancelled" : "deferred";
  for (const { operation, rows } of await bench.planner.countPlan(path, rest))
    tally.addMany(operation, { [kind]: rows });
}

/** Refusals of rows that are no longer refused: gone from the model and from the snapshot's removals. */
async function dropCured(state: StateStore, planned: PlannedSync, { lease }: Tenure): Promise<void> {
  const gone = await planned.session.goneRejects();
  if (gone.length > 0) await state.dropRejects(lease, gone);
}
