import type { Knex } from "knex";
import type { RingRow, RingStore } from "../contract/service.ts";
import type { Database } from "./database.ts";

type Row = {
  key: string;
  due_at: number | null;
  plan_at: number | null;
  taken_due: number | null;
  taken_until: number | null;
  ticket: string | null;
};

/** Rung now or planned for later: the earlier of the two. SQLite's min of two is null where one is. */
const DUE = "min(coalesce(due_at, plan_at), coalesce(plan_at, due_at))";

export function ringStore(database: Database): RingStore {
  return {
    ring: (key, nowMs) =>
      database.write(async (trx) => {
        await trx("ring")
          .insert({ key, due_at: nowMs })
          .onConflict("key")
          .merge({ due_at: trx.raw("min(coalesce(ring.due_at, ?), ?)", [nowMs, nowMs]) });
      }),

    plan: (key, atMs) =>
      database.write(async (trx) => {
        await trx("ring").insert({ key, plan_at: atMs }).onConflict("key").merge(["plan_at"]);
        if (atMs === null) await trx("ring").where({ key, due_at: null, plan_at: null, ticket: null }).delete();
      }),

    take: (queue, { nowMs, limit, forMs, newTicket }) =>
      database.write(async (trx) => {
        const rows: Row[] = await ofQueue(trx("ring"), queue)
          .andWhere((due) =>
            due
              .where((free) => free.whereNull("ticket").andWhereRaw(`${DUE} <= ?`, [nowMs]))
              // Whoever had it never gave it back.
              .orWhere("taken_until", "<=", nowMs),
          )
          .orderByRaw(`coalesce(${DUE}, taken_due)`)
          .limit(limit);
        const taken: RingRow[] = [];
        for (const row of rows) {
          const { key } = row;
          const dueMs = earliest(
            [row.due_at, row.plan_at, row.taken_due].filter((at) => at !== null && Number(at) <= nowMs),
          );
          const ticket = newTicket();
          const kept = row.plan_at !== null && Number(row.plan_at) > nowMs ? row.plan_at : null;
          await trx("ring")
            .where({ key })
            .update({ ticket, taken_due: dueMs, taken_until: nowMs + forMs, due_at: null, plan_at: kept });
          taken.push({ key, dueMs, ticket });
        }
        return taken;
      }),

    extend: (key, ticket, untilMs) =>
      database.write(async (trx) => (await trx("ring").where({ key, ticket }).update({ taken_until: untilMs })) > 0),

    done: (key, ticket, againMs) =>
      database.write(async (trx) => {
        const row: Row | undefined = await trx("ring").where({ key, ticket }).first();
        if (row === undefined) return;
        const due = againMs === null ? row.due_at : earliest([againMs, row.due_at]);
        if (due === null && row.plan_at === null) await trx("ring").where({ key }).delete();
        else
          await trx("ring")
            .where({ key })
            .update({ ...FREE, due_at: due });
      }),

    drop: (key) =>
      database.write(async (trx) => {
        await trx("ring").where({ key, ticket: null }).delete();
        await trx("ring").where({ key }).update({ due_at: null, plan_at: null });
      }),

    free: () =>
      database.write(async (trx) => {
        await trx("ring")
          .whereNotNull("ticket")
          .update({ ...FREE, due_at: trx.raw("coalesce(due_at, taken_due)") });
      }),

    nextDue: (queue) =>
      database.read(async (db) => {
        const row: { at: number | null } | undefined = await ofQueue(db("ring"), queue)
          .select(db.raw(`min(coalesce(case when ticket is null then ${DUE} end, taken_until)) as at`))
          .first();
        return row?.at == null ? null : Number(row.at);
      }),

    stats: (nowMs) =>
      database.read(async (db) => {
        const row: Record<string, number | null> = await db("ring")
          .select(
            db.raw(`count(case when ticket is null and ${DUE} > ? then 1 end) as planned`, [nowMs]),
            db.raw(`count(case when ticket is null and ${DUE} <= ? then 1 end) as waiting`, [nowMs]),
            db.raw("count(ticket) as working"),
            db.raw(`min(case when ticket is null and ${DUE} <= ? then ${DUE} end) as oldest`, [nowMs]),
          )
          .first();
        const oldestMs = row.oldest == null ? null : Number(row.oldest);
        return { planned: Number(row.planned), waiting: Number(row.waiting), working: Number(row.working), oldestMs };
      }),
  };
}

/** Keys begin with their queue and a colon; `;` is the character after it. */
function ofQueue(rings: Knex.QueryBuilder, queue: string): Knex.QueryBuilder {
  return rings.where("key", ">=", `${queue}:`).andWhere("key", "<", `${queue};`);
}

const FREE = { ticket: null, taken_due: null, taken_until: null };

function earliest(times: readonly (number | null)[]): number {
  return Math.min(...times.flatMap((at) => (at === null ? [] : [Number(at)])));
}
