import { Fault } from "../contract/fault.ts";
import type { RunRecord } from "../contract/run.ts";
import type { Lease, StateStore } from "../contract/state.ts";

/**
 * What an unfinished run met before it could go on (a destination that is down, a warehouse that somebody holds), as it is told to
 * people: the run is as open as before, and its history says what stands in its way.
 */
export async function staysOpen(state: StateStore, lease: Lease, run: RunRecord, error: unknown): Promise<unknown> {
  if (!(error instanceof Fault) || error.code === "CANCELLED" || error.code === "LEASE_LOST") return error;
  const { code, hints, problems } = error;
  const message = `run ${run.id} cannot go on yet and stays open: ${error.message}`;
  // A pause keeps its own reason: it is shown with the pause's time. Where this cannot be written, the fault says it all the same.
  if (run.state === "writing")
    await state.patchRun(lease, run.id, { code, reason: `cannot go on yet: ${error.message}` }).catch(() => undefined);
  return new Fault(code, message, { fix: fixOf(error, run), cause: error, hints, problems });
}

function fixOf({ fix, rule }: Fault, { sync }: RunRecord): string {
  const goesOn = `\`sluice run ${sync}\` goes on with it (\`sluice resume ${sync}\` does only that)`;
  // Fixes of a run's start say that nothing was sent, which this run has behind it.
  if (rule.retry === "person")
    return fix === null ? goesOn : `${fix.replace(/; nothing was sent$/, "")}; then ${goesOn}`;
  return `nothing is lost: ${goesOn}, and a service tries again by itself`;
}
