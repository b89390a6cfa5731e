import { DuckDBInstance } from "@duckdb/node-api";
import type { PlanRow, SettledAtPlanning } from "../contract/plan.ts";
import { quoteText } from "../core/duckdb-sql.ts";
import { openSession } from "./duckdb-session.ts";
import { invalidMessage } from "./invalid-messages.ts";
import { invalidFile, readPlanRows } from "./plan-file.ts";

export type InvalidRow = {
  readonly key: string | null;
  readonly code: string;
  readonly field: string | null;
  readonly message: string;
  readonly rows: number;
};
export type InvalidGroup = {
  readonly code: string;
  readonly field: string | null;
  readonly count: number;
  readonly examples: readonly InvalidRow[];
};

/** Sequence numbers, both ends included. */
export type SeqRange = { readonly fromSeq: number; readonly toSeq: number };

export type PlanFilter = {
  readonly key?: string;
  readonly settled?: PlanRow["settled"];
  /** Only rows in these ranges. */
  readonly within?: readonly SeqRange[];
  /** Not these rows. */
  readonly except?: readonly number[];
};

/** So many rows, after so many others of the same kind. */
export type Page = { readonly limit: number; readonly skip: number };

/** Reads plan files beside whatever else works on the project: it takes no lock and opens no planner. */
export interface PlanReader {
  rows(path: string, filter: PlanFilter & Page): Promise<readonly PlanRow[]>;
  count(path: string, filter: PlanFilter): Promise<number>;
  settledCounts(path: string): Promise<readonly { settled: SettledAtPlanning; count: number }[]>;
  /** Each with its examples of that page. */
  invalidGroups(path: string, page: Page): Promise<readonly InvalidGroup[]>;
  invalid(path: string, key: string): Promise<readonly InvalidRow[]>;
  close(): Promise<void>;
}

export async function openPlanReader(): Promise<PlanReader> {
  const instance = await DuckDBInstance.create(":memory:", { memory_limit: "256MB" });
  const session = await openSession(instance);
  const invalidRows = async (path: string, where: string): Promise<InvalidRow[]> => {
    const rows = await session.rows<Omit<InvalidRow, "message"> & { message: string | null }>(
      `select key, code, field, message, cast(rows as integer) as rows from read_parquet(${quoteText(invalidFile(path))}) where ${where}`,
    );
    return rows.map((row) => ({ ...row, message: invalidMessage(row.code, row.message) }));
  };
  return {
    rows: (path, filter) =>
      readPlanRows(
        session,
        `(select * from read_parquet(${quoteText(path)}) where ${filterSql(filter)} order by seq ${pageSql(filter)})`,
      ),
    count: (path, filter) =>
      session.count(`select count(*) from read_parquet(${quoteText(path)}) where ${filterSql(filter)}`),
    settledCounts: async (path) => {
      const counts = await session.rows<{ settled: SettledAtPlanning; count: string }>(
        `select settled, count(*) as count from read_parquet(${quoteText(path)}) where settled is not null group by settled order by settled`,
      );
      return counts.map((row) => ({ settled: row.settled, count: Number(row.count) }));
    },
    invalidGroups: async (path, page) => {
      const groups = await session.rows<{ code: string; field: string | null; count: string }>(
        `select code, field, sum(rows) as count from read_parquet(${quoteText(invalidFile(path))}) group by code, field order by count desc, code`,
      );
      const filled: InvalidGroup[] = [];
      for (const { code, field, count } of groups) {
        const where = `code = ${quoteText(code)} and field is not distinct from ${field === null ? "null" : quoteText(field)}`;
        filled.push({
          code,
          field,
          count: Number(count),
          examples: await invalidRows(path, `${where} ${pageSql(page)}`),
        });
      }
      return filled;
    },
    invalid: (path, key) => invalidRows(path, `key = ${quoteText(key)} limit 10`),
    close: async () => {
      session.close();
      instance.closeSync();
    },
  };
}

function pageSql({ limit, skip }: Page): string {
  return `limit ${limit} offset ${skip}`;
}

function filterSql({ key, settled, within, except }: PlanFilter): string {
  const parts = ["true"];
  if (key !== undefined) parts.push(`key = ${quoteText(key)}`);
  if (settled !== undefined)
    parts.push(`settled is not distinct from ${settled === null ? "null" : quoteText(settled)}`);
  if (within !== undefined) {
    const ranges = within.map(({ fromSeq, toSeq }) => `seq between ${fromSeq} and ${toSeq}`);
    parts.push(ranges.length === 0 ? "false" : `(${ranges.join(" or ")})`);
  }
  if (except !== undefined && except.length > 0) parts.push(`seq not in (${except.join(", ")})`);
  return parts.join(" and ");
}
