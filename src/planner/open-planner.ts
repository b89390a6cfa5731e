import { join } from "node:path";
import { Fault } from "../contract/fault.ts";
import type { LinkOwner, Planner } from "../contract/planner.ts";
import { quoteText } from "../core/duckdb-sql.ts";
import { acceptRows, markInDoubt } from "./accept-rows.ts";
import { blankPlan } from "./blank-plan.ts";
import { claimSnapshot, tallyRun } from "./claim-snapshot.ts";
import { copyPlanner, inspectSnapshot } from "./copy-planner.ts";
import { type DuckdbEngine, type EngineOptions, openEngine } from "./duckdb-engine.ts";
import type { DuckdbSession } from "./duckdb-session.ts";
import { emptyPlans } from "./empty-plans.ts";
import { findInPlan, findPerson } from "./find-person.ts";
import { forgetRows, forgetSnapshot, tallySnapshot } from "./forget-snapshot.ts";
import { knownMetas } from "./known-metas.ts";
import { aims, countPlanRows, dropPlan, hasPlan, leaving, planSha, readPlanRows } from "./plan-file.ts";
import { planSession } from "./plan-session.ts";
import { readEntry } from "./read-entry.ts";
import { readRemoteIds, relinkRows } from "./record-ids.ts";
import { rekeySession } from "./rekey-snapshot.ts";
import { rewritePlanner } from "./rewrite-planner.ts";
import type { SessionParts } from "./session-parts.ts";
import { createSchema, META, readMeta, type StoredMeta, snapshotTable } from "./snapshot-schema.ts";

/** Opens the project's planner; PLANNER_BUSY where another process keeps it for more than 30 s. */
export async function openPlanner(options: EngineOptions, signal: AbortSignal): Promise<Planner> {
  const engine = await openEngine(options, signal);
  const session = await openTables(engine);
  // One after the other: a session holds one transaction and its own temporary tables.
  const alone = oneAtATime();
  const metas = knownMetas(session);
  const writing = <T>(syncs: readonly string[], work: () => Promise<T>): Promise<T> =>
    alone(() => metas.writing(syncs, work));
  const noRows = emptyPlans(join(options.workDir, "tmp", `plan-${process.pid}-empty.parquet`));
  let plans = 0;
  let isClosed = false;
  return {
    metas: () => alone(() => metas.all()),
    plan: async (request) => {
      const known = await alone(() => metas.all());
      const opened = await engine.openOn(request.local, signal);
      const scratchFile = join(options.workDir, "tmp", `plan-${process.pid}-${++plans}.parquet`);
      const meta = known.find((candidate) => candidate.sync === request.sync) ?? null;
      const release = async () => {
        await opened.release();
        await engine.giveBack();
      };
      const { version: engineVersion, onEveryCore, giveBack } = engine;
      const of = { request, meta, metas: known, engineVersion, scratchFile };
      const storing = <T>(work: () => Promise<T>): Promise<T> => writing([request.sync], work);
      const replacing: SessionParts["replacing"] = (work) => alone(() => metas.replacing(request.sync, work));
      const looking: SessionParts["looking"] = (work) => alone(async () => work(await metas.of(request.sync)));
      const ports = { release, onEveryCore, giveBack, storing, replacing, looking, emptyPlans: noRows };
      return planSession({ ...of, ...opened, ...ports });
    },
    readPlan: (path, fromSeq, toSeq) =>
      alone(() => readPlanRows(session, `read_parquet(${quoteText(path)})`, `seq >= ${fromSeq} and seq < ${toSeq}`)),
    hasPlan,
    planSha,
    dropPlan,
    countPlan: (path, ranges) => alone(() => countPlanRows(session, path, ranges)),
    aims: (path, remoteIds) => alone(() => aims(session, path, remoteIds)),
    leaving: (path, remoteIds) => alone(() => leaving(session, path, remoteIds)),
    accept: (at, rows) =>
      alone(async () => {
        const { generation } = await metas.replacing(at.sync, (stored) => acceptRows(session, stored, at, rows));
        await engine.giveBack();
        return generation;
      }),
    markInDoubt: async (at, ranges) => {
      if (ranges.length === 0) return;
      await alone(() => metas.replacing(at.sync, (stored) => markInDoubt(session, stored, at, ranges)));
    },
    owners: (account, object, remoteIds) =>
      alone(async () => {
        const held = (await metas.all()).filter((meta) => meta.account === account && meta.object === object);
        return owners(session, held, remoteIds);
      }),
    claim: async (sync, epoch) => {
      const claim = async (stored: StoredMeta | null) =>
        stored === null ? null : claimSnapshot(session, stored, epoch);
      await alone(() => metas.replacing(sync, claim));
    },
    tallyRun: (at) => alone(async () => tallyRun(session, await metas.of(at.sync), at)),
    rename: (from, to) => writing([from, to], () => rename(session, from, to)),
    tally: (sync) => alone(() => tallySnapshot(session, sync)),
    forget: (sync, epoch) => writing([sync], () => forgetSnapshot(session, sync, epoch)),
    rekey: async (request) => {
      const meta = await alone(() => metas.of(request.sync));
      const { session: own, release } = await engine.openOn(request.local, signal);
      const storing = <T>(work: () => Promise<T>): Promise<T> => writing([request.sync], work);
      return rekeySession({ request, meta, session: own, release, engine, alone: storing });
    },
    remoteIds: (sync, after, limit) => alone(() => readRemoteIds(session, sync, after, limit)),
    relink: (at, moves) => writing([at.sync], () => relinkRows(session, at, moves)),
    inspect: (sync) => alone(() => engine.onEveryCore(() => inspectSnapshot(session, sync))),
    copyTo: (path) =>
      alone(async () => {
        await engine.onEveryCore(() => copyPlanner(session, path));
        await engine.giveBack();
      }),
    entry: (sync, key) => alone(() => readEntry(session, sync, key)),
    findPerson: (sync, traits) => alone(() => findPerson(session, sync, traits)),
    findInPlan: (path, traits) => alone(() => findInPlan(session, path, traits)),
    forgetRows: (at, keys) => writing([at.sync], () => forgetRows(session, at, keys)),
    blankPlan: (path, traits, placeholder, commit) =>
      alone(() => blankPlan(session, path, traits, placeholder, commit)),
    rewriteAndClose: () =>
      alone(async () => {
        isClosed = true;
        await rewritePlanner(engine, session, options);
      }),
    close: async () => {
      await alone(async () => undefined);
      if (isClosed) return;
      isClosed = true;
      session.close();
      engine.close();
    },
  };
}

/** Lets go of the file where its tables cannot be used: who puts it back needs it. */
async function openTables(engine: DuckdbEngine): Promise<DuckdbSession> {
  try {
    const session = await engine.open();
    await createSchema(session);
    return session;
  } catch (error) {
    engine.close();
    throw error;
  }
}

function oneAtATime(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work, work);
    last = next.catch(() => undefined);
    return next;
  };
}

async function owners(
  session: DuckdbSession,
  metas: readonly StoredMeta[],
  remoteIds: readonly string[],
): Promise<LinkOwner[]> {
  if (remoteIds.length === 0) return [];
  const list = remoteIds.map(quoteText).join(", ");
  const found: LinkOwner[] = [];
  for (const meta of metas) {
    const rows = await session.rows<{ remote_id: string; key: string }>(
      `select remote_id, key from ${snapshotTable(meta.table)} where absent_since is null and remote_id in (${list})`,
    );
    for (const row of rows) found.push({ remoteId: row.remote_id, sync: meta.sync, key: row.key });
  }
  return found;
}

async function rename(session: DuckdbSession, from: string, to: string): Promise<void> {
  await session.transaction(async () => {
    if ((await readMeta(session, to)) !== null)
      throw new Fault("STATE_MISMATCH", `the planner already has a snapshot of "${to}"`, {
        fix: `remove renamed_from from "${to}"`,
      });
    await session.run(`update ${META} set sync = ${quoteText(to)} where sync = ${quoteText(from)}`);
  });
}
