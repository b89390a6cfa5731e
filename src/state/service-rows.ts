import type { Knex } from "knex";
import type { Arrival, ScheduleRecord, Scope, ServiceStore, TokenRecord } from "../contract/service.ts";
import type { AuditEntry } from "../contract/state.ts";
import { askMethods } from "./asks.ts";
import type { Database } from "./database.ts";
import { ringStore } from "./ring-rows.ts";
import { fromStored, toStored } from "./stored-text.ts";

type ScheduleRow = Readonly<Record<string, string | number | boolean | null>>;
type TokenRow = Readonly<Record<string, string | number | null>>;

const SCHEDULE_COLUMNS: Readonly<Record<keyof ScheduleRecord, string>> = {
  sync: "sync",
  spec: "spec",
  paused: "paused",
  pausedBy: "paused_by",
  firedAt: "fired_at",
  nextAt: "next_at",
  passed: "passed",
  arrived: "arrived",
  announced: "announced",
};

/** All that only a service keeps. */
export function serviceMethods(database: Database): ServiceStore {
  return {
    ...askMethods(database),
    ...scheduleMethods(database),
    ...tokenMethods(database),
    ...logMethods(database),
    rings: ringStore(database),
  };
}

function scheduleMethods(
  database: Database,
): Pick<ServiceStore, "schedules" | "schedule" | "putSchedule" | "arrive" | "depart"> {
  return {
    schedules: () =>
      database.read(async (db) => {
        const rows: ScheduleRow[] = await db("schedule").orderBy("sync");
        return rows.map(scheduleOf);
      }),

    schedule: (sync) =>
      database.read(async (db) => {
        const row: ScheduleRow | undefined = await db("schedule").where({ sync }).first();
        return row === undefined ? null : scheduleOf(row);
      }),

    putSchedule: (sync, patch) => database.write((trx) => putSchedule(trx, sync, patch)),

    arrive: (sync, arrival) =>
      database.write(async (trx) => {
        const others = (await arrivalsOf(trx, sync)).filter((known) => known.sync !== arrival.sync);
        const arrived = [...others, arrival].sort((a, b) => (a.sync < b.sync ? -1 : 1));
        await putSchedule(trx, sync, { arrived });
        return arrived;
      }),

    depart: (sync, arrivals) =>
      database.write(async (trx) => {
        const gone = new Set(arrivals.map(({ run }) => run));
        const known = await arrivalsOf(trx, sync);
        const arrived = known.filter(({ run }) => !gone.has(run));
        if (arrived.length < known.length) await putSchedule(trx, sync, { arrived });
      }),
  };
}

async function arrivalsOf(trx: Knex.Transaction, sync: string): Promise<readonly Arrival[]> {
  const row: ScheduleRow | undefined = await trx("schedule").where({ sync }).first();
  return row === undefined ? [] : scheduleOf(row).arrived;
}

async function putSchedule(
  trx: Knex.Transaction,
  sync: string,
  patch: Partial<Omit<ScheduleRecord, "sync">>,
): Promise<void> {
  const row: Record<string, string | number | boolean | null> = {};
  for (const [member, value] of Object.entries(patch)) {
    const column = SCHEDULE_COLUMNS[member as keyof ScheduleRecord];
    row[column] = Array.isArray(value)
      ? toStored(JSON.stringify(value))
      : typeof value === "string"
        ? toStored(value)
        : (value as number | boolean | null);
  }
  const fresh = { sync, spec: "", paused: false, arrived: "[]", ...row };
  const members = Object.keys(row);
  const insert = trx("schedule").insert(fresh).onConflict("sync");
  await (members.length === 0 ? insert.ignore() : insert.merge(members));
}

function scheduleOf(row: ScheduleRow): ScheduleRecord {
  const text = (column: string) => (row[column] == null ? null : fromStored(String(row[column])));
  const number = (column: string) => (row[column] == null ? null : Number(row[column]));
  return {
    sync: String(row.sync),
    spec: text("spec") ?? "",
    paused: Boolean(row.paused),
    pausedBy: text("paused_by"),
    firedAt: number("fired_at"),
    nextAt: number("next_at"),
    passed: text("passed"),
    arrived: JSON.parse(text("arrived") ?? "[]") as Arrival[],
    announced: text("announced"),
  };
}

function tokenMethods(
  database: Database,
): Pick<ServiceStore, "tokens" | "token" | "putToken" | "revokeToken" | "touchToken"> {
  return {
    tokens: () =>
      database.read(async (db) => {
        const rows: TokenRow[] = await db("token").orderBy(["created_at", "id"]);
        return rows.map(tokenOf);
      }),

    token: (sha256) =>
      database.read(async (db) => {
        const row: TokenRow | undefined = await db("token").where({ sha256 }).first();
        return row === undefined ? null : tokenOf(row);
      }),

    putToken: (token) =>
      database.write(async (trx) => {
        await trx("token").insert({
          id: token.id,
          name: toStored(token.name),
          sha256: token.sha256,
          scopes: JSON.stringify(token.scopes),
          syncs: token.syncs === null ? null : JSON.stringify(token.syncs),
          created_at: token.createdAt,
          expires_at: token.expiresAt,
          revoked_at: token.revokedAt,
          used_at: token.usedAt,
        });
      }),

    revokeToken: (id, nowMs) =>
      database.write(
        async (trx) => (await trx("token").where({ id, revoked_at: null }).update({ revoked_at: nowMs })) > 0,
      ),

    touchToken: (id, nowMs) =>
      database.write(async (trx) => {
        await trx("token").where({ id }).update({ used_at: nowMs });
      }),
  };
}

function tokenOf(row: TokenRow): TokenRecord {
  const number = (column: string) => (row[column] == null ? null : Number(row[column]));
  return {
    id: String(row.id),
    name: fromStored(String(row.name)),
    sha256: String(row.sha256),
    scopes: JSON.parse(String(row.scopes)) as Scope[],
    syncs: row.syncs == null ? null : (JSON.parse(String(row.syncs)) as string[]),
    createdAt: Number(row.created_at),
    expiresAt: number("expires_at"),
    revokedAt: number("revoked_at"),
    usedAt: number("used_at"),
  };
}

function logMethods(database: Database): Pick<ServiceStore, "audits" | "hasSeen" | "firstSeen"> {
  return {
    audits: ({ beforeId, sync, limit }) =>
      database.read(async (db) => {
        const query = db<AuditEntry & { id: number }>("audit").orderBy("id", "desc").limit(limit);
        if (beforeId !== null) query.where("id", "<", beforeId);
        if (sync !== null) query.where({ sync });
        const rows = await query;
        return rows.map((row) => ({
          ...row,
          at: Number(row.at),
          who: fromStored(row.who),
          detail: fromStored(row.detail),
        }));
      }),

    hasSeen: (source, id) =>
      database.read(async (db) => {
        const known: unknown = await db("seen")
          .where({ source, id: toStored(id) })
          .first();
        return known !== undefined;
      }),

    firstSeen: (source, id, nowMs, forMs) =>
      database.write(async (trx) => {
        await trx("seen")
          .where("at", "<", nowMs - forMs)
          .delete();
        const known: unknown = await trx("seen")
          .where({ source, id: toStored(id) })
          .first();
        if (known !== undefined) return false;
        await trx("seen").insert({ source, id: toStored(id), at: nowMs });
        return true;
      }),
  };
}
