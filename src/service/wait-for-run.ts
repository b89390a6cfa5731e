import type { RunRecord } from "../contract/run.ts";
import type { ServiceParts } from "./service-parts.ts";

/** Waits until a run is over, or for so long; gives the run as it then stands, null where it is gone. */
export async function waitForRun(
  parts: Pick<ServiceParts, "state" | "events" | "clock">,
  id: string,
  forMs: number,
  signal: AbortSignal,
): Promise<RunRecord | null> {
  const over = new AbortController();
  // Listens before it looks: an end in between is not missed.
  const leave = parts.events.listen(null, (event) => {
    if (event.run === id && (event.kind === "run.ended" || event.kind === "run.paused")) over.abort();
  });
  try {
    const run = await parts.state.run(id);
    if (run === null || run.endedAt !== null || forMs <= 0) return run;
    await parts.clock.sleep(forMs, AbortSignal.any([over.signal, signal])).catch(() => undefined);
    return await parts.state.run(id);
  } finally {
    leave();
  }
}
