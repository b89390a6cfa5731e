import type { Trespass } from "./give-back.ts";
import { type Answered, type SettleContext, type Settled, taken } from "./settled.ts";

/**
 * A record that came to one row is no other's: two rows of which the vendor keeps one value unique would take it from each
 * other, run by run (S7). Records that the vendor made for a row are its own; where it met one, who has it already is asked.
 * Gives the rows that were written into another's record.
 */
export async function claimRecords(
  { claims, ownersOf }: SettleContext,
  answered: readonly Answered[],
  settled: Settled[],
): Promise<readonly Trespass[]> {
  // Only a row without a record of its own is matched by the vendor.
  const ids = answered.flatMap(({ row, outcome }) =>
    row.remoteId === null && outcome.kind === "applied" && outcome.created !== true ? [outcome.remoteId] : [],
  );
  const owners: ReadonlyMap<string, string> = ids.length === 0 ? new Map() : await ownersOf(ids);
  const trespasses: Trespass[] = [];
  for (const { index, row, outcome } of answered) {
    if (outcome.kind !== "applied" || row.change === "removed") continue;
    const owner = claims.get(outcome.remoteId) ?? owners.get(outcome.remoteId) ?? row.key;
    if (owner === row.key) {
      claims.set(outcome.remoteId, owner);
      continue;
    }
    settled[index] = taken(outcome.remoteId, owner);
    // What was found by a look was not written to.
    if (row.operation !== "insert") trespasses.push({ index, row, remoteId: outcome.remoteId, owner });
  }
  return trespasses;
}
