import { FAULTS, Fault, type FaultCode } from "../contract/fault.ts";
import type { Project, Sync } from "../contract/project.ts";
import type { StateStore } from "../contract/state.ts";
import { amount } from "../core/count-text.ts";
import { CHANGES_ONLY, type PlanAim } from "../engine/plan-sync.ts";
import type { Progress, RunOptions } from "../engine/run-options.ts";
import { type FinishedRun, runSync } from "../engine/run-sync.ts";
import { turns } from "../engine/turns.ts";
import type { Workbench } from "../engine/workbench.ts";
import type { CommandContext } from "./command-context.ts";
import { gravest, statusOf } from "./exit-status.ts";
import { openBench } from "./open-bench.ts";
import { chooseSyncs, openProject, type SelectOptions } from "./open-project.ts";
import { faultDocument, faultText } from "./render-fault.ts";
import { progressShower } from "./render-progress.ts";
import { runLine, runText } from "./render-run.ts";
import { runJson } from "./run-json.ts";

type Ended = { readonly sync: Sync; readonly finished: FinishedRun | null; readonly fault: Fault | null };

/** What is sent, and the name under which history keeps it. */
export type Sending = { readonly aim: PlanAim; readonly trigger: "cli" | "resync" };

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
  const { services, output } = context;
  const bench = await openBench(context, project, "run");
  try {
    if (bench.state === null) throw new Fault("STATE_MISSING", "the state could not be opened");
    const state = bench.state;
    const planTurn = turns(2);
    const progress = progressShower(output, services.clock);
    const ended = await Promise.all(
      syncs.map((sync) => runOne(bench, state, sync, context, { ...sending, planTurn, progress })),
    );
    const documents = ended.map(document);
    output.document(
      isOne
        ? documents[0]
        : { runs: documents.map((entry) => ("run" in entry ? { ...entry.run, ...errorOf(entry) } : entry)) },
    );
    for (const entry of ended) {
      if (entry.finished !== null) output.line(runText(entry.finished));
      if (entry.fault !== null) output.error(`${entry.sync.name}\n${faultText(entry.fault)}`);
      for (const warning of warnings(entry)) output.note(`warning: ${entry.sync.name}: ${warning}`);
    }
    return gravest(ended.map(exitStatus));
  } finally {
    await bench.close();
  }
}

async function runOne(
  bench: Workbench,
  state: StateStore,
  sync: Sync,
  { services, options, output, signal }: CommandContext<{ approve: boolean }>,
  how: Sending & Pick<RunOptions, "planTurn"> & { readonly progress: (progress: Progress) => void },
): Promise<Ended> {
  try {
    const finished = await runSync(
      bench,
      state,
      sync,
      {
        trigger: how.trigger,
        aim: how.aim,
        who: services.who,
        approve: options.approve,
        isDead: (holder) => services.isDead(holder),
        holder: services.holder,
        planTurn: how.planTurn,
        onProgress: how.progress,
        onRecovered: (run) => output.note(runLine(run)),
      },
      signal,
    );
    return { sync, finished, fault: underRunsCode(finished) };
  } catch (error) {
    const fault =
      error instanceof Fault
        ? error
        : new Fault("INTERNAL", error instanceof Error ? error.message : String(error), { cause: error });
    return { sync, finished: null, fault };
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
  if (removes && finished?.planned?.facts.removalsPostponed === true)
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

function isFaultCode(code: string): code is FaultCode {
  return Object.hasOwn(FAULTS, code);
}

function exitStatus({ finished, fault }: Ended): number {
  // A run that could not start for its config is the reader's to mend, not a failed run.
  if (fault !== null && fault.rule.exitStatus === 2 && finished?.run.state === "failed" && finished.planned === null)
    return 2;
  if (finished !== null) return statusOf(finished.run);
  return fault?.rule.exitStatus ?? 1;
}

function document({ sync, finished, fault }: Ended) {
  const error = fault === null ? {} : { error: faultDocument(fault) };
  if (finished === null) return { sync: sync.name, ...error };
  return { run: runJson(finished.run), ...error };
}

function errorOf(entry: object): object {
  return "error" in entry ? { error: entry.error } : {};
}
