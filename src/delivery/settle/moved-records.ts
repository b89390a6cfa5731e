import type { PlanRow } from "../../contract/plan.ts";
import type { SettleContext } from "./settled.ts";

/**
 * Of rows that are to be removed: those whose record came to another row of this sync since the plan was made (a newcomer met it).
 * Place in the batch → that row's key. Removing such a record would take it from a living row (S10).
 */
export async function movedRecords(
  { claims, ownerOf }: SettleContext,
  rows: readonly PlanRow[],
): Promise<ReadonlyMap<number, string>> {
  const ids = rows.flatMap(({ remoteId }) => remoteId ?? []);
  const owners = ids.length === 0 ? new Map<string, string>() : await ownerOf(ids);
  const moved = new Map<number, string>();
  for (const [index, { key, remoteId }] of rows.entries()) {
    const owner = claims.get(remoteId ?? "") ?? owners.get(remoteId ?? "");
    if (owner !== undefined && owner !== key) moved.set(index, owner);
  }
  return moved;
}
