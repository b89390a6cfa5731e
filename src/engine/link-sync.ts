import { Fault } from "../contract/fault.ts";
import type { Sync } from "../contract/project.ts";
import type { Lease, StateStore } from "../contract/state.ts";
import { newRunId } from "../core/run-id.ts";
import { newMeter } from "../delivery/limited.ts";
import { type LinkReport, linkRows } from "./link-rows.ts";
import { CHANGES_ONLY, openSession } from "./plan-sync.ts";
import { prepareSync } from "./prepare-sync.ts";
import { putSync } from "./put-sync.ts";
import { recoverRuns } from "./recover-run.ts";
import type { RunOptions } from "./run-options.ts";
import { takeOver } from "./take-over.ts";
import { underLease } from "./under-lease.ts";
import type { Workbench } from "./workbench.ts";

export type LinkedSync = LinkReport & {
  readonly sync: string;
  /** Rows that had no record when the command began. */
  readonly unlinked: number;
  /** Rows that have one now. */
  readonly linked: number;
  /** Rows whose record belongs to another row, or that share a match value with one. */
  readonly taken: number;
  readonly calls: number;
};

/** Finds the records of rows that have none and remembers them with what stands in them. Sends nothing (S8). */
export async function linkSync(
  bench: Workbench,
  state: StateStore,
  sync: Sync,
  options: Pick<RunOptions, "holder" | "isDead" | "who">,
  signal: AbortSignal,
): Promise<LinkedSync> {
  if (sync.match.length === 0)
    throw new Fault("USAGE", `sync "${sync.name}" has no match list to link by`, { fix: "add match: to the sync" });
  await takeOver(bench, state, sync, options);
  return underLease(
    bench,
    state,
    sync.name,
    options,
    (lease, kept) => linkUnderLease(bench, state, sync, options, lease, kept),
    signal,
  );
}

async function linkUnderLease(
  bench: Workbench,
  state: StateStore,
  sync: Sync,
  options: Pick<RunOptions, "who">,
  lease: Lease,
  signal: AbortSignal,
): Promise<LinkedSync> {
  await recoverRuns(bench, state, lease);
  const meter = newMeter();
  const prepared = await prepareSync(bench, sync, meter, signal);
  const session = await openSession(bench, prepared, { ...CHANGES_ONLY, retries: false }, bench.clock.now());
  try {
    const { unlinked } = await session.stage(signal);
    const destination = prepared.account.metered(meter);
    const report = await linkRows(
      session,
      { sync, mapping: prepared.mapping, object: prepared.object, destination },
      signal,
    );
    const run = newRunId(bench.clock.now(), bench.random);
    const { linked, taken } = await session.storeLinks({ epoch: lease.epoch, run });
    await putSync(bench, state, prepared, lease);
    const detail = `${linked} of ${unlinked} rows linked`;
    await state.audit({ at: bench.clock.now(), who: options.who, act: "link", sync: sync.name, run: null, detail });
    return { ...report, sync: sync.name, unlinked, linked, taken, calls: meter.calls };
  } finally {
    await session.close();
  }
}
