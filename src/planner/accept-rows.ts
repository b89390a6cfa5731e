import { Fault } from "../contract/fault.ts";
import type { Acceptance } from "../contract/planner.ts";
import { quoteText } from "../core/duckdb-sql.ts";
import type { DuckdbSession } from "./duckdb-session.ts";
import { insertRows } from "./insert-rows.ts";
import { inRangesSql } from "./seq-ranges.ts";
import { fence, META, REMOVAL, readMetas, type StoredMeta, snapshotTable } from "./snapshot-schema.ts";
import { jsonHasSql } from "./value-sql.ts";

const ACKS = "temp.main.sluice_acks";
const MOVED = "temp.main.sluice_moved";

export type AcceptAt = { sync: string; epoch: number; run: string; plan: string; nowMs: number };

/**
 * Moves what the destination acknowledged into the snapshot, and nothing else. The rows are computed from plan and
 * acknowledgement alone and replace what stood there, so that doing it again after a crash changes nothing. Gives the meta row as
 * it is then.
 */
export async function acceptRows(
  session: DuckdbSession,
  stored: StoredMeta | null,
  at: AcceptAt,
  rows: readonly Acceptance[],
): Promise<StoredMeta> {
  await session.run(
    `create or replace temp table sluice_acks (seq bigint, state varchar, remote_id varchar, created boolean, kept varchar)`,
  );
  const columns = { seq: "BIGINT", state: "VARCHAR", remote_id: "VARCHAR", created: "BOOLEAN", kept: "VARCHAR" };
  await insertRows(
    session,
    "sluice_acks",
    columns,
    rows.map((row) => ({
      seq: row.seq,
      state: row.state,
      remote_id: row.remoteId,
      created: row.created,
      kept: row.kept === null ? null : JSON.stringify(row.kept),
    })),
  );
  const fromSeq = rows.reduce((least, row) => Math.min(least, row.seq), Number.MAX_SAFE_INTEGER);
  const toSeq = rows.reduce((most, row) => Math.max(most, row.seq), 0);
  return session.transaction(async () => {
    const meta = fenced(stored, at.sync, at.epoch);
    const snapshot = snapshotTable(meta.table);
    await session.run(movedSql(at, snapshot, fromSeq, toSeq));
    await handOver(session, meta, snapshot);
    await session.run(`delete from ${snapshot} where key in (select key from ${MOVED})`);
    await session.run(`insert into ${snapshot} select * exclude (drops, transferred) from ${MOVED} where not drops`);
    const taken = `select remote_id from ${MOVED} where absent_since is null and not drops`;
    // A record that came to a living row is no longer that of a row which left: on its return it must not write there too.
    await session.run(`delete from ${snapshot} where absent_since is not null and remote_id in (${taken})`);
    await letGo(session, snapshot, at.plan, taken);
    await startAnew(session, meta);
    await session.run(
      `update ${META} set generation = generation + 1, epoch = ${at.epoch} where sync = ${quoteText(at.sync)}`,
    );
    return { ...meta, generation: meta.generation + 1, epoch: at.epoch };
  });
}

/**
 * A removed row gives its record over to whoever holds it (S10). To another row of this sync: for good. To another sync: the
 * entry stays as that of a row which left, so that the row goes on with its record should it return, whatever its values are
 * then. Where nobody holds it any more (the other sync removed its row in the same hour, the other row was refused), the entry
 * stays as it was, and the next plan removes the record after all.
 */
async function handOver(session: DuckdbSession, meta: StoredMeta, snapshot: string): Promise<void> {
  if ((await session.count(`select count(*) from ${MOVED} where transferred`)) === 0) return;
  const others = (await readMetas(session))
    .filter((other) => other.sync !== meta.sync && other.account === meta.account && other.object === meta.object)
    .map((other) => `union all select remote_id from ${snapshotTable(other.table)} where absent_since is null`);
  const own = `select remote_id from ${MOVED} where not drops and absent_since is null
    union all select remote_id from ${snapshot} where absent_since is null and key not in (select key from ${MOVED})`;
  const notIn = (held: string) => `remote_id not in (select remote_id from (${held}) where remote_id is not null)`;
  await session.run(`delete from ${MOVED} where transferred and ${notIn(`${own} ${others.join(" ")}`)}`);
  await session.run(`update ${MOVED} set drops = false where transferred and ${notIn(own)}`);
}

/**
 * A row that leaves in this very plan, and whose record another row took along, lets go of it at once: a run that ends before
 * it comes to the removals must not leave the record to both of them.
 */
async function letGo(session: DuckdbSession, snapshot: string, plan: string, taken: string): Promise<void> {
  await session.run(`delete from ${snapshot} where absent_since is null and key in (
    select key from read_parquet(${quoteText(plan)}) where change = 'removed' and remote_id in (${taken}))`);
}

/** A record that was removed is nobody's to go on with: rows of any sync that left it there start anew when they return. */
async function startAnew(session: DuckdbSession, meta: StoredMeta): Promise<void> {
  const removed = `select remote_id from ${MOVED} where drops and not transferred`;
  if ((await session.count(`select count(*) from (${removed})`)) === 0) return;
  const deletes = (await readMetas(session))
    .filter(({ account, object }) => account === meta.account && object === meta.object)
    .map(
      ({ table }) =>
        `delete from ${snapshotTable(table)} where absent_since is not null and remote_id in (${removed});`,
    );
  await session.run(deletes.join("\n"));
}

/** Whether the record is still there is open for rows of other syncs as well that have it, or left it there: they ask for it by its id. */
async function doubtElsewhere(session: DuckdbSession, meta: StoredMeta): Promise<void> {
  const removed = `select remote_id from temp.main.sluice_doubt where ${jsonHasSql("fields", REMOVAL)}`;
  if ((await session.count(`select count(*) from (${removed})`)) === 0) return;
  const mark = JSON.stringify({ [REMOVAL]: null });
  const updates = (await readMetas(session))
    .filter(({ sync, account, object }) => sync !== meta.sync && account === meta.account && object === meta.object)
    .map(
      ({ table }) => `update ${snapshotTable(table)} set doubt = case when coalesce(doubt, '{}') = '{}'
          then ${quoteText(mark)} else ${quoteText(`${mark.slice(0, -1)},`)} || doubt[2:] end
        where remote_id in (${removed}) and not ${jsonHasSql("doubt", REMOVAL)};`,
    );
  await session.run(updates.join("\n"));
}

function fenced(meta: StoredMeta | null, sync: string, epoch: number): StoredMeta {
  if (meta === null)
    throw new Fault("STATE_MISMATCH", `the planner knows no sync "${sync}" that the state has a run of`, {
      fix: "put state, planner and plans back from one backup (`sluice state restore BACKUP`)",
    });
  fence(meta, epoch);
  return meta;
}

/**
 * The snapshot rows that result. Applied: the row as sent over what was acknowledged before, with what the destination
 * kept instead where it said so. Skipped: remembered without a record. Removed: forgotten, or marked absent where the
 * record lives on.
 */
function movedSql(at: AcceptAt, snapshot: string, fromSeq: number, toSeq: number): string {
  const removed = "p.change = 'removed'";
  const applied = "a.state in ('applied', 'altered')";
  // An insert whose answer was lost found its record: nothing is to be sent, and the record is the row's (S9).
  const perhapsOurs = "p.operation = 'insert' and p.settled = 'skipped' and p.origin = 'unknown'";
  // Its record was gone or merged away, and another answers: that one was not made for this row (S9).
  const moved = "p.remote_id is not null and a.remote_id is not null and a.remote_id <> p.remote_id";
  // A record that was made or found by this write holds nothing of what the row's former record was sent.
  const isNew = "(p.remote_id is null or (p.adopted and s.mark is distinct from 'linked'))";
  const former = `case when s.payload is null or ${isNew} then '{}' else ${certainSql("s")} end`;
  // The patch drops nulls; where there are none, the fields are the payload as they stand.
  const sent = `case when s.payload is null and a.kept is null and not contains(p.fields, ':null') then p.fields
    else json_merge_patch(${former}, p.fields, coalesce(a.kept, '{}')) end`;
  return `create or replace temp table sluice_moved as select p.key,
      case when ${removed} then null else cast(p.hash as ubigint) end as hash,
      cast(case when ${applied} then ${sent} else coalesce(s.payload, '{}') end as varchar) as payload,
      case when ${removed} or ${applied} or (${perhapsOurs}) then coalesce(a.remote_id, p.remote_id) end as remote_id,
      case when ${removed} and ${moved} then 'unknown' when ${removed} or (${perhapsOurs}) then p.origin when not ${applied} then null
        when p.origin is not null and not (p.adopted and coalesce(a.created, false)) and not (${moved}) then p.origin
        when a.created is null then 'unknown' when a.created then 'created' else 'adopted' end as origin,
      case when ${removed} and not ${applied} then s.doubt end as doubt,
      case when not ${removed} and ${applied} and p.hash is null then 'linked'
        when ${removed} or ${applied} or (${perhapsOurs}) then null when p.operation = 'insert' then 'present' else 'unmatched' end as mark,
      case when ${removed} then to_timestamp(${at.nowMs / 1000}) end as absent_since,
      to_timestamp(${at.nowMs / 1000}) as accepted_at, ${quoteText(at.run)} as accepted_run,
      coalesce(s.found, case when p.adopted then p.before end) as found,
      ${removed} and (a.state = 'transferred' or (${applied} and p.operation in ('archive', 'delete'))) as drops,
      ${removed} and a.state = 'transferred' as transferred
    from ${ACKS} a join read_parquet(${quoteText(at.plan)}) p on p.seq = a.seq
    left join ${snapshot} s on s.key = p.key
    where p.seq between ${fromSeq} and ${toSeq}`;
}

/**
 * The payload without what a write in doubt may have changed. Its fields travel again, but for those that no mapping names any
 * more: nobody knows what the record holds there, should one of them be mapped again.
 */
export function certainSql(snapshot: string): string {
  const [payload, doubt] = [`${snapshot}.payload`, `${snapshot}.doubt`];
  const nulls = `map_from_entries(list_transform(json_keys(${doubt}), k -> struct_pack(k := k, v := null::varchar)))`;
  return `(case when ${doubt} is null or ${doubt} = '{}' then ${payload} else json_merge_patch(${payload}, to_json(${nulls})::varchar)::varchar end)`;
}

/**
 * Sent, answer unknown, and the run is given up: the row carries what may have landed until an answer settles it. A row
 * that the snapshot did not know gets an entry, so that it is looked for even when it has left the model by then.
 */
export async function markInDoubt(
  session: DuckdbSession,
  stored: StoredMeta | null,
  at: { sync: string; epoch: number; plan: string },
  ranges: readonly { fromSeq: number; toSeq: number }[],
): Promise<StoredMeta> {
  const inRanges = await inRangesSql(session, ranges);
  return session.transaction(async () => {
    const meta = fenced(stored, at.sync, at.epoch);
    const snapshot = snapshotTable(meta.table);
    await session.run(`create or replace temp table sluice_doubt as
      select key, case when operation in ('archive', 'delete') then ${quoteText(JSON.stringify({ [REMOVAL]: null }))} else fields end as fields,
        remote_id, origin, change from read_parquet(${quoteText(at.plan)}) where (${inRanges}) and settled is null`);
    await session.run(`update ${snapshot} set doubt = coalesce(doubt_merge.doubt, '{}') from (
        select d.key, json_group_object(m.key, m.value)::varchar as doubt from temp.main.sluice_doubt d
        join ${snapshot} s on s.key = d.key, lateral (
          select key, value from json_each(d.fields) union all
          select o.key, o.value from json_each(coalesce(s.doubt, '{}')) o where not json_exists(d.fields, '$."' || o.key || '"')) m
        group by d.key) doubt_merge where ${snapshot}.key = doubt_merge.key`);
    // A row that came back after its removal may be on its way to another record: the former one is not its any more.
    await session.run(`update ${snapshot} set remote_id = null from temp.main.sluice_doubt d
      where ${snapshot}.key = d.key and d.change <> 'removed' and d.remote_id is null`);
    // A record that the plan had found is the row's from here on, though nobody knows what of the write landed.
    await session.run(`update ${snapshot} set remote_id = d.remote_id, origin = coalesce(${snapshot}.origin, d.origin, 'unknown')
      from temp.main.sluice_doubt d where ${snapshot}.key = d.key and ${snapshot}.remote_id is null and d.remote_id is not null`);
    await session.run(
      `update ${snapshot} set doubt = '{}' where doubt is null and key in (select key from temp.main.sluice_doubt)`,
    );
    await session.run(`insert into ${snapshot} select key, null, '{}', remote_id, coalesce(origin, 'unknown'), fields, null, null,
      now(), 'in doubt', null from temp.main.sluice_doubt where key not in (select key from ${snapshot})`);
    const taken = "select remote_id from temp.main.sluice_doubt where change <> 'removed'";
    await letGo(session, snapshot, at.plan, taken);
    await doubtElsewhere(session, meta);
    await session.run(`update ${META} set generation = generation + 1 where sync = ${quoteText(at.sync)}`);
    return { ...meta, generation: meta.generation + 1 };
  });
}
