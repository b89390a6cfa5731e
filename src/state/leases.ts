import { Fault } from "../contract/fault.ts";
import type { Lease, LeaseAttempt, StateStore } from "../contract/state.ts";
import type { Database } from "./database.ts";

type LeaseRow = { sync: string; epoch: number; holder: string; until: number };

/**
 * A lease's row is never deleted: its epoch says how often the sync was ever taken. A released lease has an empty holder
 * and ran out at 0.
 */
export function leaseMethods(
  database: Database,
): Pick<StateStore, "acquire" | "holder" | "renew" | "release" | "leases"> {
  return {
    acquire: (sync, holder, forMs, isDead) =>
      database.write<LeaseAttempt>(async (trx) => {
        const nowMs = await database.now();
        const row: LeaseRow | undefined = await trx("lease").where({ sync }).forUpdate().first();
        if (row !== undefined && Number(row.until) > nowMs && !isDead(row.holder)) {
          return { ok: false, holder: row.holder, untilMs: Number(row.until) };
        }
        const lease: Lease = { sync, epoch: Number(row?.epoch ?? 0) + 1, holder };
        await trx("lease")
          .insert({ ...lease, until: nowMs + forMs })
          .onConflict("sync")
          .merge();
        return { ok: true, lease, wasHeld: (row?.holder ?? "") !== "" };
      }),

    holder: (sync) =>
      database.read(async (db) => {
        const row: LeaseRow | undefined = await db("lease").where({ sync }).first();
        return row === undefined || Number(row.until) <= (await database.now()) ? null : row.holder;
      }),

    leases: (syncs) =>
      database.read(async (db) => {
        const query = db<LeaseRow>("lease").orderBy("sync");
        if (syncs !== undefined) query.whereIn("sync", [...syncs]);
        const rows: LeaseRow[] = await query;
        return rows.map(({ sync, epoch, holder }) => ({
          sync,
          epoch: Number(epoch),
          holder: holder === "" ? null : holder,
        }));
      }),

    renew: (lease, forMs) =>
      database.fenced(lease, async (trx) => {
        await trx("lease")
          .where({ sync: lease.sync })
          .update({ until: (await database.now()) + forMs });
      }),

    release: (lease) =>
      database.fenced(lease, async (trx) => {
        await trx("lease").where({ sync: lease.sync }).update({ holder: "", until: 0 });
      }),
  };
}

/** The lease of a renamed sync goes along, with the higher epoch; the old name keeps its epoch. */
export async function moveLease(
  trx: Parameters<Parameters<Database["write"]>[0]>[0],
  from: string,
  to: string,
  nowMs: number,
): Promise<void> {
  const rows: LeaseRow[] = await trx("lease").whereIn("sync", [from, to]).forUpdate();
  const living = rows.filter((row) => Number(row.until) > nowMs);
  if (new Set(living.map((row) => row.holder)).size > 1) {
    throw new Fault(
      "SYNC_BUSY",
      `sync "${from}" cannot become "${to}": ${living.map((row) => row.holder).join(" and ")} work on them`,
      {
        fix: "wait until both are idle and run again",
      },
    );
  }
  if (rows.length === 0) return;
  const epoch = Math.max(...rows.map((row) => Number(row.epoch)));
  const until = Math.max(...rows.map((row) => Number(row.until)));
  await trx("lease")
    .insert({ sync: to, epoch, holder: living[0]?.holder ?? "", until })
    .onConflict("sync")
    .merge();
  await trx("lease").where({ sync: from }).update({ holder: "", until: 0 });
}
