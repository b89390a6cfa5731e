import { chmod, mkdir, open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import knexFactory, { type Knex } from "knex";
import type { Clock } from "../contract/clock.ts";
import { Fault } from "../contract/fault.ts";
import type { ServiceStore } from "../contract/service.ts";
import type { StateStore } from "../contract/state.ts";
import { accountMethods } from "./account-rows.ts";
import { aliasMethods } from "./aliases.ts";
import { batchMethods } from "./batches.ts";
import { corruptState, database, stateFault } from "./database.ts";
import { deathMethods } from "./deaths.ts";
import { forgottenMethods } from "./forgotten.ts";
import { holdMethods } from "./holds.ts";
import { inspectionMethods } from "./inspection.ts";
import { leaseMethods } from "./leases.ts";
import { isBusy, libsqlClient } from "./libsql-client.ts";
import { bringUpToDate, checkVersion } from "./migrate.ts";
import { rejectMethods } from "./rejects.ts";
import { restorationMethods } from "./restorations.ts";
import { runMethods } from "./runs.ts";
import { serviceMethods } from "./service-rows.ts";
import { syncMethods } from "./syncs.ts";

export type StateOptions = {
  /** Absolute path of the SQLite file. */
  readonly file: string;
  /**
   * `create` makes file and folder where they are missing; `open` needs them; both bring an older schema up to date.
   * `look` only reads, also while another process writes.
   */
  readonly mode: "create" | "open" | "look";
  readonly clock: Clock;
};

const BUSY_MS = 5_000;
const POOL_WAIT_MS = 30_000;
/** What knex has to say it also throws; its own place to say it would be the console, in the middle of a JSON document. */
const SILENT = { warn: () => {}, error: () => {}, debug: () => {}, deprecate: () => {} };

/** Faults: STATE_MISSING, STATE_CORRUPT, STATE_MISMATCH (a schema newer than this version), STATE_FAILED. */
export async function openState(options: StateOptions): Promise<StateStore & ServiceStore> {
  const { file, mode, clock } = options;
  const ending = new AbortController();
  let knex: Knex | null = null;
  try {
    const isEmpty = await prepareFile(file, mode);
    const client = libsqlClient({ clock, isReadOnly: mode === "look", busyMs: BUSY_MS, signal: ending.signal });
    knex = knexFactory({
      client,
      connection: { filename: file },
      useNullAsDefault: true,
      compileSqlOnError: false,
      pool: { min: 0, max: 1 },
      acquireConnectionTimeout: POOL_WAIT_MS,
      log: SILENT,
    });
    if (mode === "look") await checkVersion(knex, file);
    else await bringUpToDate(knex, file, isEmpty, clock.now());
    return assemble(knex, options, ending);
  } catch (error) {
    await knex?.destroy();
    throw stateFault(file, error);
  }
}

function assemble(knex: Knex, { file, mode, clock }: StateOptions, ending: AbortController): StateStore & ServiceStore {
  const db = database(knex, file, clock);
  return {
    ...syncMethods(db),
    ...leaseMethods(db),
    ...runMethods(db),
    ...batchMethods(db),
    ...rejectMethods(db),
    ...holdMethods(db),
    ...accountMethods(db),
    ...deathMethods(db),
    ...forgottenMethods(db),
    ...aliasMethods(db),
    ...restorationMethods(db),
    ...inspectionMethods(db),
    ...serviceMethods(db),
    close: async () => {
      if (mode !== "look") await foldWal(knex, file);
      ending.abort(new Fault("CANCELLED", "the state database was closed"));
      await knex.destroy();
    },
  };
}

/**
 * The driver lets go of the file only when its statements are collected: until then a copy of it would lack the WAL.
 * Where another connection is at work the WAL stays, and nothing is lost.
 */
async function foldWal(knex: Knex, file: string): Promise<void> {
  try {
    await knex.raw("pragma wal_checkpoint(truncate)");
  } catch (error) {
    if (!isBusy(error)) throw stateFault(file, error);
  }
}

/**
 * True where there is no database yet. The driver would create a missing file by itself, readable by everybody. What stands in
 * the file is the driver's to judge: closing a descriptor of it drops every lock that this process has on it, also that of a
 * connection which is not collected yet, and another process would then take the WAL away under this one.
 */
async function prepareFile(file: string, mode: StateOptions["mode"]): Promise<boolean> {
  const size = await sizeOf(file);
  if (size === null && mode !== "create") {
    throw new Fault("STATE_MISSING", `the state database ${file} is not there`, {
      fix:
        "put it back with `sluice state restore BACKUP`, or check state.url and --env; without a backup move .sluice and sluice.state.json " +
        "away and run `sluice link SYNC` for each sync, which finds the records again before anything is sent",
    });
  }
  if (size === null) {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await (await open(file, "a", 0o600)).close();
    return true;
  }
  // Made while the database could not be written, they would keep the next process from writing, too.
  for (const beside of ["shm", "wal"]) await chmod(`${file}-${beside}`, 0o600).catch(unlessNotOurs);
  // A process that died between making the file and its tables leaves it empty.
  if (size === 0 && mode === "create") return true;
  if (size === 0) throw corruptState(file, "it is empty");
  return mode === "create";
}

/** It is not there, or another user's: SQLite says what that means. */
function unlessNotOurs(error: unknown): void {
  if (!(error instanceof Error && "code" in error && ["ENOENT", "EPERM", "EROFS"].includes(String(error.code))))
    throw error;
}

async function sizeOf(file: string): Promise<number | null> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}
