import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { chmod, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { Fault } from "../contract/fault.ts";
import type { PlanRow, SettledAtPlanning } from "../contract/plan.ts";
import type { PlanCount, PlanFile } from "../contract/planner.ts";
import type { Change, Operation, Origin } from "../contract/run.ts";
import type { FieldValues } from "../contract/value.ts";
import { quoteText } from "../core/duckdb-sql.ts";
import type { DuckdbSession } from "./duckdb-session.ts";
import { inRangesSql } from "./seq-ranges.ts";
import { T } from "./stage-sql.ts";

/** Beside the plan: the rows that were refused before sending. */
export function invalidFile(planPath: string): string {
  return planPath.replace(/\.parquet$/, ".invalid.parquet");
}

/** Written aside, synced, renamed: the plan is there whole or not at all. Its SHA-256 in the state is the commit. */
export async function writePlanFile(
  session: DuckdbSession,
  scratch: { readonly file: string; readonly rows: number },
  path: string,
  signal: AbortSignal,
): Promise<PlanFile> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const invalid = invalidFile(path);
  await copyTo(session, `select * from ${T.invalid} order by code, key`, `${invalid}.tmp`, signal);
  await putInPlace([`${invalid}.tmp`, invalid], [scratch.file, path]);
  return { path, rows: scratch.rows, sha256: await sha256Of(path) };
}

/** The rows of a select as a Parquet file. */
export async function copyTo(session: DuckdbSession, select: string, path: string, signal: AbortSignal): Promise<void> {
  const format = "format parquet, compression zstd, row_group_size 10240";
  await session.run(`copy (${select}) to ${quoteText(path)} (${format})`, signal);
  await chmod(path, 0o600);
}

/** From here on this session reads its plan from that file. */
export async function viewPlan(session: DuckdbSession, path: string): Promise<void> {
  await session.run(`create or replace temp view sluice_plan as select * from read_parquet(${quoteText(path)})`);
}

/** Each file from its first path to its second, of one folder: whatever happens, none is there in part. */
export async function putInPlace(...files: readonly (readonly [aside: string, path: string])[]): Promise<void> {
  for (const [aside, path] of files) {
    await syncPath(aside, "r+");
    await rename(aside, path);
  }
  const [first] = files;
  if (first !== undefined) await syncPath(dirname(first[1]));
}

/** Bytes of a file, or names of a folder, outlive a power cut from here on. */
export async function syncPath(path: string, flags = "r"): Promise<void> {
  const handle = await open(path, flags);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

export async function planSha(path: string): Promise<string | null> {
  return (await hasPlan(path)) ? sha256Of(path) : null;
}

/** A file that nobody may look at is not lost. */
export async function hasPlan(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
    throw new Fault("STATE_FAILED", `nobody can tell whether the plan ${path} is there: ${String(error)}`, {
      fix: "check the permissions of the file and of the folders above it; nothing was sent",
      cause: error,
    });
  }
}

export async function dropPlan(path: string): Promise<void> {
  await rm(path, { force: true });
  await rm(invalidFile(path), { force: true });
}

type RawRow = {
  seq: string | number;
  operation: Operation;
  change: Change;
  key: string;
  hash: string | null;
  remote_id: string | null;
  origin: Origin | null;
  adopted: boolean;
  match: string | null;
  fields: string;
  before: string;
  payload: string | null;
  settled: SettledAtPlanning | null;
  reason: string | null;
  is_known: boolean;
  attempts: number;
};

/** Plan rows out of a table expression, in order. */
export async function readPlanRows(session: DuckdbSession, from: string, where = "true"): Promise<PlanRow[]> {
  const rows = await session.rows<RawRow>(`select * from ${from} where ${where} order by seq`);
  return rows.map(toPlanRow);
}

function toPlanRow(row: RawRow): PlanRow {
  const fields = valuesOf(row.fields);
  return {
    seq: Number(row.seq),
    operation: row.operation,
    change: row.change,
    key: row.key,
    hash: row.hash,
    remoteId: row.remote_id,
    origin: row.origin,
    adopted: row.adopted,
    match: row.match === null ? [] : (JSON.parse(row.match) as PlanRow["match"]),
    fields,
    before: valuesOf(row.before),
    // A row without a record of its own sends all it has: its payload would say the same twice.
    payload: row.payload === null ? fields : valuesOf(row.payload),
    settled: row.settled,
    reason: row.reason,
    isKnown: row.is_known,
    attempts: row.attempts,
  };
}

const NO_VALUES: FieldValues = {};

function valuesOf(json: string): FieldValues {
  return json === "{}" ? NO_VALUES : (JSON.parse(json) as FieldValues);
}

/** Of these records, those to which living rows of the plan go. */
export async function aims(
  session: DuckdbSession,
  path: string,
  remoteIds: readonly string[],
): Promise<readonly string[]> {
  if (remoteIds.length === 0) return [];
  const rows = await session.rows<{ remote_id: string }>(
    `select distinct remote_id from read_parquet(${quoteText(path)})
      where change <> 'removed' and settled is null and remote_id in (${remoteIds.map(quoteText).join(", ")})`,
  );
  return rows.map((row) => row.remote_id);
}

/** Of these records, those whose rows left the model with the plan, and to which no other row of it goes: record id → key of the row. */
export async function leaving(
  session: DuckdbSession,
  path: string,
  remoteIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (remoteIds.length === 0) return new Map();
  const rows = await session.rows<{ remote_id: string; key: string }>(
    `select remote_id, any_value(key) as key from read_parquet(${quoteText(path)})
      where (change = 'removed' or settled is null) and remote_id in (${remoteIds.map(quoteText).join(", ")})
      group by remote_id having bool_and(change = 'removed')`,
  );
  return new Map(rows.map((row) => [row.remote_id, row.key]));
}

export async function countPlanRows(
  session: DuckdbSession,
  path: string,
  ranges: readonly { fromSeq: number; toSeq: number }[],
): Promise<PlanCount[]> {
  if (ranges.length === 0) return [];
  const where = await inRangesSql(session, ranges);
  const rows = await session.rows<Omit<PlanCount, "rows"> & { rows: string }>(
    `select operation, settled, count(*) as rows from read_parquet(${quoteText(path)}) where ${where} group by operation, settled`,
  );
  return rows.map((row) => ({ ...row, rows: Number(row.rows) }));
}
