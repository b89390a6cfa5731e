import { Fault } from "../contract/fault.ts";
import type { Sync } from "../contract/project.ts";
import type { Lease, StateStore } from "../contract/state.ts";
import { newRunId } from "../core/run-id.ts";
import { newMeter } from "../delivery/gate.ts";
import { type ConfirmedRecords, confirmRecords } from "./confirm-records.ts";
import { giveUpRuns } from "./give-up-run.ts";
import { type LinkReport, linkRows } from "./link-rows.ts";
import { CHANGES_ONLY, openSession } from "./plan-sync.ts";
import { prepareSync } from "./prepare-sync.ts";
import { putSync } from "./put-sync.ts";
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
  /** After a restore: what became of the records of rows that had one. Null where nothing was restored. */
  readonly confirmed: ConfirmedRecords | null;
};

/**
 * Finds the records of rows that have none and remembers them with what stands in them. Sends nothing (S8). After a restore it
 * also looks at the records of all other rows; removals are planned again from then on (S25).
 */
export async function linkSync(
  bench: Workbench,
  state: StateStore,
  sync: Sync,
  options: Pick<RunOptions, "holder" | "isDead" | "who">,
  signal: AbortSignal,
): Promise<LinkedSync> {
  if (sync.match.length === 0 && (await state.restoration(sync.name)) === null)
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
  await giveUpRuns(bench, state, lease);
  const meter = newMeter();
  const prepared = await prepareSync(bench, sync, meter, signal);
  const session = await openSession(bench, prepared, CHANGES_ONLY, bench.clock.now());
  try {
    const { unlinked } = await session.stage(signal);
    const restoration = await state.restoration(sync.name);
    const destination = prepared.account.metered(meter);
    const report = await linkRows(
      session,
      { sync, mapping: prepared.mapping, object: prepared.object, destination },
      signal,
    );
    const run = newRunId(bench.clock.now(), bench.random);
    const { linked, taken } = await session.storeLinks({ epoch: lease.epoch, run });
    const confirmed =
      restoration === null ? null : await confirmRecords(bench, lease, destination, sync.object, signal);
    await putSync(bench, state, prepared, lease);
    if (confirmed !== null) await state.dropRestoration(lease);
    const detail = `${linked} of ${unlinked} rows linked${confirmed === null ? "" : confirmedText(confirmed)}`;
    await state.audit({ at: bench.clock.now(), who: options.who, act: "link", sync: sync.name, run: null, detail });
    return { ...report, sync: sync.name, unlinked, linked, taken, calls: meter.calls, confirmed };
  } finally {
    await session.close();
  }
}

function confirmedText({ found, merged, gone }: ConfirmedRecords): string {
  return `; after a restore: ${found} records answer, ${merged} of them merged, ${gone} are gone`;
}
