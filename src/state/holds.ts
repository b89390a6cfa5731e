import { Fault } from "../contract/fault.ts";
import type { GuardName } from "../contract/project.ts";
import type { Hold, StateStore } from "../contract/state.ts";
import type { Database } from "./database.ts";
import { fromStored, toStored } from "./stored-text.ts";

type HoldRow = {
  id: string;
  sync: string;
  run: string;
  guards: string;
  account: string | null;
  held_at: number;
  approved_at: number | null;
  approved_by: string | null;
  until: number | null;
};

export function holdMethods(database: Database): Pick<StateStore, "hold" | "holds" | "approve" | "dropWaitingHolds"> {
  return {
    hold: (lease, hold) =>
      database.fenced(lease, async (trx) => {
        await trx("hold")
          .insert(toRow({ ...hold, sync: lease.sync }))
          .onConflict("id")
          .merge();
      }),

    holds: (sync, nowMs) =>
      database.read(async (db) => {
        const rows: HoldRow[] = await db("hold")
          .where({ sync })
          .where((either) => either.whereNull("until").orWhere("until", ">", nowMs))
          .orderBy([
            { column: "held_at", order: "desc" },
            { column: "id", order: "desc" },
          ]);
        return rows.map(fromRow);
      }),

    approve: (id, who, nowMs, untilMs) =>
      database.write(async (trx) => {
        const approval = { approved_at: nowMs, approved_by: toStored(who), until: untilMs };
        const changed = await trx("hold").where({ id }).update(approval);
        if (changed > 0) return;
        throw new Fault("UNKNOWN_RUN", `no held plan "${id}"`, { fix: "`sluice status` lists the held plans" });
      }),

    dropWaitingHolds: (lease) =>
      database.fenced(lease, async (trx) => {
        await trx("hold").where({ sync: lease.sync }).whereNull("approved_at").delete();
      }),
  };
}

function toRow(hold: Hold): HoldRow {
  return {
    id: hold.id,
    sync: hold.sync,
    run: hold.run,
    guards: JSON.stringify(hold.guards),
    account: toStored(hold.account),
    held_at: hold.heldAt,
    approved_at: hold.approvedAt,
    approved_by: toStored(hold.approvedBy),
    until: hold.until,
  };
}

function fromRow(row: HoldRow): Hold {
  return {
    id: row.id,
    sync: row.sync,
    run: row.run,
    guards: JSON.parse(row.guards) as readonly GuardName[],
    account: fromStored(row.account),
    heldAt: Number(row.held_at),
    approvedAt: row.approved_at === null ? null : Number(row.approved_at),
    approvedBy: fromStored(row.approved_by),
    until: row.until === null ? null : Number(row.until),
  };
}
