import { Fault } from "../contract/fault.ts";
import { withoutValues } from "../core/without-values.ts";
import { counts, type DuckdbSession } from "./duckdb-session.ts";
import type { SessionParts } from "./session-parts.ts";
import { snapshotTable } from "./snapshot-schema.ts";
import {
  comparedSql,
  diffSql,
  formerSql,
  INVALID_COLUMNS,
  noPayloadSql,
  payloadSql,
  repeatedKeysSql,
  stageSql,
  T,
} from "./stage-sql.ts";
import { loadSuppressed, suppressedSql } from "./suppress-sql.ts";

/** The model's rows are, one by one, those of the snapshot: none is new, changed, gone, refused or in doubt. */
export type Quiet = {
  /** Rows of the model. */
  readonly read: number;
  /** Rows of the snapshot, without those that left the model before. */
  readonly known: number;
};

const EMPTY_TABLES = [
  "sluice_rejects (key varchar, is_removal boolean, hash varchar, next_try bigint, attempts integer)",
  `sluice_invalid (${INVALID_COLUMNS})`,
  "sluice_links (key varchar, entry integer, remote_id varchar, present varchar, origin varchar)",
  "sluice_touch (key varchar, hash ubigint)",
  "sluice_superseded (key varchar)",
];

const READ_TABLES = ["stage", "suppressed", "repeated_keys", "compared", "former", "diff", "payload"].map(
  (name) => `sluice_${name}`,
);

/**
 * Evaluates the model, checks its keys, and finds what differs; gives what there is to say where nothing does. Rows that differ
 * are read a second time; where that gives something else, now() may be the reason: all is read again in one transaction, in
 * which now() stands still. (Not at once: DuckDB scans tables of an open transaction with one thread.)
 */
export async function evaluate(parts: SessionParts, version: string, signal: AbortSignal): Promise<Quiet | null> {
  const { session, request } = parts;
  await runModel(() => loadSuppressed(session, request, signal));
  const quiet = await runModel(() => compareModel(parts, version, signal));
  // Most runs of most syncs find that nothing has changed: they are spared what only concerns rows.
  if (quiet !== null) return quiet;
  await session.run(EMPTY_TABLES.map((table) => `create temp table ${table};`).join("\n"));
  const differs = await runModel(() => readDifferent(parts, signal));
  if (differs && (await noteUnstable(session)) > 0) {
    await dropTables(session, READ_TABLES);
    await session.run(`delete from ${T.invalid}`);
    const readAgain = async (): Promise<boolean> => {
      await compareModel(parts, version, signal);
      return readDifferent(parts, signal);
    };
    if (await runModel(() => session.transaction(readAgain))) await noteUnstable(session);
  }
  await session.run(`insert into ${T.invalid} select null, 'NULL_KEY', null,
      'the primary key is null', count(*) from ${T.stage} where key is null having count(*) > 0
    union all select key, 'REPEATED_KEY', null, rows || ' rows have this primary key', rows from ${T.repeatedKeys}
    union all select key, string_split(error, ':')[1], substr(error, instr(error, ':') + 1), null, 1
      from ${T.payload} where error is not null`);
  return null;
}

/** Reads the model's keys and hashes and holds them against the snapshot. */
async function compareModel(
  { request, session, meta, giveBack }: SessionParts,
  version: string,
  signal: AbortSignal,
): Promise<Quiet | null> {
  const { mapping, sql } = request;
  const latestBy = request.onDuplicateMatch.policy === "keep_latest" ? request.onDuplicateMatch.by : null;
  await session.run(stageSql(sql, mapping, latestBy), signal);
  await session.run(`${suppressedSql(request)};\n${repeatedKeysSql()}`, signal);
  await giveBack();
  if (meta === null) return null;
  const snapshot = snapshotTable(meta.table);
  const recheckBefore = `to_timestamp(${(request.nowMs - request.recheckUnmatchedMs) / 1000})`;
  await session.run(comparedSql(snapshot, request.resend || meta.hashVersion !== version, recheckBefore), signal);
  await giveBack();
  if (request.keysOnly || meta.hashVersion !== version) return null;
  const [different = 0, repeated = 0, suppressed = 0, read = 0, known = 0] = await counts(session, [
    ...[T.compared, T.repeatedKeys, T.suppressed, T.stage].map((table) => `select count(*) from ${table}`),
    `select count(*) from ${snapshot} where absent_since is null`,
  ]);
  return different + repeated + suppressed === 0 ? { read, known } : null;
}

/** Whether any row differs: only then is the model read a second time. */
async function readDifferent(
  { request, session, meta, giveBack }: SessionParts,
  signal: AbortSignal,
): Promise<boolean> {
  const { mapping, sql } = request;
  const { list, forgotten } = request.suppress;
  const mayBeSuppressed = list !== null || forgotten.length > 0;
  const hasSuppressed = mayBeSuppressed && (await session.count(`select count(*) from ${T.suppressed}`)) > 0;
  // What is wrong with rows that are never sent is nobody's business.
  if (hasSuppressed) await session.run(`delete from ${T.repeatedKeys} where key in (select key from ${T.suppressed})`);
  if (meta !== null) {
    await session.run(formerSql(snapshotTable(meta.table)), signal);
    await giveBack();
  }
  await session.run(diffSql(mapping, meta !== null, hasSuppressed), signal);
  const differing = await session.count(`select count(*) from ${T.diff}`);
  await session.run(differing > 0 ? payloadSql(sql, mapping) : noPayloadSql(mapping), signal);
  return differing > 0;
}

/** A row whose second reading differs from its first is never sent: nobody knows which of the two is meant. */
async function noteUnstable(session: DuckdbSession): Promise<number> {
  await session.run(`insert into ${T.invalid} select d.key, 'ROW_UNSTABLE', null,
      'the row changed while the model was read (random(), or a file that is being written?)', 1
    from ${T.diff} d left join ${T.payload} p on p.key = d.key
    group by d.key having count(p.key) <> 1 or bool_or(p.hash is distinct from d.hash)`);
  const unstable = await session.count(`select count(*) from ${T.invalid} where code = 'ROW_UNSTABLE'`);
  if (unstable > 0)
    await session.run(
      `delete from ${T.payload} where key in (select key from ${T.invalid} where code = 'ROW_UNSTABLE')`,
    );
  return unstable;
}

/** What is read no more is let go at once: its memory is needed for what comes. */
export async function dropTables(session: DuckdbSession, names: readonly string[]): Promise<void> {
  await session.run(names.map((name) => `drop table if exists temp.main.${name};`).join("\n"));
}

/** Errors of the model's own SQL while it runs are the author's to read: the database's words, less people's data. */
export async function runModel<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Fault) throw error;
    const message = error instanceof Error ? error.message : String(error);
    const isTooWide = message.includes("Out of Memory");
    throw new Fault("MODEL_FAILED", `the model failed while it was read: ${withoutValues(message)}`, {
      fix: isTooWide
        ? "its rows take more memory than a plan has: map fewer columns, or split the sync in two; nothing was sent"
        : "run the model's SQL by hand against the warehouse; nothing was sent",
      cause: error,
    });
  }
}
