import { Fault } from "../contract/fault.ts";
import type { Sync } from "../contract/project.ts";
import type { RunRecord } from "../contract/run.ts";
import type { StateStore } from "../contract/state.ts";
import { count, rowCount } from "../core/count-text.ts";
import { giveUpRun, unfinishedRuns } from "./give-up-run.ts";
import { resumeRun } from "./resume-run.ts";
import type { RunOptions } from "./run-options.ts";
import type { FinishedRun } from "./run-sync.ts";
import { rowsIn } from "./sent-ranges.ts";
import { type Tenure, underLease } from "./under-lease.ts";
import type { Workbench } from "./workbench.ts";

/** An older plan would send values of the day before yesterday; an approval does not live longer either. */
const RESUMABLE_MS = 24 * 3_600_000;
/** A sync that dies so often in a row without getting on would die for ever, and cost its account calls each time. */
const MOST_DEATHS = 3;

type Parts = { readonly tenure: Tenure; readonly options: RunOptions };

/**
 * Takes up what earlier runs of the sync left unfinished. Gives null where the way is free for a new plan, else the run with
 * which this start ends: one that pauses on, or that stopped again. Faults: QUARANTINED, PLAN_CORRUPT, and those of a run's start.
 */
export async function settleUnfinished(
  bench: Workbench,
  state: StateStore,
  sync: Sync,
  { tenure, options }: Parts,
  signal: AbortSignal,
): Promise<FinishedRun | null> {
  const open = await unfinishedRuns(state, sync.name);
  const last = open.at(-1) ?? null;
  if (options.insists) await state.putDeaths(tenure.lease, null);
  else await countDeath(state, sync.name, last, tenure);
  const restored = await state.restoration(sync.name);
  for (const run of open) {
    const nowMs = bench.clock.now();
    const isOlder = restored !== null && run.startedAt <= restored.restoredAt;
    const wall = isOlder
      ? "interrupted, and the memory was put back from a backup since"
      : run === last
        ? wallOf(run, sync, nowMs, isHeldOff(run, nowMs, options))
        : "interrupted";
    if (wall !== null) {
      options.onRecovered(await giveUpRun(bench, state, tenure.lease, run, wall));
      continue;
    }
    if (isHeldOff(run, nowMs, options)) return stillPaused(run);
    const resumed = await resumeRun(bench, state, sync, run, { tenure, options }, signal).catch((error: unknown) => {
      if (error instanceof Fault || !signal.aborted) throw error;
      throw new Fault("CANCELLED", "cancelled before the interrupted run went on");
    });
    await state.putDeaths(tenure.lease, null);
    if (resumed.run.state !== "succeeded" && resumed.run.state !== "partial") return resumed;
    options.onRecovered(resumed.run);
  }
  return null;
}

/**
 * Goes on with what the sync left unfinished, and plans nothing; who insists does so before a pause is over, and where the sync
 * died again and again. Null where there is nothing to go on with.
 */
export async function resumeSync(
  bench: Workbench,
  state: StateStore,
  sync: Sync,
  options: RunOptions,
  signal: AbortSignal,
): Promise<FinishedRun | null> {
  const work = async (_: unknown, kept: AbortSignal, tenure: Tenure): Promise<FinishedRun | null> => {
    let last: FinishedRun | null = null;
    const onRecovered = (run: RunRecord): void => {
      last = { run, planned: null, fault: null };
    };
    const telling = { ...options, onRecovered };
    const stopped = await settleUnfinished(bench, state, sync, { tenure, options: telling }, kept);
    return stopped ?? last;
  };
  return underLease(bench, state, sync.name, options, work, signal);
}

/** Why a run is given up instead of taken up again; null where nothing speaks against it. */
function wallOf(run: RunRecord, sync: Sync, nowMs: number, isHeldOff: boolean): string | null {
  if (run.planSha256 === null) return "interrupted";
  if (run.configHash !== sync.configHash) return "interrupted, and the sync's file is another since";
  // A pause is waited out first: what follows it would find no calls left.
  if (sync.suppress !== null && !isHeldOff) return askedAnew(run);
  if (run.account === null || nowMs - run.startedAt > RESUMABLE_MS) return "interrupted too long ago";
  return null;
}

/** It pauses for longer, and nobody insists. */
function isHeldOff({ state, resumeAt }: RunRecord, nowMs: number, { insists }: RunOptions): boolean {
  return state === "paused" && (resumeAt ?? 0) > nowMs && !insists;
}

function askedAnew({ action }: RunRecord): string {
  const rest = action === "resync" ? "start the resync again for the rest" : "the next run plans the rest";
  return `interrupted, and whom not to write to is asked anew (${rest})`;
}

function stillPaused(run: RunRecord): FinishedRun {
  const until = new Date(run.resumeAt ?? 0).toISOString();
  const fault = new Fault("QUOTA_SPENT", `run ${run.id} pauses until ${until}: ${run.reason ?? ""}`, {
    fix: `run again then; \`sluice resume ${run.sync}\` tries at once`,
  });
  return { run, planned: null, fault };
}

/**
 * Counts deaths in a row that did not get on: no batch was answered that had not been answered at the death before.
 * `sluice resume` begins anew.
 */
async function countDeath(
  state: StateStore,
  sync: string,
  last: RunRecord | null,
  { lease, followsDeath }: Tenure,
): Promise<void> {
  const before = await state.deaths(sync);
  let deaths = before?.count ?? 0;
  const answered = last === null ? 0 : await answeredRows(state, last.id);
  if (followsDeath) {
    const run = last?.id ?? "";
    const gotOn = answered > (before?.run === run ? before.answered : 0);
    deaths = gotOn ? 1 : deaths + 1;
    await state.putDeaths(lease, { count: deaths, run, answered });
  }
  if (deaths < MOST_DEATHS) return;
  const how = last === null ? "" : `; run ${last.id} had ${rowCount(answered)} of ${count(last.planRows)} answered`;
  throw new Fault("QUARANTINED", `sync "${sync}" died ${deaths} times in a row without getting on${how}`, {
    fix: `find out what kills it (memory, a row: \`sluice rows ${last?.id ?? "last"}\`), then \`sluice resume ${sync}\``,
  });
}

async function answeredRows(state: StateStore, run: string): Promise<number> {
  return rowsIn((await state.batches(run)).filter((batch) => batch.state === "done"));
}
