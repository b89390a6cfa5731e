import { Fault } from "../contract/fault.ts";

/** How a run ends that never came to a plan; `resumeAt`: from when on another start gets further, null where nobody knows. */
export type Unplanned = { readonly fault: Fault; readonly resumeAt: number | null };

/** A day's calls that end before there is a plan leave nothing to go on with: the next start plans anew, and it has a time. */
export function unplanned(fault: Fault, nowMs: number): Unplanned {
  const { code, message, hints } = fault;
  if (code !== "QUOTA_SPENT" || hints.retryAfterMs === null) return { fault, resumeAt: null };
  const resumeAt = nowMs + hints.retryAfterMs;
  const time = new Date(resumeAt).toISOString();
  const fix = `a service plans anew by itself from ${time} on; without one, start it again then. A larger quota or a smaller reserve ends the wait sooner`;
  return { fault: new Fault(code, `${message}; nothing was sent`, { fix, cause: fault, hints }), resumeAt };
}
