import type { Destination, Reply, WriteBatch } from "../contract/destination.ts";
import { Fault } from "../contract/fault.ts";
import { notSent } from "./not-sent.ts";

/**
 * Where a vendor refuses a whole batch for some of its rows, halves it until only the guilty rows are refused: at most
 * 2·log2 n + 1 further calls per guilty row (S18).
 */
export function bisecting(inner: Destination): Destination {
  const write = async (batch: WriteBatch, signal: AbortSignal): Promise<Reply> => {
    const reply = await inner.write(batch, signal);
    if (!reply.refusedWhole || batch.writes.length < 2) return { ...reply, refusedWhole: false };
    const middle = Math.ceil(batch.writes.length / 2);
    const left = await half({ ...batch, writes: batch.writes.slice(0, middle) }, signal);
    const right = await half({ ...batch, writes: batch.writes.slice(middle) }, signal);
    return {
      outcomes: [...left.outcomes, ...right.outcomes],
      refusedWhole: false,
      calls: reply.calls + left.calls + right.calls,
      bytesOut: reply.bytesOut + left.bytesOut + right.bytesOut,
      hints: right.hints,
    };
  };
  // A fault in one half must not lose the other half's answers: its rows were not applied, and the next batch meets it again.
  const half = async (batch: WriteBatch, signal: AbortSignal): Promise<Reply> => {
    try {
      return await write(batch, signal);
    } catch (error) {
      if (error instanceof Fault) return notSent(batch, error.code, error);
      throw error;
    }
  };
  return {
    abilities: inner.abilities,
    check: (signal) => inner.check(signal),
    describe: (object, fields, signal) => inner.describe(object, fields, signal),
    find: (request, signal) => inner.find(request, signal),
    write,
    erasure: inner.erasure,
    close: () => inner.close(),
  };
}
