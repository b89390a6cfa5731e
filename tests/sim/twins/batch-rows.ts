/** Batches of the state twin: intents, acknowledgements, and ranges that are folded once accepted. */
import { Fault } from "../../../src/contract/fault.ts";
import type { BatchRecord } from "../../../src/contract/state.ts";

type Range = { readonly fromSeq: number; readonly toSeq: number };
type Batches = Map<number, BatchRecord>;

export function intend(batches: Batches, { run, fromSeq, toSeq }: Range & { run: string }): void {
  const attempt = (batches.get(fromSeq)?.attempt ?? 0) + 1;
  batches.set(fromSeq, { run, fromSeq, toSeq, state: "sent", attempt, acks: null });
}

export function inOrder(batches: Batches | undefined): BatchRecord[] {
  return [...(batches?.values() ?? [])].sort((a, b) => a.fromSeq - b.fromSeq);
}

/** The batches that result; throws, and nothing is changed, where a range was accepted before its answer. */
export function folded(batches: Batches, run: string, accepted: readonly Range[]): Batches {
  const result = new Map(batches);
  const known = inOrder(batches).filter(({ state, acks }) => state === "done" && acks === null);
  const fresh = accepted.filter((batch) => !known.some((range) => covers(range, batch)));
  const pieces: Range[] = [...known, ...fresh];
  for (const range of joined(pieces)) {
    const inRange = [...result.values()].filter(
      ({ state, fromSeq }) => state === "done" && range.fromSeq <= fromSeq && fromSeq <= range.toSeq,
    );
    if (inRange.length !== pieces.filter((piece) => covers(range, piece)).length)
      throw new Fault(
        "INTERNAL",
        `run ${run}: rows ${range.fromSeq} to ${range.toSeq} were accepted before their answer`,
      );
    for (const { fromSeq } of inRange) result.delete(fromSeq);
    const attempt = Math.max(1, ...inRange.map((batch) => batch.attempt));
    result.set(range.fromSeq, { run, ...range, state: "done", attempt, acks: null });
  }
  return result;
}

function joined(ranges: readonly Range[]): Range[] {
  const all: { fromSeq: number; toSeq: number }[] = [];
  for (const { fromSeq, toSeq } of [...ranges].sort((a, b) => a.fromSeq - b.fromSeq)) {
    const last = all.at(-1);
    if (last !== undefined && last.toSeq + 1 === fromSeq) last.toSeq = toSeq;
    else all.push({ fromSeq, toSeq });
  }
  return all;
}

function covers(range: Range, batch: Range): boolean {
  return range.fromSeq <= batch.fromSeq && batch.toSeq <= range.toSeq;
}
