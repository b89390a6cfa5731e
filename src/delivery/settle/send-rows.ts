import type { CallOperation, Outcome, Reply, Write, WriteBatch } from "../../contract/destination.ts";
import { Fault } from "../../contract/fault.ts";
import type { PlanRow } from "../../contract/plan.ts";
import type { FieldValues } from "../../contract/value.ts";
import { notSent } from "../not-sent.ts";
import { fromOutcome, type SettleContext, type Settled, taken } from "./settled.ts";

/** One outcome a row, in their order. */
export async function sendRows(
  context: SettleContext,
  call: CallOperation,
  rows: readonly PlanRow[],
  signal: AbortSignal,
): Promise<readonly Outcome[]> {
  const writes = rows.map((row): Write => {
    if (row.remoteId !== null) return { by: { id: row.remoteId }, fields: row.fields };
    return { by: { match: row.match[0] ?? {} }, fields: row.fields };
  });
  return sendWrites(context, call, writes, signal);
}

/** The same of writes that are no row's own. */
export async function sendWrites(
  context: SettleContext,
  operation: CallOperation,
  writes: readonly Write[],
  signal: AbortSignal,
): Promise<readonly Outcome[]> {
  const reply = await orDeferred(context, { object: context.sync.object, operation, writes }, signal);
  return writes.map((_, index) => reply.outcomes[index] ?? { kind: "unknown", reason: "no answer for this row" });
}

/** A write that throws applied nothing (contract): its rows wait for the next run, and the run hears why. */
async function orDeferred(
  context: SettleContext,
  batch: WriteBatch,
  signal: AbortSignal,
): Promise<Pick<Reply, "outcomes">> {
  try {
    return await context.destination.write(batch, signal);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    context.onFault(error);
    return notSent(batch, error.code, error);
  }
}

/** A row that turned out to belong to a record. `index` is its place in the batch. */
export type Target = {
  readonly index: number;
  readonly row: PlanRow;
  readonly remoteId: string;
  readonly fields: FieldValues;
};

/**
 * Updates by id. A record that another row of this sync holds is not touched, and of two rows of this batch that came to one
 * record the second is refused.
 */
export async function updateTargets(
  context: SettleContext,
  targets: readonly Target[],
  settled: Settled[],
  signal: AbortSignal,
): Promise<void> {
  if (targets.length === 0) return;
  const owners = await context.ownersOf(targets.map((target) => target.remoteId));
  const chosen = targets.filter(({ index, row, remoteId }) => {
    const owner = owners.get(remoteId) ?? context.claims.get(remoteId);
    if (owner === undefined || owner === row.key) {
      context.claims.set(remoteId, row.key);
      return true;
    }
    settled[index] = taken(remoteId, owner);
    return false;
  });
  if (chosen.length === 0) return;
  const writes = chosen.map((target): Write => ({ by: { id: target.remoteId }, fields: target.fields }));
  const outcomes = await sendWrites(context, "update", writes, signal);
  chosen.forEach(({ index }, place) => {
    const outcome = outcomes[place];
    if (outcome === undefined) return;
    settled[index] = outcome.kind === "applied" ? { ...outcome, created: false } : fromOutcome(outcome);
  });
}
