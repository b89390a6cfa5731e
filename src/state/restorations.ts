import type { StateStore } from "../contract/state.ts";
import type { Database } from "./database.ts";

type RestorationRow = { sync: string; backup_at: number; restored_at: number };
type Members = "restoration" | "putRestorations" | "dropRestoration";

/** Syncs whose memory came from a backup and whose records nobody has looked at since (S25). */
export function restorationMethods(database: Database): Pick<StateStore, Members> {
  return {
    restoration: (sync) =>
      database.read(async (db) => {
        const row: RestorationRow | undefined = await db("restoration").where({ sync }).first();
        if (row === undefined) return null;
        return { sync, backupAt: Number(row.backup_at), restoredAt: Number(row.restored_at) };
      }),

    putRestorations: (restorations) =>
      database.write(async (trx) => {
        for (const { sync, backupAt, restoredAt } of restorations)
          await trx("restoration")
            .insert({ sync, backup_at: backupAt, restored_at: restoredAt })
            .onConflict("sync")
            .merge();
      }),

    dropRestoration: (lease) =>
      database.fenced(lease, async (trx) => {
        await trx("restoration").where({ sync: lease.sync }).delete();
      }),
  };
}
