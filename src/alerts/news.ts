import { FAULTS, type Fault, type FaultCode } from "../contract/fault.ts";
import type { AlertEvent, Sync } from "../contract/project.ts";
import type { RunRecord } from "../contract/run.ts";

/** How one sync came out of a command, as far as anybody is told. */
export type News = {
  readonly sync: Pick<Sync, "name" | "alerts" | "onSuccess">;
  readonly event: AlertEvent | "succeeded";
  /** null where it came to none. */
  readonly run: RunRecord | null;
  readonly fault: Pick<Fault, "code" | "message" | "fix"> | null;
  /** The last run that ended before this one was of the kind that is told of. Only asked of what succeeded. */
  readonly wasBad: boolean;
};

/**
 * What an ended run is to those who are told: `held` by a guard; `failed` also for what is blocked otherwise, as somebody has to
 * mend it. null: nothing to tell, such as of a run that somebody cancelled, that pauses, or that met another process at work.
 */
export function eventOf(run: Pick<RunRecord, "state" | "code">): News["event"] | null {
  switch (run.state) {
    case "succeeded":
    case "partial":
    case "failed":
      return run.state;
    case "blocked":
      if (run.code === "HELD") return "held";
      return isBusy(run.code) ? null : "failed";
    default:
      return null;
  }
}

/** The same where it did not come to a run. */
export function eventOfFault(fault: Fault): "failed" | null {
  return fault.code === "CANCELLED" || isBusy(fault.code) ? null : "failed";
}

/** Somebody else is at work there; the next run finds it free. */
function isBusy(code: string | null): boolean {
  if (code === null || !Object.hasOwn(FAULTS, code)) return false;
  const rule = FAULTS[code as FaultCode];
  return rule.exitStatus === 4 && rule.retry === "next_run";
}
