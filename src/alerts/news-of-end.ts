import type { Fault } from "../contract/fault.ts";
import type { RunRecord } from "../contract/run.ts";
import type { StateStore } from "../contract/state.ts";
import { eventOf, eventOfFault, type NewsSync, type RunNews } from "./news.ts";

/** How a sync came out of a command, or of a turn of the service. */
export type End = {
  readonly sync: NewsSync;
  /** null where it came to none. */
  readonly run: RunRecord | null;
  readonly fault: Fault | null;
  /** Runs of before that were ended first. */
  readonly earlier: readonly RunRecord[];
};

/** What there is to tell of an end. Asks the state what the last run was that ended before. */
export async function newsOfEnd(
  state: Pick<StateStore, "runs"> | null,
  { sync, run, fault, earlier }: End,
): Promise<RunNews[]> {
  if (run === null) {
    const event = fault === null ? null : eventOfFault(fault);
    return event === null ? [] : [{ sync, event, run: null, fault, wasBad: false }];
  }
  const event = eventOf(run);
  if (event === null) return [];
  if (event !== "succeeded") return [{ sync, event, run, fault, wasBad: false }];
  // What an earlier run refused, once it was taken up again, is no news to this one and would go untold.
  const broken = earlier.findLast((one) => one.state === "partial");
  if (broken === undefined) return [{ sync, event, run, fault: null, wasBad: await endedBadly(state, run, earlier) }];
  return [
    { sync: { ...sync, onSuccess: null }, event: "partial", run: broken, fault: null, wasBad: false },
    { sync: { ...sync, alerts: [] }, event, run, fault: null, wasBad: false },
  ];
}

/** Whether the last run that ended before was one that is told of. */
async function endedBadly(
  state: Pick<StateStore, "runs"> | null,
  { id, sync }: RunRecord,
  earlier: readonly RunRecord[],
): Promise<boolean> {
  const now = new Set([id, ...earlier.map((run) => run.id)]);
  const states = ["succeeded", "partial", "failed", "blocked"] as const;
  const before = (await state?.runs({ sync, states, limit: now.size + 1 })) ?? [];
  const last = before.find((run) => !now.has(run.id));
  const event = last === undefined ? null : eventOf(last);
  return event !== null && event !== "succeeded";
}
