import type { Destination } from "../contract/destination.ts";
import type { Lease } from "../contract/state.ts";
import { cutValues } from "../core/cut-values.ts";
import type { Workbench } from "./workbench.ts";

const PAGE_IDS = 10_000;
const MOST_EXAMPLES = 100;

/** What became of the records that a snapshot speaks of. */
export type ConfirmedRecords = {
  /** Records that answered, under their own id or, of these, under another one: merged there by somebody. */
  readonly found: number;
  readonly merged: number;
  /** Records that nobody answers for. Their rows keep them: on_missing_record says at their next write what becomes of them (S6). */
  readonly gone: number;
  /** Ids, at most 100 each. */
  readonly mergedIds: readonly { readonly former: string; readonly now: string }[];
  readonly goneIds: readonly string[];
};

/**
 * Asks the destination for every record that the snapshot of a sync names. Rows of merged records go on with the survivor, as
 * records of unknown origin: whose it was nobody knows, and it may not be removed as one of ours. A page of ids at a time; only
 * merges are remembered.
 */
export async function confirmRecords(
  { planner }: Pick<Workbench, "planner">,
  lease: Lease,
  destination: Destination,
  object: string,
  signal: AbortSignal,
): Promise<ConfirmedRecords> {
  const counts = { found: 0, gone: 0 };
  const moves = new Map<string, string>();
  const goneIds: string[] = [];
  let after: string | null = null;
  for (;;) {
    const ids: readonly string[] = await planner.remoteIds(lease.sync, after, PAGE_IDS);
    const last = ids.at(-1);
    if (last === undefined) break;
    const answers = await whoAnswers(destination, object, ids, signal);
    for (const id of ids) {
      const now = answers.get(id);
      if (now === undefined && goneIds.length < MOST_EXAMPLES) goneIds.push(id);
      if (now !== undefined && now !== id) moves.set(id, now);
    }
    counts.found += answers.size;
    counts.gone += ids.length - answers.size;
    after = last;
  }
  // At the end: a survivor's id may lie among those that are still to come.
  await planner.relink(lease, moves);
  const mergedIds = [...moves].slice(0, MOST_EXAMPLES).map(([former, now]) => ({ former, now }));
  return { ...counts, merged: moves.size, mergedIds, goneIds };
}

async function whoAnswers(
  destination: Destination,
  object: string,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const { abilities } = destination;
  const pages = cutValues(abilities, "recordId", ids);
  const answers = new Map<string, string>();
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let values = pages[next++]; values !== undefined; values = pages[next++]) {
      const reply = await destination.find({ object, by: "recordId", values, fields: [] }, signal);
      for (const id of values) {
        const record = reply.found.get(id)?.[0];
        if (record !== undefined) answers.set(id, record.remoteId);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(abilities.concurrency, pages.length) }, worker));
  return answers;
}
