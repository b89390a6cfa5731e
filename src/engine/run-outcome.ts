import type { Fault } from "../contract/fault.ts";
import type { Sync } from "../contract/project.ts";
import type { Operations } from "../contract/run.ts";
import type { RunPatch } from "../contract/state.ts";
import { rowCount } from "../core/count-text.ts";

/** What is to be said of a delivery. */
export type Ending = {
  /** Why it stopped before its end; null where it did not. */
  readonly stopped: Fault | null;
  readonly operations: Operations;
  readonly newInvalid: number;
  readonly newRejected: number;
  /** Rows that guards hold, and their word; 0 and null where none does. */
  readonly aside: number;
  readonly heldBy: string | null;
  /** Every row goes again: what is put off is for the next resync, not for the next run. */
  readonly isResend: boolean;
  /** When a pause ends, ms since the epoch. */
  readonly resumeAt: number | null;
};

/** The state in which a run ends, or pauses, and why. */
export function outcomeOf(ending: Ending): RunPatch {
  const { stopped, newInvalid, newRejected, aside, heldBy } = ending;
  if (stopped?.code === "CANCELLED") return { state: "cancelled", code: "CANCELLED", reason: stopped.message };
  if (stopped?.code === "HELD") return { state: "blocked", code: "HELD", reason: stopped.message };
  if (stopped?.code === "QUOTA_SPENT")
    return { state: "paused", code: "QUOTA_SPENT", reason: stopped.message, resumeAt: ending.resumeAt };
  if (stopped !== null && stopped.rule.retry !== "transient") {
    // Credentials that worked when the run began and are refused now: somebody has to renew them (S20).
    const code = stopped.code === "AUTH_REFUSED" ? "AUTH_REQUIRED" : stopped.code;
    return { state: "failed", code, reason: stopped.message };
  }
  const putOff = Object.values(ending.operations).reduce((sum, counts) => sum + counts.deferred, 0);
  const deferred = putOff - aside;
  const parts = [
    heldBy === null ? "" : `${heldBy}: ${rowCount(aside)} held`,
    newRejected > 0 ? `${rowCount(newRejected)} rejected` : "",
    newInvalid > 0 ? `${rowCount(newInvalid)} invalid` : "",
    // The next run sends what changed; what was only to go again is for the next resync.
    deferred > 0 ? `${rowCount(deferred)} deferred to the next ${ending.isResend ? "resync" : "run"}` : "",
  ].filter((part) => part !== "");
  if (stopped !== null) parts.push(stopped.message);
  if (heldBy !== null) return { state: "blocked", code: "HELD", reason: parts.join(", ") };
  const left = Object.values(ending.operations).reduce((sum, counts) => sum + counts.cancelled, 0);
  const reason = left === 0 ? null : `${rowCount(left)} left to the next plan`;
  if (parts.length === 0) return { state: "succeeded", code: null, reason };
  return { state: "partial", code: null, reason: parts.join(", ") };
}

/** Refusals that are news: rejected now and never before, by code, less what the sync tolerates (S21). */
export function newsOf(
  newRejects: ReadonlyMap<string, number>,
  counted: { rejected: number; read: number },
  sync: Sync,
): number {
  const { rejectedShare, codes } = sync.tolerate;
  // 0.29 × 100 is 28.999…: a share that is exactly reached is tolerated.
  const isFew = counted.rejected <= rejectedShare * counted.read * (1 + Number.EPSILON * 4);
  return [...newRejects]
    .filter(([code]) => !(isFew && (codes.length === 0 || codes.includes(code))))
    .reduce((sum, [, count]) => sum + count, 0);
}
