import type { FieldValues } from "../../contract/value.ts";
import { lookUp } from "./look-up.ts";
import { sendRows, type Target, updateTargets } from "./send-rows.ts";
import { type Answered, fromOutcome, gone, type SettleContext, type Settled } from "./settled.ts";

/** The record of a linked row is gone: by the sync's choice the row is let go, looked for again, or made anew (S6). */
export async function followMissing(
  context: SettleContext,
  answered: readonly Answered[],
  settled: Settled[],
  signal: AbortSignal,
): Promise<void> {
  const lost = answered.filter(({ outcome }) => outcome.kind === "missing");
  if (lost.length === 0) return;
  const letGo = (rows: readonly Answered[]): void => {
    for (const { index, row } of rows) settled[index] = gone(row.remoteId);
  };
  if (lost[0]?.row.change === "removed" || context.sync.onMissingRecord === "skip") return letGo(lost);
  const rows = lost.map(({ row }) => row);
  const found = await lookUp(context, rows, signal);
  const targets = lost.flatMap(({ index, row }): Target[] => {
    const remoteId = found.get(row.key);
    return remoteId === undefined ? [] : [{ index, row, remoteId, fields: withoutNulls(row.payload) }];
  });
  const anew = lost.filter(({ row }) => !found.has(row.key));
  letGo(anew);
  if (context.sync.onMissingRecord === "recreate") await recreate(context, anew, settled, signal);
  await updateTargets(context, targets, settled, signal);
}

async function recreate(
  context: SettleContext,
  lost: readonly Answered[],
  settled: Settled[],
  signal: AbortSignal,
): Promise<void> {
  const creatable = lost.filter(({ row }) => row.match[0] !== null && row.match[0] !== undefined);
  if (creatable.length === 0) return;
  const rows = creatable.map(({ row }) => ({ ...row, remoteId: null, fields: withoutNulls(row.payload) }));
  const outcomes = await sendRows(context, "upsert", rows, signal);
  creatable.forEach(({ index }, place) => {
    const outcome = outcomes[place];
    if (outcome !== undefined) settled[index] = fromOutcome(outcome);
  });
}

function withoutNulls(fields: FieldValues): FieldValues {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}
