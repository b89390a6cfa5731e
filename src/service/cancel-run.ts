import type { RunRecord } from "../contract/run.ts";
import type { ServiceParts } from "./service-parts.ts";

export type Cancelled = "cancelled" | "stopping" | "over" | "elsewhere";

/**
 * Stops a run before its next batch. One that waits is over at once; one that this process works on ends by itself soon
 * (`stopping`); `elsewhere`: it is at work in another process, or nobody works on it.
 */
export async function cancelRun(parts: ServiceParts, run: RunRecord, who: string): Promise<Cancelled> {
  const { state, clock, events, active } = parts;
  if (run.endedAt !== null) return "over";
  const end = { state: "cancelled", code: "CANCELLED", reason: `cancelled by ${who}` } as const;
  if (run.state === "queued" && (await state.dismiss(run.id, end, clock.now()))) {
    events.tell({ kind: "run.ended", sync: run.sync, run: run.id, detail: { state: "cancelled", code: "CANCELLED" } });
    return "cancelled";
  }
  const work = active.get(run.sync);
  // A run that is taken up again works under no request of its own.
  if (work === undefined || (work.run !== null && work.run !== run.id)) return "elsewhere";
  work.stop.abort(new Error(end.reason));
  return "stopping";
}
