import type { Knex } from "knex";
import type { IdempotencyKey, Requested, RunRequest, ServiceStore } from "../contract/service.ts";
import type { Database } from "./database.ts";
import { fromRow, type RunRow, toRow } from "./runs.ts";
import { fromStored, toStored } from "./stored-text.ts";

type AskRow = { run: string; approve: number | boolean; insists: number | boolean; who: string };
type KeyRow = { request: string; run: string };

/** How long the same key means the same request. */
const REPEAT_MS = 24 * 3_600_000;

/** Runs that were asked for and that nobody began. */
export function askMethods(
  database: Database,
): Pick<ServiceStore, "request" | "queued" | "dismiss" | "openSyncs" | "lastRuns"> {
  return {
    request: (request, key) =>
      database.write<Requested>(async (trx) => {
        const repeated = key === null ? null : await repeatedRequest(trx, key, await database.now());
        if (repeated !== null) return repeated;
        const requested = await putRequest(trx, request);
        if (key !== null)
          await trx("idempotency").insert({ ...keyRow(key), run: requested.run.id, at: await database.now() });
        return requested;
      }),

    queued: (sync) =>
      database.read(async (db) => {
        const row: (RunRow & AskRow) | undefined = await db("run")
          .join("ask", "ask.run", "run.id")
          .where({ sync, state: "queued" })
          .orderByRaw("coalesce(run.resume_at, 0), run.id")
          .select("run.*", "ask.approve", "ask.insists", "ask.who")
          .first();
        return row === undefined ? null : requestOf(row);
      }),

    dismiss: (run, { state, code, reason }, nowMs) =>
      database.write(async (trx) => {
        const end = { state, code, reason: toStored(reason), ended_at: nowMs };
        return (await trx("run").where({ id: run, state: "queued" }).update(end)) > 0;
      }),

    lastRuns: () =>
      database.read(async (db) => {
        const newest = db("run").whereNot("action", "plan").groupBy("sync").max("id");
        const rows: RunRow[] = await db("run").whereIn("id", newest).orderBy("sync");
        return rows.map(fromRow);
      }),

    openSyncs: () =>
      database.read((db) =>
        db("run")
          .whereIn("state", ["queued", "planning", "writing", "paused"])
          .distinct("sync")
          .orderBy("sync")
          .pluck("sync"),
      ),
  };
}

function requestOf(row: RunRow & AskRow): RunRequest {
  const ask = { approve: Boolean(row.approve), insists: Boolean(row.insists), who: fromStored(row.who) };
  return { run: fromRow(row), ask };
}

function keyRow({ caller, key, request }: IdempotencyKey) {
  return { caller: toStored(caller), key: toStored(key), request };
}

async function repeatedRequest(trx: Knex.Transaction, key: IdempotencyKey, nowMs: number): Promise<Requested | null> {
  await trx("idempotency")
    .where("at", "<", nowMs - REPEAT_MS)
    .delete();
  const { caller, key: name, request } = keyRow(key);
  const known: KeyRow | undefined = await trx("idempotency").where({ caller, key: name }).first();
  if (known === undefined) return null;
  if (known.request !== request) return { kind: "conflict" };
  const row: RunRow | undefined = await trx("run").where({ id: known.run }).first();
  if (row !== undefined) return { kind: "repeated", run: fromRow(row) };
  // Its run is older than the retention: nobody can be told of it any more.
  await trx("idempotency").where({ caller, key: name }).delete();
  return null;
}

type Joined = Exclude<Requested, { kind: "conflict" }>;

/** One run waits for what sends, one for what only plans: what comes later joins it. */
async function putRequest(trx: Knex.Transaction, { run, ask }: RunRequest): Promise<Joined> {
  const waiting: RunRow[] = await trx("run").where({ sync: run.sync, state: "queued" });
  const same = waiting.map(fromRow).find((other) => (other.action === "plan") === (run.action === "plan"));
  if (same !== undefined) {
    // Every row again includes what changed; whoever asks without a time asks for now.
    const action = same.action === "resync" ? "resync" : run.action;
    const resumeAt = run.resumeAt === null ? null : same.resumeAt;
    await trx("run").where({ id: same.id }).update({ action, resume_at: resumeAt });
    const more = { ...(ask.approve ? { approve: true } : {}), ...(ask.insists ? { insists: true } : {}) };
    if (ask.approve || ask.insists)
      await trx("ask")
        .where({ run: same.id })
        .update({ ...more, who: toStored(ask.who) });
    return { kind: "coalesced", run: { ...same, action, resumeAt } };
  }
  await trx("run").insert(toRow(run));
  await trx("ask").insert({ ...ask, run: run.id, who: toStored(ask.who) });
  return { kind: "new", run };
}
