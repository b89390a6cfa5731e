import type { Knex } from "knex";
import type { Alias, StateStore } from "../contract/state.ts";
import type { Database } from "./database.ts";
import { fromStored, toStored } from "./stored-text.ts";

const ROWS_A_STATEMENT = 200;

export function aliasMethods(database: Database): Pick<StateStore, "aliases"> {
  return {
    aliases: (account, object) =>
      database.read(async (db) => {
        const rows: { old_id: string; new_id: string }[] = await db("alias").where({ account, object });
        return new Map(rows.map((row) => [fromStored(row.old_id), fromStored(row.new_id)]));
      }),
  };
}

/** The newest word on an id wins. */
export async function putAliases(trx: Knex.Transaction, aliases: readonly Alias[]): Promise<void> {
  const newest = new Map(aliases.map((alias) => [JSON.stringify([alias.account, alias.object, alias.oldId]), alias]));
  const rows = [...newest.values()].map(({ account, object, oldId, newId, reason, at }) => ({
    account,
    object,
    old_id: toStored(oldId),
    new_id: toStored(newId),
    reason: toStored(reason),
    at,
  }));
  for (let from = 0; from < rows.length; from += ROWS_A_STATEMENT)
    await trx("alias")
      .insert(rows.slice(from, from + ROWS_A_STATEMENT))
      .onConflict(["account", "object", "old_id"])
      .merge();
}
