import { CHANGES_ONLY } from "../engine/plan-sync.ts";
import { resumeSync } from "../engine/settle-unfinished.ts";
import type { CommandContext } from "./command-context.ts";
import { chooseSyncs, openProject, type SelectOptions } from "./open-project.ts";
import { sendSyncs } from "./run.ts";

/**
 * Goes on with interrupted or paused runs, and plans nothing. Also before a pause is over, and for syncs that died so often that
 * `run` leaves them alone. A service at work does it as a run that insists: what it goes on with is planned anew right after.
 */
export async function resume(context: CommandContext<SelectOptions>, names: readonly string[]): Promise<number> {
  const project = await openProject(context);
  const syncs = await chooseSyncs(project, names, context);
  const isOne = names.length === 1 && syncs.length === 1;
  const asRun = { ...context, options: { ...context.options, approve: false } };
  return sendSyncs(asRun, project, syncs, { aim: CHANGES_ONLY, trigger: "cli", work: resumeSync }, isOne);
}
