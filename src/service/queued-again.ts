import type { Sync } from "../contract/project.ts";
import type { RunRecord } from "../contract/run.ts";
import { PLAINLY } from "../contract/state.ts";
import { queuedRun } from "../engine/new-run.ts";
import type { ServiceParts } from "./service-parts.ts";

/** A run that a stop cut short, or a death before it sent anything, is asked for once more: the diff finds what is left. */
export async function queuedRunAgain(parts: ServiceParts, sync: Sync, run: RunRecord): Promise<void> {
  const again = queuedRun(sync, { action: run.action, trigger: run.trigger }, parts);
  await parts.state.request({ run: again, ask: { ...PLAINLY, who: "service" } }, null);
}
