import type { StateStore } from "../contract/state.ts";
import type { Database } from "./database.ts";

type DeathsRow = { sync: string; count: number; run: string; answered: number };

export function deathMethods(database: Database): Pick<StateStore, "deaths" | "putDeaths"> {
  return {
    deaths: (sync) =>
      database.read(async (db) => {
        const row: DeathsRow | undefined = await db("deaths").where({ sync }).first();
        return row === undefined ? null : { count: Number(row.count), run: row.run, answered: Number(row.answered) };
      }),

    putDeaths: (lease, deaths) =>
      database.fenced(lease, async (trx) => {
        if (deaths === null) await trx("deaths").where({ sync: lease.sync }).delete();
        else
          await trx("deaths")
            .insert({ ...deaths, sync: lease.sync })
            .onConflict("sync")
            .merge();
      }),
  };
}
