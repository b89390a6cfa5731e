import type { PlanRow } from "../../contract/plan.ts";
import type { SettleContext } from "./settled.ts";

/**
 * Of rows that are to be removed: those whose record came to another row since the plan was made (a newcomer met it, another
 * sync found it). Place in the batch → who holds it. Removing such a record would take it from a living row (S10).
 */
export async function movedRecords(
  { claims, ownerOf, otherHolders }: SettleContext,
  rows: readonly PlanRow[],
): Promise<ReadonlyMap<number, string>> {
  const ids = rows.flatMap(({ remoteId }) => remoteId ?? []);
  if (ids.length === 0) return new Map();
  const owners = await ownerOf(ids);
  const others = await otherHolders(ids);
  const moved = new Map<number, string>();
  for (const [index, { key, remoteId }] of rows.entries()) {
    const owner = claims.get(remoteId ?? "") ?? owners.get(remoteId ?? "");
    const other = others.get(remoteId ?? "");
    if (owner !== undefined && owner !== key) moved.set(index, `row ${owner}`);
    else if (other !== undefined) moved.set(index, `sync ${other}`);
  }
  return moved;
}
