import type { Write } from "../../contract/destination.ts";
import type { PlanRow } from "../../contract/plan.ts";
import { sendWrites } from "./send-rows.ts";
import { type SettleContext, type Settled, taken } from "./settled.ts";

/** A row that was written into the record of another one. `index` is its place in the batch. */
export type Trespass = {
  readonly index: number;
  readonly row: PlanRow;
  readonly remoteId: string;
  /** Key of the row whose record it is. */
  readonly owner: string;
};

/**
 * Where nothing was looked up before, the vendor's own upsert may meet the record of another row, by a value that people typed
 * there, and write into it. The owner gets back what was last acknowledged of those fields. Until that has come about the row is
 * deferred: it will meet the record again, and this is tried again.
 */
export async function giveBack(
  context: SettleContext,
  trespasses: readonly Trespass[],
  settled: Settled[],
  signal: AbortSignal,
): Promise<void> {
  if (trespasses.length === 0) return;
  const writes: Write[] = [];
  const given: Trespass[] = [];
  for (const trespass of trespasses) {
    const { index, row, remoteId, owner } = trespass;
    const message = `record ${remoteId} belongs to row ${owner} and has yet to be given back its values`;
    settled[index] = { kind: "deferred", code: "RECORD_TAKEN", message };
    const values = await context.acknowledged(owner);
    if (values === null) continue;
    // What it was met by stood there before.
    const fields = Object.keys(row.fields).filter((field) => row.match[0]?.[field] === undefined);
    writes.push({
      by: { id: remoteId },
      fields: Object.fromEntries(fields.map((field) => [field, values[field] ?? null])),
    });
    given.push(trespass);
  }
  if (writes.length === 0) return;
  const outcomes = await sendWrites(context, "update", writes, signal);
  given.forEach(({ index, remoteId, owner }, place) => {
    if (outcomes[place]?.kind === "applied") settled[index] = taken(remoteId, owner);
  });
}
