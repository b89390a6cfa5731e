import { type Target, updateTargets } from "./send-rows.ts";
import { type Answered, type SettleContext, type Settled, thereAlready } from "./settled.ts";

/** "Already exists, id N" links and updates; an `insert` leaves the record alone. */
export async function followExisting(
  context: SettleContext,
  answered: readonly Answered[],
  settled: Settled[],
  signal: AbortSignal,
): Promise<void> {
  const targets = answered.flatMap(({ index, row, outcome }): Target[] =>
    outcome.kind === "exists" ? [{ index, row, remoteId: outcome.remoteId, fields: row.fields }] : [],
  );
  if (context.sync.write !== "insert") return updateTargets(context, targets, settled, signal);
  for (const { index, remoteId } of targets) settled[index] = thereAlready(remoteId);
}
