import { Fault } from "../contract/fault.ts";
import type { RunRecord } from "../contract/run.ts";
import type { StateStore } from "../contract/state.ts";

/** A run by its id, or `last`. */
export async function findRun(state: StateStore | null, id: string): Promise<RunRecord> {
  if (state !== null) {
    const [last] = await state.runs({ limit: 1 });
    const run = id === "last" ? last : await state.run(id);
    if (run != null) return run;
  }
  throw new Fault("UNKNOWN_RUN", id === "last" ? "nothing has run yet" : `there is no run "${id}"`, {
    fix: "`sluice runs` lists them",
  });
}
