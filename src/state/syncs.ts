import { Fault } from "../contract/fault.ts";
import type { StateStore, SyncRecord } from "../contract/state.ts";
import type { Database } from "./database.ts";
import { moveLease } from "./leases.ts";

type SyncRow = {
  name: string;
  account: string;
  object: string;
  model: string;
  generation: number;
  config_hash: string;
  sql_hash: string | null;
};

export function syncMethods(database: Database): Pick<StateStore, "syncs" | "putSync" | "renameSync" | "forgetSync"> {
  return {
    syncs: (names) =>
      database.read(async (db) => {
        const query = db<SyncRow>("sync").orderBy("name");
        if (names !== undefined) query.whereIn("name", [...names]);
        const rows: SyncRow[] = await query;
        return rows.map(fromRow);
      }),

    putSync: (lease, sync) =>
      database.fenced(lease, async (trx) => {
        const { configHash, sqlHash, ...rest } = sync;
        await trx("sync")
          .insert({ ...rest, config_hash: configHash, sql_hash: sqlHash })
          .onConflict("name")
          .merge();
      }),

    renameSync: (from, to) =>
      database.write(async (trx) => {
        const known: SyncRow[] = await trx("sync").whereIn("name", [from, to]);
        if (known.length > 1) {
          throw new Fault("SYNC_RENAMED", `sync "${from}" cannot become "${to}": the state knows both`, {
            fix: `remove renamed_from, or forget one of them with \`sluice reset ${to}\``,
          });
        }
        await moveLease(trx, from, to, await database.now());
        await trx("sync").where({ name: from }).update({ name: to });
        for (const table of ["run", "reject", "hold", "audit", "deaths", "restoration", "forgotten"]) {
          await trx(table).where({ sync: from }).update({ sync: to });
        }
      }),

    forgetSync: (lease) =>
      database.fenced(lease, async (trx) => {
        for (const table of ["reject", "hold", "deaths", "restoration"])
          await trx(table).where({ sync: lease.sync }).delete();
        await trx("sync").where({ name: lease.sync }).delete();
      }),
  };
}

function fromRow(row: SyncRow): SyncRecord {
  const { config_hash, sql_hash, generation, ...rest } = row;
  return { ...rest, generation: Number(generation), configHash: config_hash, sqlHash: sql_hash };
}
