import type { Outcome, Write } from "../../contract/destination.ts";
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
 * there, and write into it. The owner gets back what was last acknowledged of those fields. While nobody knows whether it did, the
 * row is deferred: it will meet the record again, and this is tried again. What cannot be given back is said with the refusal.
 */
export async function giveBack(
  context: SettleContext,
  trespasses: readonly Trespass[],
  settled: Settled[],
  signal: AbortSignal,
): Promise<void> {
  if (trespasses.length === 0) return;
  // Of several rows that met one record each wrote its own fields.
  const fieldsOf = new Map<string, Record<string, string | null>>();
  for (const { index, row, remoteId, owner } of trespasses) {
    settled[index] = owing(remoteId, owner);
    const values = await context.acknowledged(owner, remoteId);
    if (values === null) settled[index] = keptWrong(remoteId, owner, "what stood there is written down nowhere");
    if (values === null || values === "in doubt") continue;
    const fields = fieldsOf.get(remoteId) ?? {};
    fieldsOf.set(remoteId, fields);
    // What it was met by stood there before. Of a field that the owner never had written nobody knows what stood there: it is
    // cleared rather than left with another person's value.
    for (const field of Object.keys(row.fields))
      if (row.match[0]?.[field] === undefined) fields[field] = values[field] ?? null;
  }
  const owed = [...fieldsOf].filter(([, fields]) => Object.keys(fields).length > 0);
  const writes = owed.map(([id, fields]): Write => ({ by: { id }, fields }));
  const outcomes = writes.length === 0 ? [] : await sendWrites(context, "update", writes, signal);
  const answers = new Map(owed.map(([id], place) => [id, outcomes[place]]));
  for (const { index, remoteId, owner } of trespasses)
    if (fieldsOf.has(remoteId)) settled[index] = repaid(remoteId, owner, answers.get(remoteId));
}

/** What comes of the row, by what came of the giving back; undefined where there was nothing to give. */
function repaid(remoteId: string, owner: string, answer: Outcome | undefined): Settled {
  if (answer?.kind === "unknown" || answer?.kind === "deferred") return owing(remoteId, owner);
  if (answer === undefined || (answer.kind === "applied" && answer.altered.length === 0)) return taken(remoteId, owner);
  const why =
    answer.kind === "applied"
      ? `the destination keeps other values in ${answer.altered.map(({ field }) => field).join(", ")}`
      : "message" in answer
        ? answer.message
        : answer.reason;
  return keptWrong(remoteId, owner, why);
}

function owing(remoteId: string, owner: string): Settled {
  const message = `record ${remoteId} belongs to row ${owner} and has yet to be given back its values`;
  return { kind: "deferred", code: "RECORD_TAKEN", message };
}

/** Whoever reads it has to look at the record. */
function keptWrong(remoteId: string, owner: string, why: string): Settled {
  const refusal = taken(remoteId, owner);
  return { ...refusal, message: `${refusal.message}, which could not be given back its own: ${why}` };
}
