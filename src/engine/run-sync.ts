import { Fault } from "../contract/fault.ts";
import type { Sync } from "../contract/project.ts";
import type { ModelCounts, RunRecord } from "../contract/run.ts";
import type { Lease, RunPatch, StateStore } from "../contract/state.ts";
import { count, rowCount } from "../core/count-text.ts";
import { hasFailed } from "../core/guards.ts";
import { newRunId } from "../core/run-id.ts";
import { type Delivered, deliver } from "../delivery/deliver.ts";
import { type Meter, newMeter } from "../delivery/limited.ts";
import { openRecorder } from "../delivery/recorder.ts";
import { newTally, type Tally } from "../delivery/tally.ts";
import { finishRun } from "./finish-run.ts";
import { holdPlan, setAside, settleHold } from "./hold-plan.ts";
import { planPath } from "./plan-path.ts";
import { checkAim, type PlanAim, type PlannedSync, planSync } from "./plan-sync.ts";
import { putSync } from "./put-sync.ts";
import { recoverRuns } from "./recover-run.ts";
import { rejectHash } from "./reject-hash.ts";
import type { RunOptions } from "./run-options.ts";
import { takeOver } from "./take-over.ts";
import { underLease } from "./under-lease.ts";
import type { Workbench } from "./workbench.ts";

export type FinishedRun = {
  readonly run: RunRecord;
  readonly planned: PlannedFacts | null;
  readonly fault: Fault | null;
};
export type PlannedFacts = Pick<PlannedSync, "facts" | "guards" | "forecast" | "sample"> & {
  readonly keyParts: number;
};

/**
 * One run, from lease to end: recover what was interrupted, plan, ask the guards, commit the plan, send, accept, finish.
 * The order is the safety: from the committed plan on a crash can be recovered, before it nothing was sent.
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
  const work = (lease: Lease, kept: AbortSignal) => runUnderLease(bench, state, sync, options, lease, kept);
  return underLease(bench, state, sync.name, options, work, signal);
}

async function runUnderLease(
  bench: Workbench,
  state: StateStore,
  sync: Sync,
  options: RunOptions,
  lease: Lease,
  signal: AbortSignal,
): Promise<FinishedRun> {
  for (const recovered of await recoverRuns(bench, state, lease)) options.onRecovered(recovered);
  const run = newRun(bench, sync, options);
  await state.createRun(lease, run);
  const meter = newMeter();
  try {
    options.onProgress({ sync: sync.name, phase: "planning", done: 0, planned: 0 });
    const planned = await options.planTurn(() => planSync(bench, sync, options.aim, meter, signal));
    try {
      return await runPlan(bench, state, { run, planned, lease, meter, options }, signal);
    } finally {
      await planned.session.close();
    }
  } catch (error) {
    const fault = error instanceof Fault ? error : new Fault("INTERNAL", messageOf(error), { cause: error });
    if ((await state.run(run.id))?.state === "writing") return endBroken(bench, state, lease, run, fault, meter);
    const cancelled = signal.aborted || fault.code === "CANCELLED";
    const blocked = fault.rule.exitStatus === 4;
    const ended = await finishRun(bench, state, lease, run, {
      state: cancelled ? "cancelled" : blocked ? "blocked" : "failed",
      code: cancelled ? "CANCELLED" : fault.code,
      reason: fault.message,
      ...spent(meter),
    });
    return {
      run: ended,
      planned: null,
      fault: cancelled ? new Fault("CANCELLED", "cancelled before anything was sent") : fault,
    };
  }
}

/**
 * Something broke while the plan was being sent (a full disk, a lost lease). What was acknowledged is accepted and what was
 * not is marked in doubt, as after a crash; where even that fails the run stays open and the next start does it.
 */
async function endBroken(
  bench: Workbench,
  state: StateStore,
  lease: Lease,
  run: RunRecord,
  fault: Fault,
  meter: Meter,
): Promise<FinishedRun> {
  await recoverRuns(bench, state, lease);
  const reason = { state: "failed", code: fault.code, reason: fault.message } as const;
  const ended = await finishRun(bench, state, lease, run, { ...reason, ...spent(meter) });
  return { run: ended, planned: null, fault };
}

type RunParts = { run: RunRecord; planned: PlannedSync; lease: Lease; meter: Meter; options: RunOptions };

async function runPlan(
  bench: Workbench,
  state: StateStore,
  parts: RunParts,
  signal: AbortSignal,
): Promise<FinishedRun> {
  const { run, lease, meter, options } = parts;
  const planned = await settleHold(bench, state, parts.planned, options, { run, lease });
  const { facts, session, prepared } = planned;
  const path = planPath(bench.project, run.id);
  const shown: PlannedFacts = {
    facts,
    guards: planned.guards,
    forecast: planned.forecast,
    sample: planned.sample,
    keyParts: prepared.mapping.primaryKey.length,
  };
  const aside = await setAside(bench, planned);
  const file = await session.write(path, signal);
  const base: RunPatch = {
    counts: facts.counts,
    guards: planned.guards,
    planRows: file.rows,
    newInvalid: facts.newInvalid,
  };
  const isHeld = planned.guards.some((verdict) => verdict.held);
  const heldBy = isHeld ? await holdPlan(bench, state, lease, run, planned) : null;
  if (isHeld && aside === 0) {
    const ended = await finishRun(bench, state, lease, run, {
      ...base,
      state: "blocked",
      code: "HELD",
      reason: heldBy,
      ...spent(meter),
    });
    return { run: ended, planned: shown, fault: null };
  }
  if (options.aim.resend) await auditResend(bench, state, run, options.who, file.rows);
  await session.commit(lease.epoch);
  await dropCured(state, planned, lease);
  // The plan lies in its file now: its tables' memory is the delivery's.
  await session.close();
  await putSync(bench, state, prepared, lease);
  await state.patchRun(lease, run.id, { ...base, state: "writing", planSha256: file.sha256 });
  const tally = newTally();
  if (facts.superseded > 0) tally.addMany(prepared.sync.write, { superseded: facts.superseded });
  const delivered = await send(bench, state, parts, planned, { path, rows: file.rows, tally }, signal);
  await putSync(bench, state, prepared, lease);
  await countUnsent(bench, path, delivered, tally);
  const newRejected = newRejects(tally, prepared.sync, facts.counts.read);
  const patch = outcomeOf(delivered, tally, { newInvalid: facts.newInvalid, newRejected, aside, heldBy }, options.aim);
  const numbers = {
    operations: tally.operations(),
    created: tally.created,
    adopted: tally.adopted,
    linked: facts.adopts,
    newRejected,
  };
  const ended = await finishRun(bench, state, lease, run, { ...base, ...patch, ...numbers, ...spent(meter) });
  return { run: ended, planned: shown, fault: delivered.stopped };
}

async function send(
  bench: Workbench,
  state: StateStore,
  { run, lease, meter, options }: RunParts,
  { prepared, facts }: PlannedSync,
  plan: { path: string; rows: number; tally: Tally },
  signal: AbortSignal,
): Promise<Delivered> {
  const { sync, object, account } = prepared;
  const recorder = openRecorder({
    state,
    planner: bench.planner,
    lease,
    run: run.id,
    plan: plan.path,
    clock: bench.clock,
    tally: plan.tally,
    rejectHash: (row, field) => rejectHash.of(object, row, field),
  });
  const delivered = await deliver(
    {
      sync,
      object,
      destination: account.metered(meter),
      recorder,
      planRows: plan.rows,
      readPlan: (fromSeq, toSeq) => bench.planner.readPlan(plan.path, fromSeq, toSeq),
      ownersOf: async (ids) => {
        const owners = await bench.planner.owners(account.account.id, sync.object, ids);
        return new Map(owners.filter((owner) => owner.sync === sync.name).map((owner) => [owner.remoteId, owner.key]));
      },
      check: () => failedGuard(sync, facts.counts, plan.tally),
      onProgress: (done) => options.onProgress({ sync: sync.name, phase: "writing", done, planned: plan.rows }),
    },
    signal,
  );
  await recorder.accept();
  await markDoubts(bench, state, lease, run.id, plan.path);
  return delivered;
}

/** Batches that were sent and whose answer could not even be recorded: the snapshot remembers that they may have landed. */
async function markDoubts(bench: Workbench, state: StateStore, lease: Lease, run: string, plan: string): Promise<void> {
  const sent = (await state.batches(run)).filter((batch) => batch.state === "sent");
  await bench.planner.markInDoubt({ sync: lease.sync, epoch: lease.epoch, plan }, sent);
}

/** Before the first call, so that a resync that is cut short has its line, too. */
function auditResend(bench: Workbench, state: StateStore, run: RunRecord, who: string, rows: number): Promise<void> {
  const detail = `${rowCount(rows)} planned`;
  return state.audit({ at: bench.clock.now(), who, act: "resync", sync: run.sync, run: run.id, detail });
}

/**
 * Invalid rows are known of the whole model beforehand and count against all of it; refusals come in as rows go out, and
 * count against what went out so far.
 */
function failedGuard(sync: Sync, counts: ModelCounts, tally: Tally): Fault | null {
  const { failed } = sync.guards;
  const all = counts.invalid + tally.rejected;
  const isOver = hasFailed(failed, tally.rejected, tally.done) || hasFailed(failed, all, Math.max(counts.read, all));
  if (!isOver) return null;
  const of = `${rowCount(tally.rejected)} of ${count(tally.done)} refused, ${count(counts.invalid)} of ${count(counts.read)} invalid`;
  return new Fault("HELD", `stopped by guard failed: ${of}`, {
    fix: "look at `sluice rows last`, mend the rows, and run again; what was sent stays sent",
  });
}

async function countUnsent(bench: Workbench, path: string, delivered: Delivered, tally: Tally): Promise<void> {
  if (delivered.stopped === null) return;
  const rest = [{ fromSeq: delivered.nextSeq, toSeq: Number.MAX_SAFE_INTEGER }];
  const kind = delivered.stopped.code === "CANCELLED" ? "cancelled" : "deferred";
  for (const { operation, rows } of await bench.planner.countPlan(path, rest))
    tally.addMany(operation, { [kind]: rows });
}

function outcomeOf(
  delivered: Delivered,
  tally: Tally,
  news: { newInvalid: number; newRejected: number; aside: number; heldBy: string | null },
  aim: PlanAim,
): RunPatch {
  const { stopped } = delivered;
  if (stopped?.code === "CANCELLED") return { state: "cancelled", code: "CANCELLED", reason: stopped.message };
  if (stopped?.code === "HELD") return { state: "blocked", code: "HELD", reason: stopped.message };
  if (stopped !== null && !isPassing(stopped)) {
    // Credentials that worked when the run began and are refused now: somebody has to renew them (S20).
    const code = stopped.code === "AUTH_REFUSED" ? "AUTH_REQUIRED" : stopped.code;
    return { state: "failed", code, reason: stopped.message };
  }
  const putOff = Object.values(tally.operations()).reduce((sum, counts) => sum + counts.deferred, 0);
  const deferred = putOff - news.aside;
  const parts = [
    news.heldBy === null ? "" : `${news.heldBy}: ${rowCount(news.aside)} held`,
    news.newRejected > 0 ? `${rowCount(news.newRejected)} rejected` : "",
    news.newInvalid > 0 ? `${rowCount(news.newInvalid)} invalid` : "",
    // The next run sends what changed; what was only to go again is for the next resync.
    deferred > 0 ? `${rowCount(deferred)} deferred to the next ${aim.resend ? "resync" : "run"}` : "",
  ].filter((part) => part !== "");
  if (stopped !== null) parts.push(stopped.message);
  if (news.heldBy !== null) return { state: "blocked", code: "HELD", reason: parts.join(", ") };
  if (parts.length === 0) return { state: "succeeded", code: null, reason: null };
  return { state: "partial", code: null, reason: parts.join(", ") };
}

/** The destination is down, or its quota is spent: nothing is wrong with the run, its rows wait for the next one. */
function isPassing(fault: Fault): boolean {
  return fault.rule.retry === "transient" || fault.code === "QUOTA_SPENT";
}

/** Rejected now and never before, less what the sync tolerates (S21). */
function newRejects(tally: Tally, sync: Sync, read: number): number {
  const { rejectedShare, codes } = sync.tolerate;
  // 0.29 × 100 is 28.999…: a share that is exactly reached is tolerated.
  const isFew = tally.rejected <= rejectedShare * read * (1 + Number.EPSILON * 4);
  return [...tally.newRejects]
    .filter(([code]) => !(isFew && (codes.length === 0 || codes.includes(code))))
    .reduce((sum, [, count]) => sum + count, 0);
}

/** Refusals of rows that are no longer refused: gone from the model and from the snapshot's removals. */
async function dropCured(state: StateStore, planned: PlannedSync, lease: Lease): Promise<void> {
  const gone = await planned.session.goneRejects();
  if (gone.length > 0) await state.dropRejects(lease, gone);
}

function newRun(bench: Workbench, sync: Sync, options: RunOptions): RunRecord {
  const startedAt = bench.clock.now();
  return {
    id: newRunId(startedAt, bench.random),
    sync: sync.name,
    model: sync.model,
    state: "planning",
    reason: null,
    code: null,
    trigger: options.trigger,
    configHash: sync.configHash,
    counts: null,
    operations: {},
    guards: [],
    planRows: 0,
    planSha256: null,
    newInvalid: 0,
    newRejected: 0,
    linked: 0,
    created: 0,
    adopted: 0,
    calls: 0,
    throttled: 0,
    waitedMs: 0,
    bytesOut: 0,
    peakRssBytes: 0,
    startedAt,
    endedAt: null,
  };
}

function spent(meter: Meter): RunPatch {
  return {
    calls: meter.calls,
    throttled: meter.throttled,
    waitedMs: Math.round(meter.waitedMs),
    bytesOut: meter.bytesOut,
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
