import type { DuckdbSession } from "./duckdb-session.ts";
import { insertRows } from "./insert-rows.ts";

/** Sequence numbers, both ends included. */
export type SeqRange = { readonly fromSeq: number; readonly toSeq: number };

/** Neighbours and overlaps become one range: thousands of single rows are then a few. */
export function mergeRanges(ranges: readonly SeqRange[]): SeqRange[] {
  const merged: { fromSeq: number; toSeq: number }[] = [];
  for (const { fromSeq, toSeq } of [...ranges].sort((a, b) => a.fromSeq - b.fromSeq)) {
    const last = merged.at(-1);
    if (last !== undefined && fromSeq <= last.toSeq + 1) last.toSeq = Math.max(last.toSeq, toSeq);
    else merged.push({ fromSeq, toSeq });
  }
  return merged;
}

/** A condition on `seq`, over a temporary table: a chain of thousands of `or` takes DuckDB seconds. */
export async function inRangesSql(session: DuckdbSession, ranges: readonly SeqRange[]): Promise<string> {
  await session.run("create or replace temp table sluice_ranges (from_seq bigint, to_seq bigint)");
  const rows = mergeRanges(ranges).map(({ fromSeq, toSeq }) => ({ from_seq: fromSeq, to_seq: toSeq }));
  await insertRows(session, "sluice_ranges", { from_seq: "BIGINT", to_seq: "BIGINT" }, rows);
  return "exists (select 1 from temp.main.sluice_ranges r where seq between r.from_seq and r.to_seq)";
}
