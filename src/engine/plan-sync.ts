import { Fault } from "../contract/fault.ts";
import type { PlanRow } from "../contract/plan.ts";
import type { PlanFacts, PlanSession } from "../contract/planner.ts";
import type { Sync } from "../contract/project.ts";
import type { Forecast, GuardVerdict } from "../contract/run.ts";
import type { Forgotten, Hold, Reject, Restoration } from "../contract/state.ts";
import { judge } from "../core/guards.ts";
import { type Meter, newMeter } from "../delivery/gate.ts";
import { PLAIN_CALLING } from "../delivery/limited.ts";
import { linkRows } from "./link-rows.ts";
import { planPath } from "./plan-path.ts";
import { type PreparedSync, prepareSync } from "./prepare-sync.ts";
import { rejectHash } from "./reject-hash.ts";
import type { Stay } from "./underway.ts";
import type { Workbench } from "./workbench.ts";

export type PlannedSync = {
  readonly prepared: PreparedSync;
  readonly session: PlanSession;
  readonly facts: PlanFacts;
  readonly guards: readonly GuardVerdict[];
  readonly forecast: Forecast;
  readonly sample: readonly PlanRow[];
  /** What is held or approved of this sync; newest first. */
  readonly holds: readonly Hold[];
  /** Where the sync's memory came from a backup, and nobody looked at its records since: removals are not planned (S25). */
  readonly restored: Restoration | null;
};

/** What a plan is for. */
export type PlanAim = {
  /** Every row goes again, with all it has (S24). */
  readonly resend: boolean;
  /** Linked records that were never written get their first match field, and nothing else goes (S8). */
  readonly keysOnly: boolean;
  /** Refused rows do not wait out their pause (S17). */
  readonly retries: boolean;
};
export const CHANGES_ONLY: PlanAim = { resend: false, keysOnly: false, retries: false };
export const EVERY_ROW: PlanAim = { resend: true, keysOnly: false, retries: true };
export const KEYS_ONLY: PlanAim = { resend: false, keysOnly: true, retries: false };
export const REFUSED_NOW: PlanAim = { resend: false, keysOnly: false, retries: true };

/** A plan for somebody who only wants to see it. */
export async function previewSync(
  bench: Workbench,
  sync: Sync,
  aim: PlanAim,
  signal: AbortSignal,
): Promise<PlannedSync> {
  checkAim(sync, aim);
  return planSync(bench, sync, aim, newMeter(), signal, null);
}

const SAMPLE_ROWS = 5;
const RECHECK_UNMATCHED_MS = 24 * 3_600_000;
/** What a call takes where nothing is known yet; only for the forecast. */
const CALL_SECONDS = 0.15;

/**
 * Evaluates, compares, links and judges. Sends nothing but questions; the caller commits or closes the session. `stay`: where
 * the plan is to be carried out.
 */
export async function planSync(
  bench: Workbench,
  sync: Sync,
  aim: PlanAim,
  meter: Meter,
  signal: AbortSignal,
  stay: Pick<Stay, "at" | "found"> | null,
): Promise<PlannedSync> {
  const prepared = await prepareSync(bench, sync, meter, signal);
  const nowMs = bench.clock.now();
  const account = prepared.account.account.id;
  stay?.at({ sync: sync.name, account, object: sync.object });
  // A set is held and released for one account: what was approved for the sandbox says nothing of production (S11, S22).
  const holds = ((await bench.state?.holds(prepared.snapshotName, nowMs)) ?? []).filter(
    (hold) => hold.account === null || hold.account === account,
  );
  const restored = (await bench.state?.restoration(prepared.snapshotName)) ?? null;
  const session = await openSession(bench, prepared, aim, nowMs);
  try {
    const { unlinked, mustLook } = await session.stage(signal);
    const looks = mustLook || needsLook(sync, unlinked);
    const destination = prepared.account.metered(meter, { ...PLAIN_CALLING, priority: sync.priority });
    const onFound = (remoteIds: readonly string[]): void => stay?.found(remoteIds);
    const link = { sync, mapping: prepared.mapping, object: prepared.object, destination, onFound };
    const asked = looks ? await linkRows(session, link, signal) : { calls: 0, searches: 0 };
    const facts = await session.build(looks, signal);
    const guards = await judgePlan(bench, sync, session, facts, holds);
    const createsAreExact = looks || facts.creates === 0;
    const forecast = { ...forecastOf(prepared, facts, asked, bench.clock.monotonicMs()), createsAreExact };
    return { prepared, session, facts, guards, forecast, sample: await session.sample(SAMPLE_ROWS), holds, restored };
  } catch (error) {
    await session.close();
    throw error;
  }
}

/** Faults: USAGE where the aim makes no sense for the sync. */
export function checkAim(sync: Sync, aim: PlanAim): void {
  if (!aim.resend || sync.write !== "insert") return;
  throw new Fault("USAGE", `sync "${sync.name}" inserts: each of its rows goes once, and none again`, {
    fix: "use write: upsert or update for records that are to follow their rows; nothing was sent",
  });
}

/** A planning session on a prepared sync. The caller closes it. */
export async function openSession(
  bench: Workbench,
  prepared: PreparedSync,
  aim: PlanAim,
  nowMs: number,
): Promise<PlanSession> {
  const { sync } = prepared;
  const restored = (await bench.state?.restoration(prepared.snapshotName)) ?? null;
  return bench.planner.plan({
    sync: prepared.snapshotName,
    model: sync.model,
    account: prepared.account.account.id,
    object: sync.object,
    local: prepared.local,
    sql: prepared.model.sql,
    mapping: prepared.mapping,
    write: sync.write,
    onRemoved: sync.onRemoved,
    onRemovedAdopted: sync.onRemovedAdopted,
    onDuplicateMatch: sync.onDuplicateMatch,
    onMissingRecord: sync.onMissingRecord,
    resend: aim.resend,
    keysOnly: aim.keysOnly,
    forwardOnly: sync.onMappingChange === "forward_only",
    keepsRemovals: restored !== null,
    suppress: { list: prepared.suppress, forgotten: await forgottenOf(bench, prepared.snapshotName) },
    rejects: presentRejects(bench, prepared, aim.retries),
    nowMs,
    recheckUnmatchedMs: RECHECK_UNMATCHED_MS,
  });
}

/** People who were forgotten, as far as they concern this sync. */
async function forgottenOf(bench: Workbench, sync: string): Promise<readonly Forgotten[]> {
  const all = (await bench.state?.forgotten()) ?? [];
  return all.filter((one) => one.sync === null || one.sync === sync);
}

/**
 * A lookup tells creations from adoptions before anything is written. It is spared only where nothing depends on it: one
 * match entry, by which the vendor upserts itself, and nobody who wants creations watched.
 */
function needsLook(sync: Sync, unlinked: number): boolean {
  if (unlinked === 0) return false;
  return sync.write !== "upsert" || sync.match.length > 1 || sync.guards.created !== null;
}

/** Refusals as they stand today. A row whose field was described anew since then is tried again: its hash is withheld. */
async function* presentRejects(
  bench: Workbench,
  prepared: PreparedSync,
  retries: boolean,
): AsyncGenerator<readonly Reject[]> {
  if (bench.state === null) return;
  for await (const page of bench.state.rejects(prepared.snapshotName))
    yield page.map((reject) => ({
      ...reject,
      hash: retries ? null : rejectHash.rowPart(reject.hash, prepared.object, reject.field),
      // A removal has no hash by which it could have changed. Whoever is never to be written to stays so.
      nextTryAt: retries && reject.nextTryAt !== null ? 0 : reject.nextTryAt,
    }));
}

export async function judgePlan(
  bench: Workbench,
  sync: Sync,
  session: PlanSession,
  facts: PlanFacts,
  holds: readonly Hold[],
): Promise<GuardVerdict[]> {
  const counts = await session.guardCounts(await approvedPlans(bench, holds));
  return judge(sync.guards, {
    read: facts.counts.read,
    invalid: facts.counts.invalid,
    snapshotRows: facts.snapshotRows,
    added: facts.counts.added,
    ...counts,
    emptyApproved: holds.some((hold) => hold.approvedAt !== null && hold.guards.includes("empty")),
  });
}

/** Plan files whose sets are released. */
export async function approvedPlans(bench: Workbench, holds: readonly Hold[]): Promise<string[]> {
  const plans: string[] = [];
  for (const hold of holds.filter(({ approvedAt }) => approvedAt !== null)) {
    const path = planPath(bench.project, hold.run);
    if (await bench.planner.hasPlan(path)) plans.push(path);
  }
  return plans;
}

/** The seconds count what this and other plans have just asked: those calls fill the window from which the run sets out. */
function forecastOf(
  prepared: PreparedSync,
  facts: PlanFacts,
  { calls: lookups, searches }: { calls: number; searches: number },
  nowMs: number,
) {
  const { gate, search, abilities } = prepared.account;
  const { batchSize, findSize, concurrency } = abilities;
  const batches = (rows: number): number => Math.ceil(rows / batchSize);
  // Whether a record that is to be removed was merged meanwhile is asked before.
  const removals = batches(facts.removals) + Math.ceil(facts.removals / Math.min(batchSize, findSize));
  const calls = lookups + batches(facts.writesById) + batches(facts.creates) + removals;
  // Searches wait at a gate of their own; the longer of the two queues decides.
  const queuedMs = Math.max(
    gate.budget.forecastMs(calls, nowMs),
    search === null ? 0 : search.budget.forecastMs(searches, nowMs),
  );
  const seconds = queuedMs / 1000 + (calls * CALL_SECONDS) / concurrency;
  return {
    calls,
    lookups,
    seconds: Math.round(seconds * 10) / 10,
    creates: facts.creates,
    quotaLeft: gate.budget.quotaLeft,
  };
}
