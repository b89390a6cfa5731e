import type { RunRecord } from "../contract/run.ts";
import type { StateStore } from "../contract/state.ts";

/** The run of a sync that never ended and that nobody works on: the next run settles first what it may have sent. */
export async function interruptedRun(
  state: StateStore,
  sync: string,
  isDead: (holder: string) => boolean,
): Promise<RunRecord | null> {
  const [open] = await state.runs({ sync, states: ["planning", "writing"], limit: 1 });
  if (open === undefined) return null;
  const holder = await state.holder(sync);
  return holder === null || isDead(holder) ? open : null;
}
