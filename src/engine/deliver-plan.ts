import { Fault } from "../contract/fault.ts";
import type { LinkOwner } from "../contract/planner.ts";
import type { Sync } from "../contract/project.ts";
import type { ModelCounts, RunRecord } from "../contract/run.ts";
import type { Lease, RunPatch, StateStore } from "../contract/state.ts";
import { count, rowCount } from "../core/count-text.ts";
import { hasFailed } from "../core/guards.ts";
import { type Delivered, type DeliverRange, deliver } from "../delivery/deliver.ts";
import type { Meter } from "../delivery/gate.ts";
import { openRecorder, type Recorder } from "../delivery/recorder.ts";
import type { Tally } from "../delivery/tally.ts";
import { finishRun } from "./finish-run.ts";
import { spent } from "./new-run.ts";
import { planPath } from "./plan-path.ts";
import type { PreparedSync } from "./prepare-sync.ts";
import { putSync } from "./put-sync.ts";
import { rejectHash } from "./reject-hash.ts";
import type { RunOptions } from "./run-options.ts";
import { outcomeOf } from "./run-outcome.ts";
import type { Tenure } from "./under-lease.ts";
import type { Stay } from "./underway.ts";
import type { Workbench } from "./workbench.ts";

/** A committed plan on its way, from its first row or from where an earlier process left it. */
export type Shipment = {
  /** As it stood when this process took it up. */
  readonly run: RunRecord;
  readonly prepared: PreparedSync;
  readonly tenure: Tenure;
  readonly meter: Meter;
  readonly stay: Stay;
  readonly options: Pick<RunOptions, "onProgress">;
  readonly ranges: readonly DeliverRange[];
  readonly tally: Tally;
  /** Rows that were settled and refused before this process took the run up. */
  readonly before: { readonly done: number; readonly rejected: number };
  readonly counts: ModelCounts;
  /** Rows that guards hold, and their word. */
  readonly aside: number;
  readonly heldBy: string | null;
};

/** What is written of the run at its end beside its state. */
export type RunLedger = RunPatch & Required<Pick<RunPatch, "operations" | "newRejected">>;
/** Asked when everything is accepted. */
export type Ledger = (delivered: Delivered) => Promise<RunLedger>;

/** Sends, accepts, and writes the run's last word, or its pause. */
export async function deliverPlan(
  bench: Workbench,
  state: StateStore,
  shipment: Shipment,
  ledger: Ledger,
  signal: AbortSignal,
): Promise<{ run: RunRecord; fault: Fault | null }> {
  const { run, prepared, tenure, meter, aside, heldBy } = shipment;
  const { lease } = tenure;
  const delivered = await send(bench, state, shipment, signal);
  await putSync(bench, state, prepared, lease);
  const numbers = await ledger(delivered);
  const ending = outcomeOf({
    stopped: delivered.stopped,
    operations: numbers.operations,
    newInvalid: run.newInvalid,
    newRejected: numbers.newRejected,
    aside,
    heldBy,
    isResend: run.trigger === "resync",
    resumeAt: bench.clock.now() + prepared.account.gate.budget.quotaPauseMs(bench.clock.monotonicMs()),
  });
  const patch = { ...numbers, ...ending, ...spent(meter, run) };
  if (ending.state === "paused") {
    await state.patchRun(lease, run.id, patch);
    return { run: (await state.run(run.id)) ?? { ...run, ...patch }, fault: delivered.stopped };
  }
  return { run: await finishRun(bench, state, lease, run, patch), fault: delivered.stopped };
}

async function send(bench: Workbench, state: StateStore, shipment: Shipment, signal: AbortSignal): Promise<Delivered> {
  const { run, prepared, tenure, meter, options, ranges, stay } = shipment;
  const { sync, object, account } = prepared;
  const plan = planPath(bench.project, run.id);
  const recorder = recorderOf(bench, state, shipment, plan);
  const claims = new Map<string, string>();
  const isMet = (id: string): boolean => claims.has(id) || recorder.recentOwner(id) !== null;
  stay.delivers(async (ids) => {
    // What was met moves from here into the snapshot, never back: asked in this order, none is missed in between.
    const met = ids.filter(isMet);
    return [...met, ...(await bench.planner.aims(plan, ids))];
  });
  const delivered = await deliver(
    {
      sync,
      object,
      destination: account.metered(meter, { confirm: tenure.kept.confirm, priority: sync.priority }),
      recorder,
      ranges,
      readPlan: (fromSeq, toSeq) => bench.planner.readPlan(plan, fromSeq, toSeq),
      aliases: () => state.aliases(account.account.id, sync.object),
      holdersOf: async (ids) => {
        // Those on their way first: they move into the snapshots, never back.
        const comers = await stay.comers(ids);
        const holders = await bench.planner.owners(account.account.id, sync.object, ids);
        const isOwn = (holder: LinkOwner): boolean => holder.sync === sync.name;
        const others = holders.filter((holder) => !isOwn(holder));
        return {
          own: new Map(holders.filter(isOwn).map(({ remoteId, key }) => [remoteId, key])),
          others: new Map([...comers, ...others.map((other) => [other.remoteId, other.sync] as const)]),
        };
      },
      ownersOf: async (ids) => {
        const holders = await bench.planner.owners(account.account.id, sync.object, ids);
        const own = holders.filter((holder) => holder.sync === sync.name);
        const leaving = await bench.planner.leaving(
          plan,
          own.map(({ remoteId }) => remoteId),
        );
        const staying = own.filter(({ remoteId, key }) => leaving.get(remoteId) !== key);
        return new Map(staying.map(({ remoteId, key }) => [remoteId, key]));
      },
      acknowledged: async (key, remoteId) => {
        await recorder.accept();
        const entry = await bench.planner.entry(sync.name, key);
        if (entry?.remoteId !== remoteId) return null;
        if (entry.isInDoubt) return "in doubt";
        // An entry that was only found does not say what its record holds.
        return entry.mark === null ? entry.payload : null;
      },
      claims,
      neighbours: stay,
      check: () => failedGuard(sync, shipment),
      onProgress: (done) =>
        options.onProgress({
          sync: sync.name,
          phase: "writing",
          done: shipment.before.done + done,
          planned: run.planRows,
        }),
    },
    signal,
  );
  await recorder.accept();
  await markDoubts(bench, state, tenure.lease, run.id, plan);
  return delivered;
}

function recorderOf(
  bench: Workbench,
  state: StateStore,
  { run, prepared, tenure, tally }: Shipment,
  plan: string,
): Recorder {
  const { sync, object, account } = prepared;
  return openRecorder({
    state,
    planner: bench.planner,
    lease: tenure.lease,
    run: run.id,
    plan,
    account: account.account.id,
    object: sync.object,
    clock: bench.clock,
    tally,
    rejectHash: (row, field) => rejectHash.of(object, row, field),
  });
}

/** Batches that were sent and whose answer could not even be recorded: the snapshot remembers that they may have landed. */
async function markDoubts(bench: Workbench, state: StateStore, lease: Lease, run: string, plan: string): Promise<void> {
  const sent = (await state.batches(run)).filter((batch) => batch.state === "sent");
  await bench.planner.markInDoubt({ sync: lease.sync, epoch: lease.epoch, plan }, sent);
}

/**
 * Invalid rows are known of the whole model beforehand and count against all of it; refusals come in as rows go out, and
 * count against what went out so far.
 */
function failedGuard(
  sync: Sync,
  { counts, tally, before }: Pick<Shipment, "counts" | "tally" | "before">,
): Fault | null {
  const { failed } = sync.guards;
  const rejected = before.rejected + tally.rejected;
  const done = before.done + tally.done;
  const all = counts.invalid + rejected;
  const isOver = hasFailed(failed, rejected, done) || hasFailed(failed, all, Math.max(counts.read, all));
  if (!isOver) return null;
  const of = `${rowCount(rejected)} of ${count(done)} refused, ${count(counts.invalid)} of ${count(counts.read)} invalid`;
  return new Fault("HELD", `stopped by guard failed: ${of}`, {
    fix: "look at `sluice rows last`, mend the rows, and run again; what was sent stays sent",
  });
}
