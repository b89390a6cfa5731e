import type { CallOperation, Outcome } from "../../contract/destination.ts";
import { Fault } from "../../contract/fault.ts";
import type { PlanRow } from "../../contract/plan.ts";
import { type Batch, isLeftInDoubt } from "../cut-batches.ts";
import { claimRecords } from "./claim-records.ts";
import { followExisting } from "./follow-existing.ts";
import { followLostCreates, followLostUpdates } from "./follow-lost.ts";
import { followMissing } from "./follow-missing.ts";
import { giveBack } from "./give-back.ts";
import { type Kept, keptRecords } from "./kept-records.ts";
import { type LookedUp, lookUp, SEVERAL } from "./look-up.ts";
import { sendRows } from "./send-rows.ts";
import {
  type Answered,
  fromOutcome,
  lostAgain,
  metAgain,
  RECORD_GONE,
  type SettleContext,
  type Settled,
} from "./settled.ts";

/**
 * Sends a batch and follows every answer to its end: a create that met a record updates it, a record that is gone is looked
 * for again, a create without an answer is looked up before anything else (S6, S7, S19).
 */
export async function settleBatch(
  context: SettleContext,
  batch: Batch,
  signal: AbortSignal,
): Promise<readonly Settled[]> {
  if (batch.call === null) return batch.rows.map(withoutCall);
  if (isLeftInDoubt(batch)) return batch.rows.map(() => LEFT_IN_DOUBT);
  return batch.rows[0]?.change === "removed"
    ? removeRecords(context, batch, signal)
    : sendAndFollow(context, batch, signal);
}

const LEFT_IN_DOUBT: Settled = { kind: "inDoubt", reason: "sent before the process died; the next plan decides on it" };

/** Nothing is removed before it is known what the ids answer for today. */
async function removeRecords(context: SettleContext, batch: Batch, signal: AbortSignal): Promise<readonly Settled[]> {
  const { rows } = batch;
  let kept: ReadonlyMap<number, Kept>;
  try {
    kept = await keptRecords(context, rows, signal);
  } catch (error) {
    if (!(error instanceof Fault) && !signal.aborted) throw error;
    return notRemoved(context, batch, error);
  }
  const rest = rows.filter((_, index) => !kept.has(index));
  const sent = rest.length === 0 ? [] : await sendAndFollow(context, { ...batch, rows: rest }, signal);
  let next = 0;
  return rows.map((_, index): Settled => {
    const why = kept.get(index);
    return why ?? sent[next++] ?? { kind: "inDoubt", reason: "no answer for this row" };
  });
}

function notRemoved(context: SettleContext, { rows }: Batch, error: unknown): Settled[] {
  const isFault = error instanceof Fault;
  // A destination that is down for a while is no reason to stop; one that refuses us is.
  if (isFault && error.rule.retry !== "transient") context.onFault(error);
  const message = error instanceof Error ? error.message : String(error);
  return rows.map(() => ({ kind: "deferred", code: isFault ? error.code : "CANCELLED", message }));
}

async function sendAndFollow(
  context: SettleContext,
  { call, rows, mayHaveLanded = false }: Batch,
  signal: AbortSignal,
): Promise<readonly Settled[]> {
  if (call === null) return rows.map(withoutCall);
  const outcomes =
    mayHaveLanded && isDoubling(context, call, rows)
      ? await lookBeforeSending(context, call, rows, signal)
      : await sendRows(context, call, rows, signal);
  const answered = rows.flatMap((row, index): Answered[] => {
    const outcome = outcomes[index];
    return outcome === undefined ? [] : [{ index, row, outcome }];
  });
  const settled = outcomes.map(fromOutcome);
  const trespasses = await claimRecords(context, answered, settled);
  const follow = (step: typeof followExisting) =>
    keepingAnswers(() => step(context, answered, settled, signal), signal);
  await keepingAnswers(() => giveBack(context, trespasses, settled, signal), signal);
  await follow(followExisting);
  await follow(followMissing);
  if (call === "update") await follow(followLostUpdates);
  if (call === "create") await follow(followLostCreates);
  await loseRemoved(context, rows, settled, signal);
  return settled.map((one, index) => (mayHaveLanded || outcomes[index]?.kind === "unknown" ? stillInDoubt(one) : one));
}

/** A record that a run of another sync removes meanwhile is no row's: that one did not know of it when it asked. */
async function loseRemoved(
  { neighbours }: SettleContext,
  rows: readonly PlanRow[],
  settled: Settled[],
  signal: AbortSignal,
): Promise<void> {
  const idOf = (one: Settled, index: number): string | null =>
    one.kind === "applied" && rows[index]?.change !== "removed" ? one.remoteId : null;
  const removed = await neighbours.removed(
    settled.flatMap((one, index) => idOf(one, index) ?? []),
    signal,
  );
  if (removed.size === 0) return;
  for (const [index, one] of settled.entries()) {
    const id = idOf(one, index);
    if (id !== null && removed.has(id)) settled[index] = lostAgain(id);
  }
}

/** What may have landed once stays in doubt until an answer says what became of it, even where the second try never left. */
function stillInDoubt(settled: Settled): Settled {
  // Whatever landed there is gone with the record.
  const isOpen = settled.kind === "deferred" && settled.code !== RECORD_GONE;
  return isOpen ? { kind: "inDoubt", reason: settled.message } : settled;
}

/** Whether a second try of this call may make a second record. No vendor refuses one with a value that need not be unique. */
function isDoubling({ destination, object }: SettleContext, call: CallOperation, rows: readonly PlanRow[]): boolean {
  if (call !== "upsert") return call === "create";
  const keys = new Set(rows.flatMap(({ match }) => Object.keys(match[0] ?? {})));
  return !destination.abilities.upsertIsAtomic || [...keys].some((key) => object.fields.get(key)?.unique === false);
}

/** Rows that may have landed under a process that died: those whose record is found meet it like any other, the rest is sent. */
async function lookBeforeSending(
  context: SettleContext,
  call: CallOperation,
  rows: readonly PlanRow[],
  signal: AbortSignal,
): Promise<readonly Outcome[]> {
  const found = await orNothing(() => lookUp(context, rows, signal), signal);
  if (found === null) return rows.map(() => ({ kind: "unknown", reason: "sent before the process died" }));
  const absent = rows.filter(({ key }) => !found.has(key));
  const sent = absent.length === 0 ? [] : await sendRows(context, call, absent, signal);
  // What landed between the look and the second try is found by another look; what is not is somebody else's.
  const met = absent.filter((row, place) => row.operation === "insert" && sent[place]?.kind === "exists");
  const late: LookedUp | null =
    met.length === 0 ? new Map() : await orNothing(() => lookUp(context, met, signal), signal);
  return rows.map((row): Outcome => {
    const remoteId = found.get(row.key) ?? late?.get(row.key);
    if (remoteId === SEVERAL)
      return { kind: "unknown", reason: "several records have its values, one of them perhaps its own" };
    if (remoteId !== undefined)
      return row.operation === "insert"
        ? metAgain(remoteId)
        : { kind: "exists", remoteId, message: "made before the process died, or by somebody else since" };
    if (late === null && met.includes(row)) return { kind: "unknown", reason: "nobody could say whose record it met" };
    return sent[absent.indexOf(row)] ?? { kind: "unknown", reason: "no answer for this row" };
  });
}

/** Null where the destination could not be asked: nobody knows then, and nothing is sent. */
async function orNothing<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof Fault || signal.aborted) return null;
    throw error;
  }
}

/**
 * A follow-up that fails leaves its rows deferred or in doubt, as they stood; the other rows' answers count all the same.
 * What stopped it (a refused token, a network that is gone, a wish to stop) meets the next batch and speaks there.
 */
async function keepingAnswers(follow: () => Promise<void>, signal: AbortSignal): Promise<void> {
  try {
    await follow();
  } catch (error) {
    if (!(error instanceof Fault) && !signal.aborted) throw error;
  }
}

function withoutCall(row: PlanRow): Settled {
  if (row.settled === "held") return { kind: "deferred", code: "HELD", message: row.reason ?? "" };
  if (row.settled !== null) return { kind: row.settled, reason: row.reason ?? "" };
  return { kind: "applied", remoteId: row.remoteId ?? "", created: false, altered: [] };
}
