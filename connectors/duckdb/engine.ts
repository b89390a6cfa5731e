import { join } from "node:path";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import type { Clock } from "../../src/contract/clock.ts";
import { Fault } from "../../src/contract/fault.ts";
import { confinement, quoteText } from "../../src/kit/duckdb-sql.ts";
import { isInside, type Places } from "./places.ts";

/** Runs work on a connection whose unqualified names are the warehouse's. */
export type DuckdbEngine = {
  /** The file is held (shared) from `borrow` until the last lender gives back: others can write to it meanwhile not. */
  borrow(signal: AbortSignal): Promise<{ connection: DuckDBConnection; giveBack: () => Promise<void> }>;
  close(): void;
};

const LOCK_WAIT_MS = 30_000;
const LOCK_POLL_MS = 200;
const MEMORY_LIMIT = "1GB";
const ATTACHED = "sluice_warehouse";

/** An in-memory instance of its own, confined to the connection's folders. */
export async function openEngine(places: Places, name: string, clock: Clock): Promise<DuckdbEngine> {
  refuseOtherWorkingDirectory(places);
  const instance = await DuckDBInstance.create(":memory:", {
    memory_limit: MEMORY_LIMIT,
    temp_directory: join(places.projectDir, ".sluice", "tmp", "duckdb"),
    // The system caches files, too, and gives that memory back; a service reads new ones for months.
    enable_external_file_cache: "false",
  });
  const root = await instance.connect();
  await root.run("set TimeZone = 'UTC'");
  for (const statement of confinement(places.projectDir, places.directories)) await root.run(statement);

  let users = 0;
  /** Attaching and detaching, one after the other. */
  let turn: Promise<void> = Promise.resolve();
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const mine = turn.then(work);
    turn = mine.catch(() => undefined);
    return mine;
  };
  const attach = (file: string, signal: AbortSignal) =>
    inTurn(async () => {
      if (users === 0) await attachPatiently(root, file, name, clock, signal);
      users++;
    });
  const detach = () =>
    inTurn(async () => {
      users--;
      if (users === 0) await root.run(`detach ${ATTACHED}`);
    });

  return {
    borrow: async (signal) => {
      signal.throwIfAborted();
      const { file } = places;
      if (file !== null) await attach(file, signal);
      const connection = await instance.connect();
      if (file !== null) await connection.run(`use ${ATTACHED}`);
      const giveBack = async () => {
        connection.closeSync();
        if (file !== null) await detach();
      };
      return { connection, giveBack };
    },
    close: () => {
      root.closeSync();
      instance.closeSync();
    },
  };
}

/** DuckDB takes a relative path from the working directory first: another allowed folder there would answer for it. */
function refuseOtherWorkingDirectory({ projectDir, directories }: Places): void {
  const here = process.cwd();
  if (here === projectDir || ![projectDir, ...directories].some((directory) => isInside(here, directory))) return;
  throw new Fault("USAGE", `relative paths in SQL would be taken from ${here}, not from the project folder`, {
    fix: `run the command in ${projectDir}`,
  });
}

/** A file that another process writes to cannot be read: waits for it, then says who has it. */
async function attachPatiently(
  root: DuckDBConnection,
  file: string,
  name: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const endsAt = clock.monotonicMs() + LOCK_WAIT_MS;
  for (;;) {
    try {
      await root.run(`attach ${quoteText(file)} as ${ATTACHED} (type duckdb, read_only)`);
      return;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (!/Could not set lock/i.test(message)) throw unreachable(name, file, message);
      if (clock.monotonicMs() >= endsAt) throw busy(name, file, message);
      await clock.sleep(LOCK_POLL_MS, signal);
    }
  }
}

function busy(name: string, file: string, message: string): Fault {
  const pid = /\(PID (\d+)\)/.exec(message)?.[1];
  const who = pid === undefined ? "another process" : `process ${pid}`;
  return new Fault(
    "WAREHOUSE_BUSY",
    `connection "${name}": ${who} writes to ${file} (waited ${LOCK_WAIT_MS / 1000} s)`,
    {
      fix: "wait until it is done, or end it, and run again",
    },
  );
}

function unreachable(name: string, file: string, message: string): Fault {
  const first = message.split("\n", 1)[0] ?? message;
  return new Fault("WAREHOUSE_UNREACHABLE", `connection "${name}": ${file} cannot be opened: ${first}`, {
    fix: "check that path names a DuckDB file that this version of DuckDB can read, and its permissions",
  });
}
