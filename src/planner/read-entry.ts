import { DuckDBInstance } from "@duckdb/node-api";
import type { SnapshotEntry } from "../contract/planner.ts";
import type { Origin } from "../contract/run.ts";
import type { FieldValues } from "../contract/value.ts";
import { quoteText } from "../core/duckdb-sql.ts";
import { PLANNER } from "./duckdb-engine.ts";
import { type DuckdbSession, openSession } from "./duckdb-session.ts";
import { readMeta, snapshotTable } from "./snapshot-schema.ts";

type EntryRow = {
  key: string;
  remote_id: string | null;
  origin: Origin | null;
  payload: string;
  mark: string | null;
  doubt: string | null;
  absent_since: string | null;
  accepted_at: string;
  accepted_run: string;
};

export async function readEntry(session: DuckdbSession, sync: string, key: string): Promise<SnapshotEntry | null> {
  const meta = await readMeta(session, sync);
  if (meta === null) return null;
  const iso = (column: string) => `strftime(timezone('UTC', ${column}), '%Y-%m-%dT%H:%M:%S.%gZ') as ${column}`;
  const [row] =
    await session.rows<EntryRow>(`select key, remote_id, origin, payload, mark, doubt, ${iso("absent_since")},
    ${iso("accepted_at")}, accepted_run from ${snapshotTable(meta.table)} where key = ${quoteText(key)}`);
  if (row === undefined) return null;
  return {
    key: row.key,
    remoteId: row.remote_id,
    origin: row.origin,
    payload: JSON.parse(row.payload) as FieldValues,
    mark: row.mark,
    isInDoubt: row.doubt !== null,
    absentSince: row.absent_since,
    acceptedAt: row.accepted_at,
    acceptedRun: row.accepted_run,
  };
}

/** A row's entry out of a planner file that nobody works on; `busy` where somebody does. */
export async function lookUpEntry(file: string, sync: string, key: string): Promise<SnapshotEntry | "busy" | null> {
  const instance = await DuckDBInstance.create(":memory:", { memory_limit: "256MB" });
  const session = await openSession(instance);
  try {
    await session.run(`attach ${quoteText(file)} as ${PLANNER} (read_only)`);
    return await readEntry(session, sync, key);
  } catch (error) {
    if (error instanceof Error && /conflicting lock|could not set lock/i.test(error.message)) return "busy";
    throw error;
  } finally {
    session.close();
    instance.closeSync();
  }
}
