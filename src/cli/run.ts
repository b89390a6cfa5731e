import type { News } from "../alerts/news.ts";
import { Fault, isFaultCode } from "../contract/fault.ts";
import type { Project, Sync } from "../contract/project.ts";
import type { RunRecord } from "../contract/run.ts";
import type { StateStore } from "../contract/state.ts";
import { asFault } from "../core/as-fault.ts";
import { amount } from "../core/count-text.ts";
import { restoredJson, runJson } from "../core/run-json.ts";
import { CHANGES_ONLY, EVERY_ROW, type PlanAim } from "../engine/plan-sync.ts";
import { pruneRuns } from "../engine/prune-runs.ts";
import type { Progress, RunOptions } from "../engine/run-options.ts";
import { type FinishedRun, runSync } from "../engine/run-sync.ts";
import type { resumeSync } from "../engine/settle-unfinished.ts";
import { turns } from "../engine/turns.ts";
import type { Workbench } from "../engine/workbench.ts";
import { findService } from "./ask-service.ts";
import type { CommandContext } from "./command-context.ts";
import { gravest, statusOf } from "./exit-status.ts";
import { openBench } from "./open-bench.ts";
import { chooseSyncs, openProject, type SelectOptions } from "./open-project.ts";
import type { Output } from "./output.ts";
import { faultDocument, faultText } from "./render-fault.ts";
import { restoredText } from "./render-plan.ts";
import { progressShower } from "./render-progress.ts";
import { runLine, runText } from "./render-run.ts";
import { type AskedThere, runThroughService } from "./run-through-service.ts";
import { newsOf, sendNews, sendUnopened } from "./send-news.ts";

export type Ended = {
  readonly sync: Sync;
  readonly finished: FinishedRun | null;
  readonly fault: Fault | null;
  /** Unfinished runs of before that were ended first. */
  readonly earlier: readonly RunRecord[];
};

/** What is sent, and the name under which history keeps it. */
export type Sending = {
  readonly aim: PlanAim;
  readonly trigger: "cli" | "resync" | "link" | "retry";
  /** Something else than a run: going on with an unfinished one. */
  readonly work?: typeof resumeSync;
};

/** Plans and sends. Several syncs run side by side, within the shared budget of each account. */
export async function run(
  context: CommandContext<SelectOptions & { approve: boolean }>,
  names: readonly string[],
): Promise<number> {
  const project = await openProject(context);
  const syncs = await chooseSyncs(project, names, context);
  const isOne = names.length === 1 && syncs.length === 1;
  return sendSyncs(context, project, syncs, { aim: CHANGES_ONLY, trigger: "cli" }, isOne);
}

/** Sends these syncs and says how each ended; `isOne` where one was named, whose document then stands alone. */
export async function sendSyncs(
  context: CommandContext<{ approve: boolean }>,
  project: Project,
  syncs: readonly Sync[],
  sending: Sending,
  isOne: boolean,
): Promise<number> {
  const line = await findService(project, context.services);
  const asked = askedThere(sending);
  if (line !== null && asked !== null)
    return showEnds(context.output, await runThroughService(context, project, line, syncs, asked), isOne);
  const bench = await openBench(context, project, "run").catch((error) => sendUnopened(context, project, syncs, error));
  let news: readonly News[] = [];
  try {
    const ended = await runAll(context, bench, syncs, sending);
    news = await newsOf(context, project, bench.state, ended);
    return showEnds(context.output, ended, isOne);
  } finally {
    await bench.close();
    // Nobody waits for it: the leases are given back, and what goes wrong here is a warning.
    await sendNews(context, project, news);
  }
}

/** What a service would call it; null for what it does not do. What it goes on with is planned anew right after. */
function askedThere({ aim, work }: Sending): AskedThere | null {
  if (aim === CHANGES_ONLY) return { action: "run", insist: work !== undefined };
  return aim === EVERY_ROW ? { action: "resync", insist: false } : null;
}

function showEnds(output: Output, ended: readonly Ended[], isOne: boolean): number {
  const documents = ended.map(endedJson);
  output.document(
    isOne
      ? documents[0]
      : {
          runs: documents.map((entry) =>
            "run" in entry && entry.run !== null ? { ...entry.run, ...besideRun(entry) } : entry,
          ),
        },
  );
  return tellEnds(output, ended);
}

/** Runs these syncs side by side; none of them throws. */
export async function runAll(
  context: CommandContext<{ approve: boolean }>,
  bench: Workbench,
  syncs: readonly Sync[],
  sending: Sending,
): Promise<readonly Ended[]> {
  const { state } = bench;
  if (state === null) throw new Fault("STATE_MISSING", "the state could not be opened");
  await pruneRuns(bench, state, null);
  const planTurn = turns(2);
  const progress = progressShower(context.output, context.services.clock);
  return Promise.all(syncs.map((sync) => runOne(bench, state, sync, context, { ...sending, planTurn, progress })));
}

/** Says to people how each ended; gives the exit status. */
export function tellEnds(output: Output, ended: readonly Ended[]): number {
  for (const entry of ended) {
    if (entry.finished !== null) output.line(runText(entry.finished));
    else if (entry.fault === null) output.line(`${entry.sync.name}: nothing is unfinished`);
    if (entry.fault !== null) output.error(`${entry.sync.name}\n${faultText(entry.fault)}`);
    for (const warning of warnings(entry)) output.note(`warning: ${entry.sync.name}: ${warning}`);
  }
  return gravest(ended.map(exitStatus));
}

async function runOne(
  bench: Workbench,
  state: StateStore,
  sync: Sync,
  { services, options, output, signal }: CommandContext<{ approve: boolean }>,
  how: Sending & Pick<RunOptions, "planTurn"> & { readonly progress: (progress: Progress) => void },
): Promise<Ended> {
  const earlier: RunRecord[] = [];
  try {
    const work = how.work ?? runSync;
    const finished = await work(
      bench,
      state,
      sync,
      {
        trigger: how.trigger,
        aim: how.aim,
        who: services.who,
        approve: options.approve,
        insists: how.work !== undefined,
        isDead: (holder) => services.isDead(holder),
        holder: services.holder,
        planTurn: how.planTurn,
        onProgress: how.progress,
        onRecovered: (run) => {
          earlier.push(run);
          output.note(runLine(run));
        },
      },
      signal,
    );
    return { sync, finished, fault: finished === null ? null : underRunsCode(finished), earlier };
  } catch (error) {
    const fault = asFault(error);
    return { sync, finished: null, fault, earlier };
  }
}

function warnings({ sync, finished }: Ended): string[] {
  const said: string[] = [];
  const waiting = finished?.run.counts?.waiting ?? 0;
  if (waiting > 0)
    said.push(
      `${amount(waiting, "rejected row")} ${waiting === 1 ? "waits" : "wait"} for a change or for the end of a pause (sluice rows ${finished?.run.id} --state waiting)`,
    );
  const removes = sync.onRemoved.kind !== "none" || sync.onRemovedAdopted.kind !== "none";
  const restored = finished?.planned?.restored ?? null;
  if (restored !== null) said.push(`no removals: ${restoredText(sync.name, restored)}`);
  else if (removes && finished?.planned?.facts.removalsPostponed === true)
    said.push(
      `removals are postponed while there are rows without a key (sluice rows ${finished.run.id} --state invalid)`,
    );
  return said;
}

/** What ended a run is told under the code that the run itself bears. */
function underRunsCode({ run, fault }: FinishedRun): Fault | null {
  if (fault === null || run.code === null || run.code === fault.code || !isFaultCode(run.code)) return fault;
  const { message, fix, hints, problems } = fault;
  return new Fault(run.code, message, { ...(fix === null ? {} : { fix }), hints, problems, cause: fault });
}

function exitStatus({ finished, fault }: Ended): number {
  // A run that could not start for its config is the reader's to mend, not a failed run.
  if (fault !== null && fault.rule.exitStatus === 2 && finished?.run.state === "failed" && finished.planned === null)
    return 2;
  if (finished !== null) return statusOf(finished.run);
  return fault?.rule.exitStatus ?? 0;
}

export function endedJson({ sync, finished, fault, earlier }: Ended) {
  const before = earlier.length === 0 ? {} : { earlier: earlier.map(runJson) };
  const error = { ...before, ...(fault === null ? {} : { error: faultDocument(fault) }) };
  if (finished === null) return fault === null ? { sync: sync.name, run: null } : { sync: sync.name, ...error };
  const restored = restoredJson(finished.planned?.restored ?? null);
  return { run: runJson(finished.run), ...(restored === null ? {} : { restored }), ...error };
}

/** What stands beside a run in its document. */
function besideRun({ run: _, ...rest }: { run?: unknown }): object {
  return rest;
}
