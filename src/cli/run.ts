import { Fault } from "../contract/fault.ts";
import type { Sync } from "../contract/project.ts";
import type { StateStore } from "../contract/state.ts";
import type { Progress } from "../engine/run-options.ts";
import { type FinishedRun, runSync } from "../engine/run-sync.ts";
import { turns } from "../engine/turns.ts";
import type { Workbench } from "../engine/workbench.ts";
import type { CommandContext } from "./command-context.ts";
import { gravest, statusOf } from "./exit-status.ts";
import { chooseSyncs, openProject, type SelectOptions } from "./open-project.ts";
import { faultDocument, faultText } from "./render-fault.ts";
import { progressShower } from "./render-progress.ts";
import { runText } from "./render-run.ts";
import { runJson } from "./run-json.ts";

type Ended = { readonly sync: Sync; readonly finished: FinishedRun | null; readonly fault: Fault | null };

/** Plans and sends. Several syncs run side by side, within the shared budget of each account. */
export async function run(
  context: CommandContext<SelectOptions & { approve: boolean }>,
  names: readonly string[],
): Promise<number> {
  const { services, output, signal } = context;
  const project = await openProject(context);
  const syncs = await chooseSyncs(project, names, context);
  const bench = await services.openBench(project, "run", signal);
  try {
    if (bench.state === null) throw new Fault("STATE_MISSING", "the state could not be opened");
    const state = bench.state;
    const planTurn = turns(2);
    const progress = progressShower(output, services.clock);
    const ended = await Promise.all(syncs.map((sync) => runOne(bench, state, sync, context, planTurn, progress)));
    const isOne = names.length === 1 && syncs.length === 1;
    const documents = ended.map(document);
    output.document(
      isOne
        ? documents[0]
        : { runs: documents.map((entry) => ("run" in entry ? { ...entry.run, ...errorOf(entry) } : entry)) },
    );
    for (const entry of ended) {
      if (entry.finished !== null) output.line(runText(entry.finished));
      if (entry.fault !== null) output.error(`${entry.sync.name}\n${faultText(entry.fault)}`);
      const waiting = entry.finished?.run.counts?.waiting ?? 0;
      if (waiting > 0)
        output.note(
          `warning: ${entry.sync.name}: ${waiting} rejected rows wait for a change or for their pause to end (sluice rows last --state waiting)`,
        );
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
  { services, options, signal }: CommandContext<{ approve: boolean }>,
  planTurn: <T>(work: () => Promise<T>) => Promise<T>,
  onProgress: (progress: Progress) => void,
): Promise<Ended> {
  try {
    const finished = await runSync(
      bench,
      state,
      sync,
      {
        trigger: "cli",
        who: services.who,
        approve: options.approve,
        isDead: (holder) => services.isDead(holder),
        holder: services.holder,
        planTurn,
        onProgress,
      },
      signal,
    );
    return { sync, finished, fault: finished.fault };
  } catch (error) {
    const fault =
      error instanceof Fault
        ? error
        : new Fault("INTERNAL", error instanceof Error ? error.message : String(error), { cause: error });
    return { sync, finished: null, fault };
  }
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
