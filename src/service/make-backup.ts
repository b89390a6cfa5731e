import { Fault } from "../contract/fault.ts";
import { type BackupMade, backupMemory, refuseTaken } from "../engine/backup-memory.ts";
import type { ServiceParts } from "./service-parts.ts";

type Parts = Pick<ServiceParts, "live" | "state" | "clock" | "lull" | "active">;

/**
 * Copies the memory beside a service at work, in a moment without a run: what is at work ends first, what comes meanwhile begins
 * afterwards. Faults: PLANNER_BUSY where `waitMs` bring no such moment, and those of {@link backupMemory}.
 */
export async function makeBackup(
  { live, state, clock, lull, active }: Parts,
  dir: string,
  waitMs: number,
  signal: AbortSignal,
): Promise<BackupMade> {
  const { loaded, release } = live.pin();
  const late = new AbortController();
  const begun = new AbortController();
  try {
    await refuseTaken(loaded.project, dir);
    void clock.sleep(waitMs, begun.signal).then(
      () => late.abort(tooBusy({ lull, active }, waitMs)),
      () => undefined,
    );
    const copy = (): Promise<BackupMade> => {
      begun.abort();
      return backupMemory(loaded.project, { state, planner: loaded.bench.planner }, dir, clock);
    };
    return await lull.alone(copy, AbortSignal.any([signal, late.signal]));
  } finally {
    begun.abort();
    await release();
  }
}

function tooBusy({ lull, active }: Pick<Parts, "lull" | "active">, waitMs: number): Fault {
  const names = lull.atWork().map((sync) => {
    const run = active.get(sync)?.run ?? null;
    return run === null ? sync : `${sync} (run ${run})`;
  });
  const why = names.length === 0 ? "another backup is being made" : `at work: ${names.join(", ")}`;
  return new Fault("PLANNER_BUSY", `${Number((waitMs / 1000).toFixed(1))} s brought no moment without a run; ${why}`, {
    fix: "wait longer (`--wait`, or `wait_seconds`), or back up when less is at work; nothing was written",
  });
}
