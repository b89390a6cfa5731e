import type { Fault } from "../contract/fault.ts";
import type { RunRecord } from "../contract/run.ts";
import type { Lease, RunPatch, StateStore } from "../contract/state.ts";
import { finishRun } from "./finish-run.ts";
import { giveUpRun } from "./give-up-run.ts";
import type { Workbench } from "./workbench.ts";

/**
 * Something broke while the plan was being sent (a full disk, a lost lease). What was acknowledged is accepted and what was
 * not is marked in doubt, as after a crash; where even that fails the run stays open and the next start takes it up.
 */
export async function endBroken(
  bench: Workbench,
  state: StateStore,
  run: RunRecord,
  lease: Lease,
  fault: Fault,
  spent: RunPatch,
): Promise<{ run: RunRecord; planned: null; fault: Fault }> {
  const given = await giveUpRun(bench, state, lease, run, "broken off");
  const reason = { state: "failed", code: fault.code, reason: fault.message } as const;
  const ended = await finishRun(bench, state, lease, given, { ...reason, ...spent });
  return { run: ended, planned: null, fault };
}
