import { findAll } from "./look-up.ts";
import type { SettleContext } from "./settled.ts";

/** A chain of merges is followed so far; longer ones are circles. */
const MOST_MERGES = 20;

/**
 * The records that answer for these ids today; ids that nobody answers for are absent. Vendors forget merges (a recycle bin is
 * emptied): what any sync of the account found out before is asked for too.
 */
export async function findSurvivors(
  context: SettleContext,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const aliases = await context.knownAliases();
  const known = new Map(ids.map((id) => [id, lastOf(aliases, id)]));
  const asked = new Set([...ids, ...known.values()]);
  const found = await findAll(context, "recordId", [...asked], signal);
  const survivors = new Map<string, string>();
  for (const id of ids) {
    const survivor = found.get(id)?.[0]?.remoteId ?? found.get(known.get(id) ?? id)?.[0]?.remoteId;
    if (survivor === undefined) continue;
    survivors.set(id, survivor);
    if (survivor !== id) context.onMerged(id, survivor);
  }
  return survivors;
}

function lastOf(aliases: ReadonlyMap<string, string>, id: string): string {
  let last = id;
  for (let step = 0; step < MOST_MERGES; step++) {
    const next = aliases.get(last);
    if (next === undefined) break;
    last = next;
  }
  return last;
}
