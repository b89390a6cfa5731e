import type { PlanRow } from "../../contract/plan.ts";
import { findSurvivors } from "./find-survivors.ts";
import type { SettleContext, Settled } from "./settled.ts";

export type Kept = Extract<Settled, { kind: "transferred" | "skipped" }>;

/** Other removals leave the record where it is. */
const TAKES_RECORDS = ["archive", "delete"];

/**
 * Of rows that are to be removed: those whose record is not theirs to remove any more, with what becomes of them; place in the
 * batch → outcome. It came to another row since the plan was made (a newcomer met it, another sync found it), or people merged
 * it with another: its id answers for a record then that was not made for this row alone (S6, S9, S10).
 */
export async function keptRecords(
  context: SettleContext,
  rows: readonly PlanRow[],
  signal: AbortSignal,
): Promise<ReadonlyMap<number, Kept>> {
  const ids = [...new Set(rows.flatMap(({ remoteId }) => remoteId ?? []))];
  if (ids.length === 0) return new Map();
  const takesRecords = TAKES_RECORDS.includes(rows[0]?.operation ?? "");
  // Whoever comes to one of them from here on is told; whoever came before is asked.
  const decide = takesRecords ? context.neighbours.removes(ids) : () => undefined;
  let spared: readonly string[] = ids;
  try {
    const kept = await askWhose(context, rows, ids, signal);
    spared = [...kept.keys()].flatMap((index) => rows[index]?.remoteId ?? []);
    return kept;
  } finally {
    decide(spared);
  }
}

async function askWhose(
  context: SettleContext,
  rows: readonly PlanRow[],
  ids: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<number, Kept>> {
  const survivors = await findSurvivors(context, ids, signal);
  const { own, others } = await context.holdersOf([...new Set([...ids, ...survivors.values()])]);
  const kept = new Map<number, Kept>();
  for (const [index, { key, remoteId }] of rows.entries()) {
    if (remoteId === null) continue;
    const today = survivors.get(remoteId) ?? remoteId;
    const owner = context.claims.get(today) ?? own.get(today);
    const other = others.get(today);
    const holder = owner !== undefined && owner !== key ? `row ${owner}` : other === undefined ? null : `sync ${other}`;
    if (holder !== null)
      kept.set(index, { kind: "transferred", reason: `${holder} holds this record now`, remoteId: today });
    else if (today !== remoteId)
      kept.set(index, { kind: "skipped", reason: `record ${remoteId} was merged into ${today}, which stays as it is` });
  }
  return kept;
}
