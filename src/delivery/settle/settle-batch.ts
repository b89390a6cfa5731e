import { Fault } from "../../contract/fault.ts";
import type { PlanRow } from "../../contract/plan.ts";
import type { Batch } from "../cut-batches.ts";
import { followExisting } from "./follow-existing.ts";
import { followLostCreates, followLostUpdates } from "./follow-lost.ts";
import { followMissing } from "./follow-missing.ts";
import { sendRows } from "./send-rows.ts";
import { type Answered, fromOutcome, type SettleContext, type Settled } from "./settled.ts";

/**
 * Sends a batch and follows every answer to its end: a create that met a record updates it, a record that is gone is looked
 * for again, a create without an answer is looked up before anything else (S6, S7, S19).
 */
export async function settleBatch(
  context: SettleContext,
  { call, rows }: Batch,
  signal: AbortSignal,
): Promise<readonly Settled[]> {
  if (call === null) return rows.map(withoutCall);
  const outcomes = await sendRows(context, call, rows, signal);
  const answered = rows.flatMap((row, index): Answered[] => {
    const outcome = outcomes[index];
    return outcome === undefined ? [] : [{ index, row, outcome }];
  });
  const settled = outcomes.map(fromOutcome);
  const follow = (step: typeof followExisting) => keepingAnswers(() => step(context, answered, settled, signal));
  await follow(followExisting);
  await follow(followMissing);
  if (call === "update") await follow(followLostUpdates);
  if (call === "create") await follow(followLostCreates);
  return settled;
}

/**
 * A follow-up that fails leaves its rows deferred or in doubt, as they stood; the other rows' answers count all the same.
 * What stopped it (a refused token, a network that is gone) meets the next batch and speaks there.
 */
async function keepingAnswers(follow: () => Promise<void>): Promise<void> {
  try {
    await follow();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
  }
}

function withoutCall(row: PlanRow): Settled {
  if (row.settled === "held") return { kind: "deferred", code: "HELD", message: row.reason ?? "" };
  if (row.settled !== null) return { kind: row.settled, reason: row.reason ?? "" };
  return { kind: "applied", remoteId: row.remoteId ?? "", created: false, altered: [] };
}
