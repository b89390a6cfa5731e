import { Fault } from "../contract/fault.ts";
import type { PlanRequest, SnapshotMeta } from "../contract/planner.ts";
import { quoteText } from "../core/duckdb-sql.ts";
import { PLANNER } from "./duckdb-engine.ts";
import type { DuckdbSession } from "./duckdb-session.ts";

/** Raised when the planner's tables change shape; an older version of Sluice then refuses the file. */
export const PLANNER_SCHEMA = 2;

export const META = `${PLANNER}.main.meta`;

/** The snapshot of one sync: a table of its own, so that forgetting or renaming one touches no other. */
export function snapshotTable(table: number): string {
  return `${PLANNER}.main.snapshot_${table}`;
}

/** Stands in `doubt` beside the fields in doubt: an archive or delete was sent, and the record may be gone. */
export const REMOVAL = "sluice removal";

/** The rows of a sync that were invalid at its last run, so that only new ones are news. */
export function invalidTable(table: number): string {
  return `${PLANNER}.main.invalid_${table}`;
}

/**
 * key: canonical primary key · hash: of the row last accepted, null where it must be compared value by value ·
 * payload: JSON object of what the destination last acknowledged · doubt: JSON object of fields sent with unknown answer ·
 * found: what stood in an adopted record before our first write, for people and for undo ·
 * mark: `linked` (found by `link`, not yet written), `unmatched` (no record found), `present` (insert met a record), null · absent_since: the row left the model.
 */
const SNAPSHOT_COLUMNS = `key varchar not null, hash ubigint, payload varchar not null, remote_id varchar, origin varchar,
  doubt varchar, mark varchar, absent_since timestamptz, accepted_at timestamptz not null, accepted_run varchar not null,
  found varchar`;

export async function createSchema(session: DuckdbSession): Promise<void> {
  await session.run(`create table if not exists ${PLANNER}.main.planner_schema (version integer not null)`);
  const version = await session.count(`select coalesce(max(version), 0) from ${PLANNER}.main.planner_schema`);
  if (version > PLANNER_SCHEMA)
    throw new Fault("STATE_MISMATCH", `the planner file was written by a newer version of Sluice`, {
      fix: "upgrade Sluice, or put back the backup that was made by this version (`sluice state restore`)",
    });
  if (version === 0) await session.run(`insert into ${PLANNER}.main.planner_schema values (${PLANNER_SCHEMA})`);
  await session.run(`create table if not exists ${META} (
    sync varchar not null, table_no integer not null, account varchar not null, object varchar not null,
    model varchar not null, epoch bigint not null, generation bigint not null, hash_version varchar not null,
    key varchar not null, fields varchar not null)`);
  if (version < 2) {
    await session.run(`alter table ${META} add column if not exists forward varchar default '[]'`);
    await session.run(`update ${PLANNER}.main.planner_schema set version = ${PLANNER_SCHEMA}`);
  }
}

type MetaRow = {
  sync: string;
  table_no: number;
  account: string;
  object: string;
  model: string;
  epoch: string;
  generation: string;
  hash_version: string;
  key: string;
  fields: string;
  /** Absent in a file of version 1 that is only looked at. */
  forward?: string | null;
};

export type StoredMeta = SnapshotMeta & { readonly table: number };

export async function readMetas(session: DuckdbSession, where = "true"): Promise<StoredMeta[]> {
  const rows = await session.rows<MetaRow>(`select * from ${META} where ${where} order by sync`);
  return rows.map(storedMeta);
}

export async function readMeta(session: DuckdbSession, sync: string): Promise<StoredMeta | null> {
  const [row] = await session.rows<MetaRow>(`select * from ${META} where sync = ${quoteText(sync)}`);
  return row === undefined ? null : storedMeta(row);
}

function storedMeta(row: MetaRow): StoredMeta {
  return {
    sync: row.sync,
    table: Number(row.table_no),
    account: row.account,
    object: row.object,
    model: row.model,
    epoch: Number(row.epoch),
    generation: Number(row.generation),
    hashVersion: row.hash_version,
    key: JSON.parse(row.key) as string[],
    fields: JSON.parse(row.fields) as string[],
    forward: JSON.parse(row.forward ?? "[]") as string[],
  };
}

/** The meta row of a request; what only a run may move (`hashVersion`, `fields`, `generation`) is the caller's word. */
export function metaOf(
  request: PlanRequest,
  at: Pick<SnapshotMeta, "epoch" | "generation" | "hashVersion" | "key" | "fields" | "forward">,
): SnapshotMeta {
  const { sync, account, object, model } = request;
  return { sync, account, object, model, ...at };
}

/** Makes or renews a sync's meta row inside the caller's transaction; `stored` is as it stands. Refuses an epoch older than that one's. */
export async function putMeta(
  session: DuckdbSession,
  meta: SnapshotMeta,
  stored: StoredMeta | null,
): Promise<StoredMeta> {
  if (stored !== null) {
    fence(stored, meta.epoch);
    if (isSame(stored, meta)) return stored;
    await session.run(`delete from ${META} where sync = ${quoteText(meta.sync)}`);
  }
  const table = stored?.table ?? (await session.count(`select coalesce(max(table_no), 0) + 1 from ${META}`));
  if (stored === null) {
    await session.run(`create table ${snapshotTable(table)} (${SNAPSHOT_COLUMNS})`);
    await session.run(`create table ${invalidTable(table)} (key varchar, code varchar not null, field varchar)`);
  }
  const texts = [meta.account, meta.object, meta.model].map(quoteText).join(", ");
  const lists = [meta.key, meta.fields, meta.forward].map((list) => quoteText(JSON.stringify(list))).join(", ");
  await session.run(`insert into ${META} values (${quoteText(meta.sync)}, ${table}, ${texts}, ${meta.epoch},
    ${meta.generation}, ${quoteText(meta.hashVersion)}, ${lists})`);
  return { ...meta, table };
}

/** Most runs find their sync as they left it. */
export function isSame({ table: _, ...stored }: StoredMeta, meta: SnapshotMeta): boolean {
  const members = Object.keys(stored) as (keyof SnapshotMeta)[];
  return members.every((member) => JSON.stringify(stored[member]) === JSON.stringify(meta[member]));
}

/** A worker that lost its lease must not move the snapshot (S26). */
export function fence(stored: SnapshotMeta, epoch: number): void {
  if (stored.epoch > epoch)
    throw new Fault("LEASE_LOST", `another run took over sync "${stored.sync}"`, {
      fix: "nothing to do: the other run goes on",
    });
}
