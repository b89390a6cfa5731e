import { newsOfEnd } from "../alerts/news-of-end.ts";
import type { Fault } from "../contract/fault.ts";
import type { Sync } from "../contract/project.ts";
import type { Operation, RunRecord } from "../contract/run.ts";
import type { RunRequest } from "../contract/service.ts";
import { asFault } from "../core/as-fault.ts";
import { planRun } from "../engine/plan-run.ts";
import { CHANGES_ONLY, EVERY_ROW } from "../engine/plan-sync.ts";
import { REMOVALS } from "../engine/resume-run.ts";
import type { RunOptions } from "../engine/run-options.ts";
import { type FinishedRun, runSync } from "../engine/run-sync.ts";
import { resumeSync } from "../engine/settle-unfinished.ts";
import type { Workbench } from "../engine/workbench.ts";
import { announceRun } from "./announce-run.ts";
import { afterBeforeHooks, callAfterHooks } from "./hooks/run-hooks.ts";
import type { Loaded } from "./live-project.ts";
import { lookAgain, nextLook } from "./look-again.ts";
import { queuedRunAgain } from "./queued-again.ts";
import type { ServiceParts } from "./service-parts.ts";
import { tracedOptions } from "./traced-options.ts";
import { watchBudget } from "./watch-budget.ts";

/** Somebody else works on the sync: another look after so long. */
const BUSY_MS = 2_000;
/** Between two words about how far a run is. */
const PROGRESS_MS = 1_000;

/**
 * Does the next piece of work of one sync: the run that waits, or what a process that died left unfinished. The truth is in the
 * runs and the lease; where there is nothing to do, nothing is done. Gives when to look again.
 */
export async function advanceSync(parts: ServiceParts, name: string, signal: AbortSignal): Promise<number | null> {
  const leave = await parts.lull.enter(name, signal);
  // The service stops: what waits is taken up at its next start.
  if (leave === null) return parts.clock.now();
  try {
    return await advance(parts, name, leave, signal);
  } finally {
    leave();
  }
}

async function advance(
  parts: ServiceParts,
  name: string,
  leave: () => void,
  signal: AbortSignal,
): Promise<number | null> {
  const { state, clock } = parts;
  const waiting = await state.queued(name);
  // One that waits for the next day's calls is not begun before, whatever rang.
  const request = (waiting?.run.resumeAt ?? 0) > clock.now() ? null : waiting;
  const { loaded, release } = parts.live.pin();
  try {
    const sync = loaded.project.syncs.get(name);
    if (sync === undefined) {
      if (request !== null)
        await dismiss(parts, request.run, "failed", "UNKNOWN_SYNC", `there is no sync "${name}" any more`);
      return null;
    }
    const done = await work(parts, loaded, sync, { request, leave }, signal);
    if (signal.aborted) return done.again ?? clock.now();
    const next = await state.queued(name);
    if (next === null || next.run.id === request?.run.id) return done.again;
    const nextAt = Math.max(clock.now(), next.run.resumeAt ?? 0);
    return Math.min(nextAt, done.again ?? nextAt);
  } finally {
    await release();
  }
}

type Done = { readonly again: number | null };
const NOTHING_MORE: Done = { again: null };

async function work(
  parts: ServiceParts,
  { bench }: Loaded,
  sync: Sync,
  { request, leave }: Pick<Turn, "request" | "leave">,
  signal: AbortSignal,
): Promise<Done> {
  const { active, clock, state } = parts;
  const stop = new AbortController();
  active.set(sync.name, { sync: sync.name, run: request?.run.id ?? null, stop });
  const until = AbortSignal.any([signal, stop.signal]);
  const trace = parts.traces.workBegun(sync.name);
  try {
    const earlier: RunRecord[] = [];
    const options = tracedOptions(optionsOf(parts, sync, request, earlier, until), trace);
    const act = request === null ? resumeSync : request.run.action === "plan" ? planRun : runSync;
    if (request !== null) noteBegin(parts, sync, request.run);
    const finished = await act(bench, state, sync, options, until);
    // A plan leaves what is unfinished as it was.
    if (request?.run.action !== "plan") parts.waits.delete(sync.name);
    if (finished === null) return NOTHING_MORE;
    trace.ended(finished);
    // Whom a person stopped stays stopped.
    const isStopped = signal.aborted && !stop.signal.aborted;
    return await settle(parts, bench, sync, { request, leave, finished, earlier, isStopped }, signal);
  } catch (error) {
    const fault = asFault(error);
    if (fault.code === "SYNC_BUSY") return { again: clock.now() + BUSY_MS };
    // A stop of the service is no word on the run: it waits for the next start.
    if (signal.aborted) return { again: clock.now() };
    trace.refused(request?.run ?? null, fault);
    await fail(parts, sync, request, fault);
    return { again: await lookAgain(parts, sync.name, fault) };
  } finally {
    active.delete(sync.name);
  }
}

function optionsOf(
  parts: ServiceParts,
  sync: Sync,
  request: RunRequest | null,
  earlier: RunRecord[],
  signal: AbortSignal,
): RunOptions {
  const { clock, events } = parts;
  const run = request?.run ?? null;
  let toldAtMs = Number.NEGATIVE_INFINITY;
  return {
    trigger: run?.trigger ?? "resume",
    who: request?.ask.who ?? "service",
    approve: request?.ask.approve ?? false,
    ...(run === null ? {} : { queued: run }),
    aim: run?.action === "resync" ? EVERY_ROW : CHANGES_ONLY,
    insists: request?.ask.insists ?? false,
    isDead: parts.isDead,
    holder: parts.holder,
    planTurn: afterBeforeHooks(parts, sync, run, parts.planTurn, signal),
    onProgress: ({ phase, done, planned }) => {
      if (clock.monotonicMs() - toldAtMs < PROGRESS_MS) return;
      toldAtMs = clock.monotonicMs();
      events.tell({ kind: "run.progress", sync: sync.name, run: run?.id ?? null, detail: { phase, done, planned } });
    },
    onRecovered: (recovered) => {
      earlier.push(recovered);
      noteEnd(parts, sync, { run: recovered, planned: null, fault: null });
    },
  };
}

type Turn = {
  readonly request: RunRequest | null;
  /** Whoever wants the service's memory to himself may have it from here on. */
  readonly leave: () => void;
  readonly finished: FinishedRun;
  readonly earlier: readonly RunRecord[];
  /** The service stops, and cut it short. */
  readonly isStopped: boolean;
};

/** What follows from how it ended. */
async function settle(
  parts: ServiceParts,
  bench: Workbench,
  sync: Sync,
  { request, leave, finished, earlier, isStopped }: Turn,
  signal: AbortSignal,
): Promise<Done> {
  const { clock, active, state } = parts;
  const { run, fault } = finished;
  if (run.state === "paused") {
    const { resumeAt } = run;
    parts.events.tell({ kind: "run.paused", sync: sync.name, run: run.id, detail: { resume_at: resumeAt } });
    return { again: resumeAt ?? clock.now() + BUSY_MS };
  }
  noteEnd(parts, sync, finished);
  if (goesOn(request, run, isStopped)) {
    await queuedRunAgain(parts, sync, run, null);
    return NOTHING_MORE;
  }
  if (request === null && leavesToPlan(run)) await queuedRunAgain(parts, sync, { ...run, action: "run" }, null);
  const again = unplannedUntil(run);
  if (again !== null) await queuedRunAgain(parts, sync, run, again);
  if (run.action !== "plan") for (const news of await newsOfEnd(state, { sync, run, fault, earlier })) parts.tell(news);
  if (request !== null && run.id !== request.run.id) {
    // An earlier run had to be finished first, and could not be: what stopped it would stop this one.
    const why = fault ?? asFault(new Error(run.reason ?? "an earlier run did not come to its end"));
    await dismiss(parts, request.run, "failed", run.code ?? why.code, `run ${run.id} had to end first: ${why.message}`);
  }
  if (run.action !== "plan") await announceRun(parts, run);
  // The run is over and stays what it is, also where its account cannot be asked any more.
  if (run.calls > 0 && !signal.aborted)
    await watchBudget(parts, bench, sync, signal).catch((error: unknown) =>
      parts.log.warn(
        { sync: sync.name, code: asFault(error).code },
        "nobody can tell how much of the day's calls is left",
      ),
    );
  // The run is over; only what else it starts is waited for, so that it does not overlap with the next run.
  active.delete(sync.name);
  // A hook may wait for another sync, or for a backup.
  leave();
  await callAfterHooks(parts, sync, run, signal);
  return { again: run.action === "plan" ? await nextLook(parts, sync.name) : again };
}

/** A run that was taken up again left its removals to a plan, which nobody asked for: those in doubt as well. */
function leavesToPlan({ state, operations }: RunRecord): boolean {
  const isOver = state === "succeeded" || state === "partial" || state === "blocked";
  const isLeft = (operation: Operation): boolean => {
    const { cancelled = 0, deferred = 0 } = operations[operation] ?? {};
    return cancelled + deferred > 0;
  };
  return isOver && REMOVALS.some(isLeft);
}

/** The day's calls ended before there was a plan: when there may be more; null for all other ends. */
function unplannedUntil({ action, state, code, resumeAt }: RunRecord): number | null {
  return action !== "plan" && state === "failed" && code === "QUOTA_SPENT" ? resumeAt : null;
}

/**
 * The service stopped in mid-run; or a process died before its run sent anything, or its plan cannot go on. Whoever asked for it
 * still waits for a run: nobody is told of an end, and nothing comes after it yet.
 */
function goesOn(request: RunRequest | null, { action, state, code, resumeAt }: RunRecord, isStopped: boolean): boolean {
  if (action === "plan") return false;
  // Begun anew from its first row it would spend the day's calls on the same rows again, day by day.
  if (action === "resync" && resumeAt !== null) return false;
  return state === "cancelled" ? isStopped : request === null && code === "INTERRUPTED";
}

/** It came to no run at all. */
async function fail(parts: ServiceParts, sync: Sync, request: RunRequest | null, fault: Fault): Promise<void> {
  const end = fault.code === "CANCELLED" ? "cancelled" : fault.rule.exitStatus === 4 ? "blocked" : "failed";
  for (const news of await newsOfEnd(parts.state, { sync, run: null, fault, earlier: [] })) parts.tell(news);
  parts.log.warn({ sync: sync.name, run: request?.run.id, code: fault.code }, fault.message);
  if (request !== null) await dismiss(parts, request.run, end, fault.code, fault.message);
}

async function dismiss(
  parts: ServiceParts,
  run: RunRecord,
  state: "cancelled" | "failed" | "blocked",
  code: string,
  reason: string,
): Promise<void> {
  if (!(await parts.state.dismiss(run.id, { state, code, reason }, parts.clock.now()))) return;
  parts.events.tell({ kind: "run.ended", sync: run.sync, run: run.id, detail: { state, code } });
}

function noteBegin({ events, log }: ServiceParts, sync: Sync, { id, action, trigger }: RunRecord): void {
  events.tell({ kind: "run.begun", sync: sync.name, run: id, detail: {} });
  log.info({ sync: sync.name, run: id, action, trigger }, "run begun");
}

/** For those who listen and count. */
function noteEnd(parts: ServiceParts, sync: Sync, finished: FinishedRun): void {
  const { run } = finished;
  const { state, code, counts, planRows } = run;
  parts.events.tell({
    kind: "run.ended",
    sync: sync.name,
    run: run.id,
    detail: { state, code, planned: planRows, read: counts?.read ?? null },
  });
  parts.meters.runEnded(sync.name, finished);
  parts.log.info({ sync: sync.name, run: run.id, state, code, trigger: run.trigger }, "run ended");
}
