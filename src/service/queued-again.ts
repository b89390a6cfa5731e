import type { Sync } from "../contract/project.ts";
import type { RunRecord } from "../contract/run.ts";
import { PLAINLY } from "../contract/state.ts";
import { queuedRun } from "../engine/new-run.ts";
import type { ServiceParts } from "./service-parts.ts";

/**
 * A run that a stop cut short, or that came to no plan for a death or for want of calls, is asked for once more: the diff finds
 * what is left. `beginsAt`: not before, ms since the epoch; whoever asks meanwhile has it begin at once.
 */
export async function queuedRunAgain(
  parts: ServiceParts,
  sync: Sync,
  run: RunRecord,
  beginsAt: number | null,
): Promise<void> {
  const again = queuedRun(sync, { action: run.action, trigger: run.trigger }, parts);
  const request = { run: { ...again, resumeAt: beginsAt }, ask: { ...PLAINLY, who: "service" } };
  await parts.state.request(request, null);
}
