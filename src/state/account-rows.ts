import type { BudgetRecord, StateStore } from "../contract/state.ts";
import type { Database } from "./database.ts";
import { fromStored, toStored } from "./stored-text.ts";

type BudgetRow = {
  account: string;
  window_max: number | null;
  window_ms: number | null;
  blocked_until: number;
  used: number | null;
  used_at: number | null;
};
type Members = "budget" | "putBudget" | "shareBudget" | "audit" | "setting" | "putSetting";

/** What belongs to an account or to the whole project, not to a sync: written without a lease. */
export function accountMethods(database: Database): Pick<StateStore, Members> {
  return {
    budget: (account) =>
      database.read(async (db) => {
        const row: BudgetRow | undefined = await db("budget").where({ account }).first();
        return row === undefined ? null : fromRow(row);
      }),

    putBudget: ({ account, window, blockedUntil, used }) =>
      database.write(async (trx) => {
        const row: BudgetRow = {
          account,
          window_max: window?.max ?? null,
          window_ms: window?.intervalMs ?? null,
          blocked_until: blockedUntil,
          used: used?.calls ?? null,
          used_at: used?.at ?? null,
        };
        const former: BudgetRow | undefined = await trx("budget").where({ account }).forUpdate().first();
        const until = Math.max(blockedUntil, Number(former?.blocked_until ?? 0));
        await trx("budget")
          .insert({ ...row, blocked_until: until })
          .onConflict("account")
          .merge();
      }),

    shareBudget: (account, caller, forMs) =>
      database.write(async (trx) => {
        const nowMs = await database.now();
        await trx("budget_share").where("until", "<=", nowMs).orWhere({ account, caller }).delete();
        if (forMs > 0) await trx("budget_share").insert({ account, caller, until: nowMs + forMs });
        const rows: { caller: string }[] = await trx("budget_share").where({ account });
        return rows.length;
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

function fromRow(row: BudgetRow): BudgetRecord {
  const { window_max: max, window_ms: intervalMs, used, used_at } = row;
  return {
    account: row.account,
    window: max === null || intervalMs === null ? null : { max: Number(max), intervalMs: Number(intervalMs) },
    blockedUntil: Number(row.blocked_until),
    used: used === null ? null : { calls: Number(used), at: Number(used_at) },
  };
}
