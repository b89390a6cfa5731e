import type { StateStore } from "../contract/state.ts";
import type { Database } from "./database.ts";
import { fromStored, toStored } from "./stored-text.ts";

type BudgetRow = { account: string; window_max: number | null; window_ms: number | null; blocked_until: number };
type Members = "budget" | "putBudget" | "aliases" | "putAlias" | "audit" | "setting" | "putSetting";

/** What belongs to an account or to the whole project, not to a sync: written without a lease. */
export function accountMethods(database: Database): Pick<StateStore, Members> {
  return {
    budget: (account) =>
      database.read(async (db) => {
        const row: BudgetRow | undefined = await db("budget").where({ account }).first();
        if (row === undefined) return null;
        const { window_max: max, window_ms: intervalMs } = row;
        const window = max === null || intervalMs === null ? null : { max, intervalMs: Number(intervalMs) };
        return { account, window, blockedUntil: Number(row.blocked_until) };
      }),

    putBudget: ({ account, window, blockedUntil }) =>
      database.write(async (trx) => {
        const row = {
          account,
          window_max: window?.max ?? null,
          window_ms: window?.intervalMs ?? null,
          blocked_until: blockedUntil,
        };
        await trx("budget").insert(row).onConflict("account").merge();
      }),

    aliases: (account, object) =>
      database.read(async (db) => {
        const rows: { old_id: string; new_id: string }[] = await db("alias").where({ account, object });
        return new Map(rows.map((row) => [fromStored(row.old_id), fromStored(row.new_id)]));
      }),

    putAlias: ({ account, object, oldId, newId, reason, at }) =>
      database.write(async (trx) => {
        await trx("alias")
          .insert({
            account,
            object,
            old_id: toStored(oldId),
            new_id: toStored(newId),
            reason: toStored(reason),
            at,
          })
          .onConflict(["account", "object", "old_id"])
          .merge();
      }),

    audit: (entry) =>
      database.write(async (trx) => {
        await trx("audit").insert({ ...entry, who: toStored(entry.who), detail: toStored(entry.detail) });
      }),

    setting: (name) =>
      database.read(async (db) => {
        const row: { value: string } | undefined = await db("setting").where({ name }).first();
        return row === undefined ? null : fromStored(row.value);
      }),

    putSetting: (name, value) =>
      database.write(async (trx) => {
        await trx("setting")
          .insert({ name, value: toStored(value) })
          .onConflict("name")
          .merge();
      }),
  };
}
