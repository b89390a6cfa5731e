import type { BatchRecord } from "../contract/state.ts";
import type { SeqRange } from "../planner/plan-reader.ts";

/** How far a run came, as ranges of its plan. */
export type SentRanges = {
  /** Acknowledged: these rows applied, but for those that a note tells otherwise of. */
  readonly done: readonly SeqRange[];
  /** Sent, and no answer is recorded: in doubt. */
  readonly sent: readonly SeqRange[];
  /** The rest of the plan: never sent. */
  readonly unsent: readonly SeqRange[];
};

export function sentRanges(batches: readonly BatchRecord[], planRows: number): SentRanges {
  const of = (state: BatchRecord["state"]) => merged(batches.filter((batch) => batch.state === state));
  const unsent: SeqRange[] = [];
  let next = 0;
  for (const { fromSeq, toSeq } of merged(batches)) {
    if (fromSeq > next) unsent.push({ fromSeq: next, toSeq: fromSeq - 1 });
    next = toSeq + 1;
  }
  if (next < planRows) unsent.push({ fromSeq: next, toSeq: planRows - 1 });
  return { done: of("done"), sent: of("sent"), unsent };
}

/** How many rows they hold. */
export function rowsIn(ranges: readonly SeqRange[]): number {
  return ranges.reduce((sum, { fromSeq, toSeq }) => sum + toSeq - fromSeq + 1, 0);
}

export function isWithin(ranges: readonly SeqRange[], seq: number): boolean {
  return ranges.some(({ fromSeq, toSeq }) => fromSeq <= seq && seq <= toSeq);
}

/** Neighbours joined, in order. */
function merged(ranges: readonly SeqRange[]): SeqRange[] {
  const joined: { fromSeq: number; toSeq: number }[] = [];
  for (const { fromSeq, toSeq } of [...ranges].sort((a, b) => a.fromSeq - b.fromSeq)) {
    const last = joined.at(-1);
    if (last !== undefined && fromSeq <= last.toSeq + 1) last.toSeq = Math.max(last.toSeq, toSeq);
    else joined.push({ fromSeq, toSeq });
  }
  return joined;
}
