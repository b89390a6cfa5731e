import { rm } from "node:fs/promises";
import { Fault } from "../contract/fault.ts";
import type { GuardCounts, PlanFacts, PlanRequest, PlanSession, UnlinkedRow } from "../contract/planner.ts";
import { keyFamily } from "../core/key.ts";
import { withoutValues } from "../core/without-values.ts";
import { changesSql, dueSql, emptyPlanSql, numberedSql, partCountsSql, plannedSql, touchSql } from "./change-sql.ts";
import { commitPlan } from "./commit-plan.ts";
import { isFormerKey, listDoubted, settleDoubted } from "./doubted-rows.ts";
import type { DuckdbEngine } from "./duckdb-engine.ts";
import { counts, type DuckdbSession } from "./duckdb-session.ts";
import { guardCounts, setAside } from "./guard-rows.ts";
import { hashVersion } from "./hash-version.ts";
import { insertRows } from "./insert-rows.ts";
import { checkMatches } from "./match-checks.ts";
import { planFacts } from "./plan-facts.ts";
import { copyTo, readPlanRows, viewPlan, writePlanFile } from "./plan-file.ts";
import { findRemoved, listGhosts, listShared, settleGhosts } from "./removed-rows.ts";
import { refuseUnmatchable, settleTaken } from "./settle-links.ts";
import { type StoredMeta, snapshotTable } from "./snapshot-schema.ts";
import {
  comparedSql,
  diffSql,
  formerSql,
  noPayloadSql,
  payloadSql,
  repeatedKeysSql,
  stageSql,
  T,
} from "./stage-sql.ts";
import { storeLinks } from "./store-links.ts";
import { loadSuppressed, suppressedSql } from "./suppress-sql.ts";
import { matchValues } from "./value-sql.ts";

export type SessionParts = {
  readonly request: PlanRequest;
  readonly session: DuckdbSession;
  readonly release: () => Promise<void>;
  /** Where this sync's snapshot stands today; null before its first run. */
  readonly meta: StoredMeta | null;
  /** All snapshots of the account, for records that others hold. */
  readonly metas: readonly StoredMeta[];
  readonly engineVersion: string;
  /** Where the plan is made; it becomes the plan file, or goes when the session is closed. */
  readonly scratchFile: string;
  readonly onEveryCore: DuckdbEngine["onEveryCore"];
  readonly giveBack: DuckdbEngine["giveBack"];
  /** The planner's own tables are written by one at a time, whichever session writes, and what is known of them is read anew. */
  readonly storing: <T>(work: () => Promise<T>) => Promise<T>;
};

const EMPTY_TABLES = [
  "sluice_rejects (key varchar, is_removal boolean, hash varchar, next_try bigint, attempts integer)",
  "sluice_invalid (key varchar, code varchar, field varchar, message varchar, rows bigint)",
  "sluice_links (key varchar, entry integer, remote_id varchar, present varchar, origin varchar)",
  "sluice_touch (key varchar, hash ubigint)",
  "sluice_superseded (key varchar)",
];

const NOTHING_TO_GUARD: GuardCounts = { changed: 0, creates: 0, removals: 0, cleared: new Map() };

export function planSession(parts: SessionParts): PlanSession {
  const { request, session, meta } = parts;
  const { mapping } = request;
  const version = hashVersion(mapping, parts.engineVersion);
  const asideFile = `${parts.scratchFile}.aside`;
  let scratchFile = parts.scratchFile;
  let isClosed = false;
  let hasRejects = false;
  /** Rows of the plan, once it is built. */
  let planned = 0;
  return {
    stage: async (signal) => {
      await session.run(EMPTY_TABLES.map((table) => `create temp table ${table};`).join("\n"));
      hasRejects = await loadRejects(session, request);
      await parts.onEveryCore(() => evaluate(parts, version, signal));
      await session.run(dueSql(request));
      if (request.keysOnly) await session.run(`delete from ${T.due} where mark is distinct from 'linked'`);
      await dropKnownInserts(session, request);
      await parts.onEveryCore(() => checkMatches(session, request, meta));
      await findRemoved(session, request, meta);
      await dropTables(session, ["sluice_diff", "sluice_former", "sluice_compared"]);
      const [unlinked = 0, marked = 0] = await counts(session, [
        `select count(*) from ${T.unlinked}`,
        `select count(*) from ${T.due} where mark = 'unmatched'`,
      ]);
      const ghosts = await listGhosts(session, request);
      const { doubted, former } = await listDoubted(session, request);
      return { unlinked: unlinked + ghosts + former, mustLook: marked + ghosts + doubted > 0 };
    },
    unlinked: async (fromIndex, limit) => {
      const columns = mapping.match.map((_, index) => `m${index}`).join(", ");
      const rows = await session.rows<Record<string, string | null>>(
        `select key, ${columns} from ${T.unlinked} where position >= ${fromIndex} and position < ${fromIndex + limit} order by position`,
      );
      return rows.map(
        (row): UnlinkedRow => ({
          key: row.key ?? "",
          match: mapping.match.map((entry, index) => matchValues(entry, row[`m${index}`] ?? null)),
          ...(isFormerKey(row.key ?? "") ? { isFormer: true } : {}),
        }),
      );
    },
    link: async (links, unlinkable) => {
      await insertRows(
        session,
        "sluice_links",
        { key: "VARCHAR", entry: "INTEGER", remote_id: "VARCHAR", present: "VARCHAR", origin: "VARCHAR" },
        links.map((link) => ({
          key: link.key,
          entry: link.entry,
          remote_id: link.remoteId,
          present: JSON.stringify(link.present),
          origin: null,
        })),
      );
      await insertRows(
        session,
        "sluice_invalid",
        { key: "VARCHAR", code: "VARCHAR", field: "VARCHAR", message: "VARCHAR", rows: "BIGINT" },
        unlinkable.map((row) => ({ ...row, field: null, rows: 1 })),
      );
    },
    build: async (linksAreComplete, signal) => {
      const built = await build(parts, version, linksAreComplete, signal);
      planned = built.planned;
      return built.facts;
    },
    guardCounts: async (approved) => (planned === 0 ? NOTHING_TO_GUARD : guardCounts(session, request, approved)),
    setAside: async (held, approved) => {
      const count = await setAside(session, held, approved, asideFile);
      if (count === 0) return 0;
      await viewPlan(session, asideFile);
      scratchFile = asideFile;
      return count;
    },
    goneRejects: async () => {
      // A plan of keys alone says nothing of the rows that it passes over.
      if (request.keysOnly || !hasRejects) return [];
      const rows = await session.rows<{ key: string }>(goneRejectsSql());
      return rows.map((row) => row.key);
    },
    sample: async (limit) =>
      planned === 0
        ? []
        : readPlanRows(
            session,
            `(select * from ${T.plan} qualify row_number() over (partition by change, settled order by seq) <= ${limit})`,
          ),
    write: async (path, signal) => {
      const file = await writePlanFile(session, { file: scratchFile, rows: planned }, path, signal);
      await viewPlan(session, path);
      return file;
    },
    commit: (epoch) => {
      const key = mapping.primaryKey.map((column) => `${column.name}:${keyFamily(column)}`);
      return parts.storing(() => commitPlan(session, request, { epoch, hashVersion: version, key }));
    },
    storeLinks: async (at) => {
      await settleDoubted(session, meta);
      await settleGhosts(session, request, false);
      await settleTaken(session, request, meta);
      const key = mapping.primaryKey.map((column) => `${column.name}:${keyFamily(column)}`);
      return parts.storing(() => storeLinks(session, request, { ...at, hashVersion: version, key }));
    },
    close: async () => {
      if (isClosed) return;
      isClosed = true;
      session.close();
      for (const file of [parts.scratchFile, asideFile]) await rm(file, { force: true });
      await parts.release();
    },
  };
}

/** A row that is neither planned nor waiting is no longer refused: it was mended, reverted, or left the model. */
function goneRejectsSql(): string {
  return `select key from ${T.rejects} where case when is_removal then key not in (select key from ${T.removed})
    else key not in (select key from ${T.plan} where change <> 'removed' union all select key from ${T.due} where waiting) end`;
}

const READ_TABLES = ["stage", "suppressed", "repeated_keys", "compared", "former", "diff", "payload"].map(
  (name) => `sluice_${name}`,
);

/**
 * Evaluates the model, checks its keys, and finds what differs. Rows that differ are read a second time; where that gives
 * something else, now() may be the reason: all is read again in one transaction, in which now() stands still. (Not at once:
 * DuckDB scans tables of an open transaction with one thread.)
 */
async function evaluate(parts: SessionParts, version: string, signal: AbortSignal): Promise<void> {
  const { session, request } = parts;
  await runModel(() => loadSuppressed(session, request, signal));
  const differs = await runModel(() => readModel(parts, version, signal));
  if (differs && (await noteUnstable(session)) > 0) {
    await dropTables(session, READ_TABLES);
    await session.run(`delete from ${T.invalid}`);
    if (await runModel(() => session.transaction(() => readModel(parts, version, signal)))) await noteUnstable(session);
  }
  await session.run(`insert into ${T.invalid} select null, 'NULL_KEY', null,
      'the primary key is null', count(*) from ${T.stage} where key is null having count(*) > 0
    union all select key, 'REPEATED_KEY', null, rows || ' rows have this primary key', rows from ${T.repeatedKeys}
    union all select key, string_split(error, ':')[1], substr(error, instr(error, ':') + 1), null, 1
      from ${T.payload} where error is not null`);
}

/** Whether any row differs: only then is the model read a second time. */
async function readModel(
  { request, session, meta, giveBack }: SessionParts,
  version: string,
  signal: AbortSignal,
): Promise<boolean> {
  const { mapping, sql } = request;
  const latestBy = request.onDuplicateMatch.policy === "keep_latest" ? request.onDuplicateMatch.by : null;
  await session.run(stageSql(sql, mapping, latestBy), signal);
  await session.run(suppressedSql(request), signal);
  await session.run(repeatedKeysSql(), signal);
  const hasSuppressed = request.suppress !== null && (await session.count(`select count(*) from ${T.suppressed}`)) > 0;
  // What is wrong with rows that are never sent is nobody's business.
  if (hasSuppressed) await session.run(`delete from ${T.repeatedKeys} where key in (select key from ${T.suppressed})`);
  await giveBack();
  if (meta !== null) {
    const snapshot = snapshotTable(meta.table);
    const recheckBefore = `to_timestamp(${(request.nowMs - request.recheckUnmatchedMs) / 1000})`;
    await session.run(comparedSql(snapshot, request.resend || meta.hashVersion !== version, recheckBefore), signal);
    await giveBack();
    await session.run(formerSql(snapshot), signal);
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

/** Whether there are any. */
async function loadRejects(session: DuckdbSession, request: PlanRequest): Promise<boolean> {
  const columns = { key: "VARCHAR", is_removal: "BOOLEAN", hash: "VARCHAR", next_try: "BIGINT", attempts: "INTEGER" };
  let hasAny = false;
  for await (const page of request.rejects) {
    hasAny ||= page.length > 0;
    await insertRows(
      session,
      "sluice_rejects",
      columns,
      page.map((reject) => ({
        key: reject.key,
        is_removal: !["upsert", "update", "insert"].includes(reject.operation),
        hash: reject.hash,
        next_try: reject.nextTryAt,
        attempts: reject.attempts,
      })),
    );
  }
  return hasAny;
}

/** `insert` sends a key once: later changes are looked at here for the last time. */
async function dropKnownInserts(session: DuckdbSession, request: PlanRequest): Promise<void> {
  if (request.write !== "insert") return;
  await session.run(`insert into ${T.touch} select key, hash from ${T.due} where known and doubt is null`);
  await session.run(`delete from ${T.due} where known and doubt is null`);
}

type Built = { readonly facts: PlanFacts /** Rows of the plan. */; readonly planned: number };

async function build(
  parts: SessionParts,
  version: string,
  linksAreComplete: boolean,
  signal: AbortSignal,
): Promise<Built> {
  const { request, session, meta } = parts;
  await settleDoubted(session, meta);
  await settleGhosts(session, request, linksAreComplete);
  await settleTaken(session, request, meta);
  await session.run(`delete from ${T.due} where key in (select key from ${T.invalid})`);
  const [due = 0, removed = 0] = await counts(session, [
    `select count(*) from ${T.due}`,
    `select count(*) from ${T.removed}`,
  ]);
  const planned =
    due + removed === 0 ? await planNothing(parts, signal) : await planRows(parts, version, linksAreComplete, signal);
  await viewPlan(session, parts.scratchFile);
  const facts = await planFacts(session, request, meta, planned);
  await dropTables(session, ["sluice_changes", "sluice_stage"]);
  return { facts, planned };
}

/** Most runs of most syncs find that nothing has changed: they are spared what only concerns rows. */
async function planNothing({ session, scratchFile }: SessionParts, signal: AbortSignal): Promise<number> {
  await copyTo(session, emptyPlanSql(), scratchFile, signal);
  return 0;
}

async function planRows(
  parts: SessionParts,
  version: string,
  linksAreComplete: boolean,
  signal: AbortSignal,
): Promise<number> {
  const { request, session, meta } = parts;
  const isCompared = meta !== null && meta.hashVersion !== version && !request.resend;
  await session.run(changesSql(request, isCompared ? meta : null), signal);
  await dropTables(session, ["sluice_payload"]);
  if (linksAreComplete && request.write === "upsert") await refuseUnmatchable(session);
  if (!request.keysOnly) await session.run(touchSql());
  // Of the rows that are due, those that wait are still asked for.
  await session.run(`create or replace temp table sluice_due as select * from ${T.due} where waiting`);
  await listShared(session, request, meta, parts.metas, parts.onEveryCore);
  const planned = plannedSql(request, `r.remote_id in (select remote_id from ${T.shared})`);
  const byPart = await session.rows<{ part: number; rows: string }>(partCountsSql(planned));
  const rowsByPart = new Map(byPart.map((count) => [Number(count.part), Number(count.rows)]));
  await copyTo(session, numberedSql(planned, rowsByPart), parts.scratchFile, signal);
  return [...rowsByPart.values()].reduce((sum, rows) => sum + rows, 0);
}

/** What is read no more is let go at once: its memory is needed for what comes. */
async function dropTables(session: DuckdbSession, names: readonly string[]): Promise<void> {
  await session.run(names.map((name) => `drop table if exists temp.main.${name};`).join("\n"));
}

/** Errors of the model's own SQL while it runs are the author's to read: the database's words, less people's data. */
export async function runModel<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Fault) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new Fault("MODEL_FAILED", `the model failed while it was read: ${withoutValues(message)}`, {
      fix: "run the model's SQL by hand against the warehouse; nothing was sent",
      cause: error,
    });
  }
}
