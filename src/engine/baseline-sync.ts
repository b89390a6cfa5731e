import { join } from "node:path";
import { Fault } from "../contract/fault.ts";
import type { PlanRow } from "../contract/plan.ts";
import type { Acceptance, PlanFacts, PlanSession } from "../contract/planner.ts";
import type { Sync } from "../contract/project.ts";
import type { Lease, StateStore } from "../contract/state.ts";
import { rowCount } from "../core/count-text.ts";
import { newRunId } from "../core/run-id.ts";
import { type Meter, newMeter } from "../delivery/gate.ts";
import { giveUpRuns } from "./give-up-run.ts";
import { type LinkReport, linkRows } from "./link-rows.ts";
import { openSession, REFUSED_NOW } from "./plan-sync.ts";
import { type PreparedSync, prepareSync } from "./prepare-sync.ts";
import { putSync } from "./put-sync.ts";
import type { RunOptions } from "./run-options.ts";
import { takeOver } from "./take-over.ts";
import { underLease } from "./under-lease.ts";
import type { Workbench } from "./workbench.ts";

/** What a baseline takes as it is. */
export type Baseline = LinkReport & {
  readonly prepared: PreparedSync;
  readonly facts: PlanFacts;
  /** Rows whose present values count as acknowledged. */
  readonly accepted: number;
  /** Of these: rows whose record was found now. */
  readonly adopted: number;
  /** Rows that are planned and have no record: they stay as they are. */
  readonly withoutRecord: number;
  /** Rows that left the model: they count as gone, their records stay. */
  readonly removed: number;
};

type Options = Pick<RunOptions, "holder" | "isDead" | "who">;

/** Says what a baseline would take; asks the destination, writes nothing anywhere. */
export async function previewBaseline(bench: Workbench, sync: Sync, signal: AbortSignal): Promise<Baseline> {
  checkMatch(sync);
  const { session, ...baseline } = await planBaseline(bench, sync, newMeter(), signal);
  await session.close();
  return baseline;
}

/**
 * Links, and takes the model's values as what the records hold, without asking whether they do and without sending: the next
 * plan has nothing to send for rows with a record. What was found in the records is kept beside (`found`). Rows without a record
 * stay to be created; rows that left the model count as gone, and their records live on (S24).
 */
export async function baselineSync(
  bench: Workbench,
  state: StateStore,
  sync: Sync,
  options: Options,
  signal: AbortSignal,
): Promise<Baseline> {
  checkMatch(sync);
  await takeOver(bench, state, sync, options);
  const work = async (lease: Lease, kept: AbortSignal): Promise<Baseline> => {
    await giveUpRuns(bench, state, lease);
    const { session, ...baseline } = await planBaseline(bench, sync, newMeter(), kept);
    const { accepted, adopted, removed } = baseline;
    const detail = `${rowCount(accepted)} taken as they are, ${adopted} of them adopted; ${removed} gone`;
    await state.audit({ at: bench.clock.now(), who: options.who, act: "baseline", sync: sync.name, run: null, detail });
    await acceptBaseline(bench, state, lease, { session, prepared: baseline.prepared }, kept);
    return baseline;
  };
  return underLease(bench, state, sync.name, options, work, signal);
}

function checkMatch(sync: Sync): void {
  if (sync.match.length > 0) return;
  throw new Fault("USAGE", `sync "${sync.name}" has no match list to find records by`, {
    fix: "add match: to the sync; nothing was changed",
  });
}

async function planBaseline(
  bench: Workbench,
  sync: Sync,
  meter: Meter,
  signal: AbortSignal,
): Promise<Baseline & { session: PlanSession }> {
  const prepared = await prepareSync(bench, sync, meter, signal);
  const session = await openSession(bench, prepared, REFUSED_NOW, bench.clock.now());
  try {
    await session.stage(signal);
    const { mapping, object, account } = prepared;
    const report = await linkRows(session, { sync, mapping, object, destination: account.metered(meter) }, signal);
    const facts = await session.build(true, signal);
    const { added, changed, removed } = facts.counts;
    // An insert whose record is there is settled at planning, and just as much taken as it is.
    const present = facts.operations.find((entry) => entry.operation === "insert")?.settled ?? 0;
    const accepted = facts.writesById + present;
    const withoutRecord = added + changed - accepted;
    const adopted = facts.adopts + present;
    return { ...report, calls: meter.calls, prepared, session, facts, accepted, adopted, withoutRecord, removed };
  } catch (error) {
    await session.close();
    throw error;
  }
}

const PAGE_ROWS = 10_000;

/** The plan goes the way of every plan, but for the sending: it is committed, and its rows are accepted as if they had been sent. */
async function acceptBaseline(
  bench: Workbench,
  state: StateStore,
  lease: Lease,
  { session, prepared }: { session: PlanSession; prepared: PreparedSync },
  signal: AbortSignal,
): Promise<void> {
  const run = newRunId(bench.clock.now(), bench.random);
  const plan = join(bench.project.workDir, "tmp", `baseline-${run}.parquet`);
  const at = { sync: lease.sync, epoch: lease.epoch, run, plan, nowMs: bench.clock.now() };
  try {
    const { rows } = await session.write(plan, signal);
    const gone = await session.goneRejects();
    if (gone.length > 0) await state.dropRejects(lease, gone);
    await session.commit(lease.epoch);
    await session.close();
    await putSync(bench, state, prepared, lease);
    for (let fromSeq = 0; fromSeq < rows; fromSeq += PAGE_ROWS) {
      const page = await bench.planner.readPlan(plan, fromSeq, fromSeq + PAGE_ROWS);
      const taken = page.flatMap((row) => {
        const acceptance = taking(row);
        return acceptance === null ? [] : [{ row, acceptance }];
      });
      if (taken.length === 0) continue;
      await bench.planner.accept(
        at,
        taken.map(({ acceptance }) => acceptance),
      );
      const cured = taken.filter(({ row }) => row.attempts > 0).map(({ row }) => row.key);
      if (cured.length > 0) await state.dropRejects(lease, cured);
    }
    await putSync(bench, state, prepared, lease);
    await state.dropWaitingHolds(lease);
  } finally {
    await session.close();
    await bench.planner.dropPlan(plan);
  }
}

/** How a planned row ends that is taken as it is; null where it stays to be planned again. */
function taking(row: PlanRow): Acceptance | null {
  const { seq, remoteId, settled, change } = row;
  const as = (state: Acceptance["state"]): Acceptance => ({ seq, state, remoteId, created: false, kept: null });
  if (settled === "transferred") return as("transferred");
  // A skipped removal leaves the record and marks the row as gone.
  if (change === "removed" || (settled !== null && remoteId !== null)) return as("skipped");
  return remoteId === null ? null : as("applied");
}
