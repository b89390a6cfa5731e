import type { ErasureTerms, Outcome, Reply } from "../../src/contract/destination.ts";
import { type WriteContext, writeBatch } from "./write.ts";

/** help.salesforce.com, "Recycle Bin": 15 days. A hard delete is a permission and a Bulk API of its own. */
const TERMS: ErasureTerms = {
  word: "deleted",
  remark:
    "Salesforce keeps deleted records in its recycle bin for 15 days; empty it there to be rid of them at once (a hard delete needs another permission)",
};

export function erasureTerms(_: string): ErasureTerms {
  return TERMS;
}

/** One call. A record that is gone is what was wanted. */
export async function eraseRecord(context: WriteContext, id: string, signal: AbortSignal): Promise<Reply> {
  const { object } = context.object;
  const reply = await writeBatch(
    context,
    { object, operation: "delete", writes: [{ by: { id }, fields: {} }] },
    signal,
  );
  const gone = (outcome: Outcome): Outcome =>
    outcome.kind === "missing" ? { kind: "applied", remoteId: id, created: false, altered: [] } : outcome;
  return { ...reply, outcomes: reply.outcomes.map(gone) };
}
