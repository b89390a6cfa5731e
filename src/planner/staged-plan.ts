import type { PlanFacts, PlanRequest, UnlinkedRow } from "../contract/planner.ts";
import { changesSql, dueSql, emptyPlanSql, numberedSql, partCountsSql, plannedSql, touchSql } from "./change-sql.ts";
import { commitPlan } from "./commit-plan.ts";
import { isFormerKey, listDoubted, settleDoubted } from "./doubted-rows.ts";
import { counts, type DuckdbSession } from "./duckdb-session.ts";
import { guardCounts, NOTHING_TO_GUARD, setAside } from "./guard-rows.ts";
import { insertRows } from "./insert-rows.ts";
import { checkMatches } from "./match-checks.ts";
import { planFacts } from "./plan-facts.ts";
import { copyTo, readPlanRows, viewPlan, writePlanFile } from "./plan-file.ts";
import { dropTables } from "./read-model.ts";
import { findRemoved, listGhosts, listShared, settleGhosts } from "./removed-rows.ts";
import { type AfterStage, asideOf, type SessionParts } from "./session-parts.ts";
import { refuseUnmatchable, settleTaken } from "./settle-links.ts";
import { T } from "./stage-sql.ts";
import { storeLinks } from "./store-links.ts";
import { matchValues } from "./value-sql.ts";

/** What `stage` tells of rows that differ. */
export type Staged = { readonly unlinked: number; readonly mustLook: boolean };

/** A plan of rows that differ from the snapshot, or may. */
export async function stagedPlan(
  parts: SessionParts,
  version: string,
): Promise<{ readonly staged: Staged; readonly plan: AfterStage }> {
  const { request, session, meta } = parts;
  const { mapping } = request;
  const hasRejects = await loadRejects(session, request);
  const staged = await stageRows(parts);
  const asideFile = asideOf(parts.scratchFile);
  let scratchFile = parts.scratchFile;
  /** Rows of the plan, once it is built. */
  let planned = 0;
  const plan: AfterStage = {
    unlinked: async (fromIndex, limit) => {
      const columns = mapping.match.map((_, index) => `m${index}`).join(", ");
      const rows = await session.rows<Record<string, string | null>>(
        `select key, former_id, ${columns} from ${T.unlinked} where position >= ${fromIndex} and position < ${fromIndex + limit} order by position`,
      );
      return rows.map(
        (row): UnlinkedRow => ({
          key: row.key ?? "",
          match: mapping.match.map((entry, index) => matchValues(entry, row[`m${index}`] ?? null)),
          ...(isFormerKey(row.key ?? "") ? { isFormer: true } : {}),
          ...(row.former_id == null ? {} : { formerId: row.former_id }),
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
    sample: async (limit) => {
      if (planned === 0) return [];
      const some = `qualify row_number() over (partition by change, settled order by seq) <= ${limit}`;
      return readPlanRows(session, planned <= limit ? T.plan : `(select * from ${T.plan} ${some})`);
    },
    write: async (path, signal) => {
      const file = await writePlanFile(session, { file: scratchFile, rows: planned }, path, signal);
      await viewPlan(session, path);
      return file;
    },
    commit: async (epoch) => {
      await parts.replacing((stored) => commitPlan(session, request, stored, { epoch, hashVersion: version }));
    },
    storeLinks: async (at) => {
      await settleDoubted(session, meta);
      await settleGhosts(session, request, false);
      await settleTaken(session, request, meta);
      return parts.storing(() => storeLinks(session, request, { ...at, hashVersion: version }));
    },
  };
  return { staged, plan };
}

/** Rows that are due and rows that are gone, and how many of them lack a record. */
async function stageRows({ request, session, meta, onEveryCore }: SessionParts): Promise<Staged> {
  await session.run(dueSql(request));
  if (request.keysOnly) await session.run(`delete from ${T.due} where mark is distinct from 'linked'`);
  await dropKnownInserts(session, request);
  await onEveryCore(() => checkMatches(session, request, meta));
  await findRemoved(session, request, meta);
  await dropTables(session, ["sluice_diff", "sluice_former", "sluice_compared"]);
  const [unlinked = 0, marked = 0] = await counts(session, [
    `select count(*) from ${T.unlinked}`,
    `select count(*) from ${T.due} where mark = 'unmatched'`,
  ]);
  const ghosts = await listGhosts(session, request);
  const { doubted, former } = await listDoubted(session, request);
  return { unlinked: unlinked + ghosts + former, mustLook: marked + ghosts + doubted > 0 };
}

/** A row that is neither planned nor waiting is no longer refused: it was mended, reverted, or left the model. */
function goneRejectsSql(): string {
  return `select key from ${T.rejects} where case when is_removal then key not in (select key from ${T.removed})
    else key not in (select key from ${T.plan} where change <> 'removed' union all select key from ${T.due} where waiting) end`;
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

/** Every row that differs waits, or needs no call. */
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
  if (linksAreComplete && request.write !== "update") await refuseUnmatchable(session);
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
