import type { Reply, WriteBatch } from "../contract/destination.ts";
import { NO_HINTS } from "../contract/fault.ts";

/** Nothing of the batch left this machine: every row may go again, in this run or the next. */
export function notSent(batch: WriteBatch, code: string, error: unknown): Reply {
  const message = error instanceof Error ? error.message : String(error);
  const outcomes = batch.writes.map(() => ({ kind: "deferred", code, message }) as const);
  return { outcomes, refusedWhole: false, calls: 0, bytesOut: 0, hints: NO_HINTS };
}
