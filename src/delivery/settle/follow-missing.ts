import type { PlanRow } from "../../contract/plan.ts";
import type { FieldValues } from "../../contract/value.ts";
import { findSurvivors } from "./find-survivors.ts";
import { type LookedUp, lookUp } from "./look-up.ts";
import { sendRows, type Target, updateTargets } from "./send-rows.ts";
import { type Answered, fromOutcome, gone, letGo, type SettleContext, type Settled } from "./settled.ts";

/**
 * The record of a linked row is gone. Where it was merged away, the row goes on with the record that answers for its id;
 * else it is let go, looked for again, or made anew, by the sync's choice (S6).
 */
export async function followMissing(
  context: SettleContext,
  answered: readonly Answered[],
  settled: Settled[],
  signal: AbortSignal,
): Promise<void> {
  const lost = answered.filter(({ outcome }) => outcome.kind === "missing");
  if (lost.length === 0) return;
  if (lost[0]?.row.change === "removed") {
    for (const { index, row } of lost) settled[index] = removedAlready(row);
    return;
  }
  const survivors = await survivorTargets(context, lost, signal);
  const merged = new Set(survivors.map(({ index }) => index));
  const away = lost.filter(({ index }) => !merged.has(index));
  const isSkipped = context.sync.onMissingRecord === "skip";
  const found: LookedUp = isSkipped
    ? new Map()
    : await lookUp(
        context,
        away.map(({ row }) => row),
        signal,
      );
  const targets = away.flatMap((one): Target[] => {
    const remoteId = found.get(one.row.key);
    return typeof remoteId === "string" ? [target(one, remoteId)] : [];
  });
  for (const { index, row } of away) if (typeof found.get(row.key) !== "string") settled[index] = letGo(row);
  // Beside several that have its values one more would be made for nobody: the next plan names them.
  const absent = away.filter(({ row }) => !found.has(row.key));
  if (context.sync.onMissingRecord === "recreate") await recreate(context, absent, settled, signal);
  await updateTargets(context, [...survivors, ...targets], settled, signal);
}

/**
 * Archived or deleted is what the record was to be, whoever did it: a try of ours, perhaps, whose answer was lost. The row is
 * forgotten with it, so that it starts anew when it returns (S12).
 */
function removedAlready(row: PlanRow): Settled {
  const isAsWanted = row.operation === "archive" || row.operation === "delete";
  return isAsWanted
    ? { kind: "applied", remoteId: row.remoteId ?? "", created: false, altered: [] }
    : gone(row.remoteId);
}

/** Another record is new to the row: it gets the whole of it, but no nulls. */
function target({ index, row }: Answered, remoteId: string): Target {
  return { index, row, remoteId, fields: withoutNulls(row.payload) };
}

async function survivorTargets(
  context: SettleContext,
  lost: readonly Answered[],
  signal: AbortSignal,
): Promise<Target[]> {
  const ids = lost.flatMap(({ row }) => row.remoteId ?? []);
  const survivors = await findSurvivors(context, [...new Set(ids)], signal);
  return lost.flatMap((one): Target[] => {
    const survivor = survivors.get(one.row.remoteId ?? "");
    return survivor === undefined || survivor === one.row.remoteId ? [] : [target(one, survivor)];
  });
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
  // A value that another record holds meanwhile leads to that record, as with any other create (S7).
  const met = creatable.flatMap((one, place): Target[] => {
    const outcome = outcomes[place];
    if (outcome !== undefined) settled[one.index] = fromOutcome(outcome);
    return outcome?.kind === "exists" ? [target(one, outcome.remoteId)] : [];
  });
  await updateTargets(context, met, settled, signal);
}

function withoutNulls(fields: FieldValues): FieldValues {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}
