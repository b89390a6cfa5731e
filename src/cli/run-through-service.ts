import { Fault } from "../contract/fault.ts";
import type { Project, Sync } from "../contract/project.ts";
import type { Action, RunRecord } from "../contract/run.ts";
import type { StateStore } from "../contract/state.ts";
import { asFault } from "../core/as-fault.ts";
import { openLook } from "../engine/open-ledger.ts";
import { faultCode, type ServiceLine } from "./ask-service.ts";
import type { CommandContext } from "./command-context.ts";
import type { Ended } from "./run.ts";

const POLL = "wait=60";
const NEVER = new AbortController().signal;

/** What the service is asked for beside the approval. */
export type AskedThere = { readonly action: Action; readonly insist: boolean };

/**
 * Lets the service that works on the project do the runs, and waits for their ends. Ctrl-C cancels them there. Alerts are the
 * service's to send.
 */
export async function runThroughService(
  context: CommandContext<{ approve: boolean }>,
  project: Project,
  line: ServiceLine,
  syncs: readonly Sync[],
  asked: AskedThere,
): Promise<readonly Ended[]> {
  const { output, services, signal } = context;
  output.note(`a service works on this project: it runs what you ask for (${line.url})`);
  // Files that were saved a moment ago count.
  await line.ask("POST", "/api/v1/project/look", null, signal);
  const state = await openLook(project, services.clock);
  if (state === null)
    throw new Fault("STATE_MISSING", "the service's state is not where this project's files say it is");
  try {
    return await Promise.all(syncs.map((sync) => runOne(context, line, state, sync, asked)));
  } finally {
    await state.close();
  }
}

async function runOne(
  { options, signal }: CommandContext<{ approve: boolean }>,
  line: ServiceLine,
  state: StateStore,
  sync: Sync,
  asked: AskedThere,
): Promise<Ended> {
  try {
    const path = `/api/v1/syncs/${encodeURIComponent(sync.name)}/runs`;
    if (signal.aborted) throw new Fault("CANCELLED", "cancelled before anything was asked for");
    // Asked to its end: a run that nobody knows the id of could not be cancelled.
    const started = await line.ask("POST", path, { ...asked, approve: options.approve }, NEVER);
    const id = String(started.id);
    await untilOver(line, id, signal);
    const run = await state.run(id);
    if (run === null)
      throw new Fault("UNKNOWN_RUN", `run ${id} is gone`, { fix: "`sluice runs` lists those that are kept" });
    return { sync, finished: { run, planned: null, fault: faultOf(run) }, fault: faultOf(run), earlier: [] };
  } catch (error) {
    return { sync, finished: null, fault: asFault(error), earlier: [] };
  }
}

/** A run that pauses goes on for hours: nobody waits for that. */
async function untilOver(line: ServiceLine, id: string, signal: AbortSignal): Promise<void> {
  let isCancelled = false;
  for (;;) {
    try {
      const run = await line.ask("GET", `/api/v1/runs/${id}?${POLL}`, null, isCancelled ? NEVER : signal);
      if (run.ended_at !== null || run.state === "paused") return;
    } catch (error) {
      if (isCancelled || !signal.aborted) throw error;
      isCancelled = true;
      await line.ask("POST", `/api/v1/runs/${id}/cancel`, null, NEVER);
    }
  }
}

/** As the same run would have ended here: only what a person has to see. */
function faultOf({ state, code, reason }: RunRecord): Fault | null {
  if (state === "succeeded" || state === "partial" || state === "paused" || code === "HELD") return null;
  return new Fault(faultCode(code), reason ?? `the run ended ${state}`);
}
