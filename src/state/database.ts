import type { Knex } from "knex";
import type { Clock } from "../contract/clock.ts";
import { Fault } from "../contract/fault.ts";
import type { Lease } from "../contract/state.ts";
import { groupCommit } from "./group-commit.ts";
import { isBusy } from "./libsql-client.ts";

/** One connection's worth of state database. Methods of the store are built on these three. */
export type Database = {
  /** One statement or several that need not see one moment. */
  read<T>(work: (db: Knex) => Promise<T>): Promise<T>;
  /** One transaction, begun IMMEDIATE: all of it happens or nothing. May be done twice, see {@link groupCommit}. */
  write<T>(work: (trx: Knex.Transaction) => Promise<T>): Promise<T>;
  /** A transaction that first makes sure of the lease. */
  fenced<T>(lease: Lease, work: (trx: Knex.Transaction) => Promise<T>): Promise<T>;
  /** See {@link databaseNow}. */
  now(): Promise<number>;
};

export function database(knex: Knex, file: string, clock: Clock): Database {
  const translated = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw stateFault(file, error);
    }
  };
  const commit = groupCommit((work) => knex.transaction(work));
  const write: Database["write"] = (work) => translated(() => commit(work));
  const now: Database["now"] = () => databaseNow(clock);
  return {
    read: (work) => translated(() => work(knex)),
    write,
    fenced: (lease, work) =>
      write(async (trx) => {
        await checkLease(trx, lease, await now());
        return work(trx);
      }),
    now,
  };
}

/**
 * The database's own time, ms since the epoch, by which leases run out. SQLite lives in one machine, whose clock is the
 * process's; a shared database must be asked here.
 */
async function databaseNow(clock: Clock): Promise<number> {
  return clock.now();
}

async function checkLease(trx: Knex.Transaction, lease: Lease, nowMs: number): Promise<void> {
  const row: unknown = await trx("lease")
    .where({ sync: lease.sync, epoch: lease.epoch, holder: lease.holder })
    .where("until", ">", nowMs)
    .forUpdate()
    .first("epoch");
  if (row !== undefined) return;
  throw new Fault("LEASE_LOST", `sync "${lease.sync}": this process no longer holds the lease it worked under`, {
    fix: "nothing more was written; the process that took the lease over carries on, or run the sync again",
  });
}

/** Turns what the driver throws into a Fault, without the values of the statement. A slip of our own stays what it is. */
export function stateFault(file: string, error: unknown): unknown {
  if (error instanceof Fault) return error;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  // A pragma fails without a code.
  const isReadOnly = error instanceof Error && error.message.includes("readonly database");
  if (!(error instanceof SyntaxError) && !isReadOnly && !/^(SQLITE_|E[A-Z]+$)/.test(code)) return error;
  const message = error instanceof Error ? error.message.replace(/^[\s\S]* - /, "") : String(error);
  if (error instanceof SyntaxError || /^SQLITE_(CORRUPT|NOTADB)/.test(code)) return corruptState(file, message);
  const cause = new Error(message);
  if (isBusy(error)) {
    return new Fault("STATE_FAILED", `${file}: another process kept the state database locked`, {
      fix: "see which process uses the file, end it if it hangs, and run again",
      cause,
    });
  }
  return new Fault("STATE_FAILED", `${file}: the state database failed: ${message}`, {
    fix: "check the disk's free space and the permissions of the file and its folder, then run again",
    cause,
  });
}

export function corruptState(file: string, reason: string): Fault {
  return new Fault("STATE_CORRUPT", `${file} is damaged or no state database: ${reason}`, {
    fix:
      "put state, planner and plans back from one backup (`sluice state restore BACKUP`; `sluice state verify` says what is damaged); without one, move .sluice and sluice.state.json away and run `sluice link SYNC` " +
      "for each sync, which finds the records again before anything is sent",
  });
}
