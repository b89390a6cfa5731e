import type { Knex } from "knex";
import { Fault } from "../contract/fault.ts";
import type { Action, Forecast, GuardVerdict, ModelCounts, Operations, RunRecord, RunState } from "../contract/run.ts";
import { PLAINLY, type RunPatch, type StateStore } from "../contract/state.ts";
import type { Database } from "./database.ts";
import { fromStored, toStored } from "./stored-text.ts";

/** Column of each member; members that are objects are kept as JSON. */
const COLUMNS: Readonly<Record<keyof RunRecord, string>> = {
  id: "id",
  sync: "sync",
  model: "model",
  state: "state",
  reason: "reason",
  code: "code",
  action: "action",
  trigger: "trigger",
  configHash: "config_hash",
  account: "account",
  resumes: "resumes",
  resumeAt: "resume_at",
  counts: "counts",
  operations: "operations",
  guards: "guards",
  forecast: "forecast",
  planRows: "plan_rows",
  planSha256: "plan_sha256",
  newInvalid: "new_invalid",
  newRejected: "new_rejected",
  linked: "linked",
  created: "created",
  adopted: "adopted",
  calls: "calls",
  throttled: "throttled",
  waitedMs: "waited_ms",
  bytesOut: "bytes_out",
  peakRssBytes: "peak_rss_bytes",
  startedAt: "started_at",
  endedAt: "ended_at",
};

export type RunRow = Readonly<Record<string, string | number | null>>;

const FINISHED: readonly RunState[] = ["succeeded", "partial", "failed", "cancelled", "blocked"];
const CHUNK = 200;

export function runMethods(database: Database): Pick<StateStore, "createRun" | "patchRun" | "run" | "runs" | "prune"> {
  return {
    createRun: (lease, run, { approve, insists } = PLAINLY) =>
      database.fenced(lease, async (trx) => {
        const row = toRow({ ...run, sync: lease.sync });
        const queued: RunRow | undefined = await trx("run").where({ id: run.id }).first();
        if (queued === undefined) {
          await trx("run").insert(row);
          return;
        }
        // What it is to do may have grown since it was looked at: it is then begun as that.
        if (queued.state === "queued" && queued.action !== run.action)
          throw new Fault("SYNC_BUSY", `run ${run.id} became a ${queued.action} before it began`);
        const ask: { approve: unknown; insists: unknown } | undefined = await trx("ask").where({ run: run.id }).first();
        if ((Boolean(ask?.approve) && !approve) || (Boolean(ask?.insists) && !insists))
          throw new Fault("SYNC_BUSY", `more was asked of run ${run.id} before it began`);
        const begun = await trx("run").where({ id: run.id, sync: lease.sync, state: "queued" }).update(row);
        if (begun === 0) throw new Fault("CANCELLED", `run ${run.id} was cancelled before it began`);
      }),

    patchRun: (lease, id, patch) =>
      database.fenced(lease, async (trx) => {
        const row = toRow(patch);
        if (Object.keys(row).length === 0) return;
        const changed = await trx("run").where({ id, sync: lease.sync }).update(row);
        if (changed === 0) throw new Fault("UNKNOWN_RUN", `sync "${lease.sync}" has no run ${id}`);
      }),

    run: (id) =>
      database.read(async (db) => {
        const row: RunRow | undefined = await db("run").where({ id }).first();
        return row === undefined ? null : fromRow(row);
      }),

    runs: ({ sync, syncs, states, before, withPlans, limit }) =>
      database.read(async (db) => {
        const query = db<RunRow>("run").orderBy("id", "desc").limit(limit);
        if (sync !== undefined) query.where({ sync });
        if (syncs !== undefined) query.whereIn("sync", [...syncs]);
        if (before !== undefined) query.where("id", "<", before);
        if (withPlans !== true) query.whereNot("action", "plan");
        if (states !== undefined) query.whereIn("state", [...states]);
        const rows: RunRow[] = await query;
        return rows.map(fromRow);
      }),

    prune: (keep, beforeMs, sync) =>
      database.write(async (trx) => {
        const ids = await prunable(trx, { keep, beforeMs, sync }, await database.now());
        for (let from = 0; from < ids.length; from += CHUNK) {
          const some = ids.slice(from, from + CHUNK);
          await trx("hold").whereIn("run", some).delete();
          await trx("run").whereIn("id", some).delete();
        }
        return ids;
      }),
  };
}

/** A run whose plan waits for a person, or was approved and still is in force, stays with its plan file. */
async function prunable(
  trx: Knex.Transaction,
  { keep, beforeMs, sync }: { keep: number; beforeMs: number; sync: string | undefined },
  nowMs: number,
): Promise<string[]> {
  const ranked = trx("run")
    .select("id", "ended_at")
    .rowNumber("place", (over) => over.partitionBy(["sync", "action"]).orderBy("id", "desc"))
    .whereIn("state", [...FINISHED]);
  if (sync !== undefined) ranked.where({ sync });
  const held = trx("hold")
    .select("run")
    .where((either) => either.whereNull("until").orWhere("until", ">", nowMs));
  return trx(ranked.as("ranked"))
    .where("place", ">", keep)
    .where("ended_at", "<", beforeMs)
    .whereNotIn("id", held)
    .orderBy("id")
    .pluck("id");
}

export function toRow(run: RunPatch & Partial<RunRecord>): Record<string, string | number | null> {
  const row: Record<string, string | number | null> = {};
  for (const [member, value] of Object.entries(run)) {
    if (value === undefined) continue;
    const column = COLUMNS[member as keyof RunRecord];
    if (value === null || typeof value === "number") row[column] = value;
    else row[column] = typeof value === "string" ? toStored(value) : toStored(JSON.stringify(value));
  }
  return row;
}

export function fromRow(row: RunRow): RunRecord {
  const text = (column: string) => textOrNull(column) ?? "";
  const textOrNull = (column: string) => {
    const value = row[column] ?? null;
    return value === null ? null : fromStored(String(value));
  };
  const number = (column: string) => Number(row[column]);
  const counts = textOrNull("counts");
  const forecast = textOrNull("forecast");
  return {
    id: text("id"),
    sync: text("sync"),
    model: text("model"),
    state: text("state") as RunState,
    reason: textOrNull("reason"),
    code: textOrNull("code"),
    action: text("action") as Action,
    trigger: text("trigger"),
    configHash: text("config_hash"),
    account: textOrNull("account"),
    resumes: number("resumes"),
    resumeAt: textOrNull("resume_at") === null ? null : number("resume_at"),
    counts: counts === null ? null : (JSON.parse(counts) as ModelCounts),
    operations: JSON.parse(text("operations")) as Operations,
    guards: JSON.parse(text("guards")) as readonly GuardVerdict[],
    forecast: forecast === null ? null : (JSON.parse(forecast) as Forecast),
    planRows: number("plan_rows"),
    planSha256: textOrNull("plan_sha256"),
    newInvalid: number("new_invalid"),
    newRejected: number("new_rejected"),
    linked: number("linked"),
    created: number("created"),
    adopted: number("adopted"),
    calls: number("calls"),
    throttled: number("throttled"),
    waitedMs: number("waited_ms"),
    bytesOut: number("bytes_out"),
    peakRssBytes: number("peak_rss_bytes"),
    startedAt: number("started_at"),
    endedAt: textOrNull("ended_at") === null ? null : number("ended_at"),
  };
}
