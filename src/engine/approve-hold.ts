import type { Clock } from "../contract/clock.ts";
import { Fault } from "../contract/fault.ts";
import type { Project } from "../contract/project.ts";
import type { Hold, StateStore } from "../contract/state.ts";
import { exists } from "./exists.ts";
import { APPROVAL_MS } from "./hold-plan.ts";
import { planPath } from "./plan-path.ts";

/**
 * Releases exactly the set of a held run (operation + keys) for 24 h, without running: the next run, whoever starts it, sends
 * what is left of it (S22). Faults: UNKNOWN_RUN where nothing of the run is held any more.
 */
export async function approveHold(
  parts: { project: Project; state: StateStore; clock: Clock; who: string },
  sync: string,
  run: string,
): Promise<Hold> {
  const { project, state, clock, who } = parts;
  const nowMs = clock.now();
  const hold = (await state.holds(sync, nowMs)).find((one) => one.run === run);
  if (hold === undefined)
    throw new Fault("UNKNOWN_RUN", `nothing of run ${run} is held`, { fix: "`sluice holds` lists what is" });
  if (!(await exists(planPath(project, run))))
    throw new Fault("UNKNOWN_RUN", `the plan of run ${run} is gone, so nobody knows what would be released`, {
      fix: `run it again: sluice run ${sync}`,
    });
  const until = nowMs + APPROVAL_MS;
  await state.approve(hold.id, who, nowMs, until);
  await state.audit({ at: nowMs, who, act: "approve", sync, run, detail: hold.guards.join(", ") });
  return { ...hold, approvedAt: nowMs, approvedBy: who, until };
}
