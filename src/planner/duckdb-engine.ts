import { chmodSync, mkdirSync, realpathSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import type { Clock } from "../contract/clock.ts";
import { Fault } from "../contract/fault.ts";
import type { LocalDatabase } from "../contract/warehouse.ts";
import { confinement, quoteName, quoteText } from "../core/duckdb-sql.ts";
import { databaseTrouble } from "../core/file-trouble.ts";
import { plannerDamaged } from "./damaged-file.ts";
import { type DuckdbSession, openSession } from "./duckdb-session.ts";

export type EngineOptions = {
  /** The planner file; null works in memory and keeps nothing (a plan on a project that never ran). */
  readonly file: string | null;
  /** Scratch space and plans, absolute; created when missing. */
  readonly workDir: string;
  readonly projectDir: string;
  /** Further folders that models may read. */
  readonly directories: readonly string[];
  readonly memoryLimitMb: number;
  /** Threads for scans of whole tables; absent: as many as the machine has cores. */
  readonly cores?: number;
  readonly clock: Clock;
};

/** One DuckDB instance: the planner's own file, and any warehouse file while a model is read. */
export interface DuckdbEngine {
  readonly version: string;
  /** A session on the planner's own tables. */
  open(): Promise<DuckdbSession>;
  /** A session whose unqualified names are the warehouse's; `release` lets go of its file. */
  openOn(local: LocalDatabase, signal: AbortSignal): Promise<{ session: DuckdbSession; release: () => Promise<void> }>;
  /**
   * Scans of whole tables use every core. All else has one thread: rows that are read as JSON or made into it are wide, and
   * each thread would hold its own stack of them.
   */
  onEveryCore<T>(work: () => Promise<T>): Promise<T>;
  /** Returns freed memory to the system, which the allocator would keep: what a plan let go is the delivery's. */
  giveBack(): Promise<void>;
  close(): void;
}

/** A warehouse file under its name in the instance, for as long as somebody uses it. */
type Attachment = { readonly name: string; users: number; readonly ready: Promise<void> };

/** What to say where a file stays locked or cannot be opened at all. */
type AttachFaults = {
  readonly busy: (holder: string) => Fault;
  readonly unreadable: (message: string, cause: unknown) => Fault;
};

/** Name of the planner's database inside its own instance. */
export const PLANNER = "sluice_planner";
/** By so much may the process grow before the allocator's memory is asked for: what small plans leave is not worth the call. */
const UNNOTICED_BYTES = 64 * 1024 * 1024;
const LOCK_WAIT_MS = 30_000;
const LOCK_POLL_MS = 200;

export async function openEngine(options: EngineOptions, signal: AbortSignal): Promise<DuckdbEngine> {
  mkdirSync(join(options.workDir, "tmp"), { recursive: true, mode: 0o700 });
  // DuckDB compares real paths with the allowed folders.
  const allowed = [...options.directories, options.workDir].map((directory) => realpathSync(directory));
  const instance = await DuckDBInstance.create(":memory:", {
    memory_limit: memoryLimit(options),
    temp_directory: join(options.workDir, "tmp"),
    preserve_insertion_order: "false",
    // It keeps the bytes of every file that was ever read, and each plan is a new file: a service would only ever grow.
    enable_external_file_cache: "false",
  });
  const root = await openSession(instance);
  try {
    await root.run("set TimeZone = 'UTC'");
    await root.run("set threads = 1");
    await root.run(`attach ':memory:' as sluice_files`);
    for (const statement of confinement(realpathSync(options.projectDir), allowed)) await root.run(statement);
    await attachPlanner(root, options, signal);
  } catch (error) {
    root.close();
    instance.closeSync();
    throw error;
  }
  return engineOn(instance, root, options);
}

async function engineOn(instance: DuckDBInstance, root: DuckdbSession, options: EngineOptions): Promise<DuckdbEngine> {
  const [row] = await root.rows<{ version: string }>("select version() as version");
  const attached = new Map<string, Attachment>();
  const releasing = new Map<string, Promise<void>>();
  let attachments = 0;
  let restingBytes = process.memoryUsage.rss();
  const use = async (database: string): Promise<DuckdbSession> => {
    const session = await openSession(instance);
    await session.run(`use ${quoteName(database)}`);
    return session;
  };
  /** A file is attached only once it is let go of: DuckDB knows it under one name at a time. */
  const attach = (path: string, signal: AbortSignal): Attachment => {
    const name = `warehouse_${++attachments}`;
    const ready = (releasing.get(path) ?? Promise.resolve()).then(() =>
      attachWarehouse(root, name, path, options.clock, signal),
    );
    const entry = { name, users: 0, ready };
    attached.set(path, entry);
    return entry;
  };
  const letGo = async (path: string, entry: Attachment): Promise<void> => {
    entry.users--;
    if (entry.users > 0) return;
    attached.delete(path);
    const detached = root.run(`detach ${quoteName(entry.name)}`);
    // Whoever lets go hears of a failure; whoever attaches next is told by DuckDB itself.
    releasing.set(
      path,
      detached.catch(() => undefined),
    );
    await detached;
    releasing.delete(path);
  };
  const cores = options.cores ?? availableParallelism();
  let scans = 0;
  return {
    version: row?.version ?? "unknown",
    open: () => use(PLANNER),
    onEveryCore: async (work) => {
      if (cores === 1) return work();
      if (++scans === 1) await root.run(`set threads = ${cores}`);
      try {
        return await work();
      } finally {
        if (--scans === 0) await root.run("set threads = 1");
      }
    },
    openOn: async (local, signal) => {
      if (local.path === null) return { session: await use("sluice_files"), release: async () => undefined };
      const path = local.path;
      const entry = attached.get(path) ?? attach(path, signal);
      entry.users++;
      try {
        await entry.ready;
      } catch (error) {
        if (attached.get(path) === entry) attached.delete(path);
        throw error;
      }
      const release = () => letGo(path, entry);
      try {
        return { session: await use(entry.name), release };
      } catch (error) {
        await release();
        throw error;
      }
    },
    // DuckDB flushes its allocator when its limit is set, to whatever: worth its while only where the process has grown. Where
    // another session needs all of it just then, there is nothing to give back, and nothing is wrong.
    giveBack: async () => {
      if (process.memoryUsage.rss() < restingBytes + UNNOTICED_BYTES) return;
      await root.run(`set memory_limit = '${memoryLimit(options)}'`).catch(() => undefined);
      restingBytes = process.memoryUsage.rss();
    },
    close: () => {
      root.close();
      instance.closeSync();
    },
  };
}

function memoryLimit(options: EngineOptions): string {
  return `${options.memoryLimitMb}MB`;
}

async function attachPlanner(root: DuckdbSession, options: EngineOptions, signal: AbortSignal): Promise<void> {
  if (options.file === null) {
    await root.run(`attach ':memory:' as ${PLANNER}`);
    return;
  }
  mkdirSync(dirname(options.file), { recursive: true, mode: 0o700 });
  const faults: AttachFaults = {
    busy: (holder) =>
      new Fault("PLANNER_BUSY", `another process is working on this project${holder}`, {
        fix: "wait until it ends, or stop it; nothing was sent by this command",
      }),
    unreadable: (message, cause) => databaseTrouble(cause) ?? plannerDamaged(message, cause),
  };
  await attachPatiently(root, `attach ${quoteText(options.file)} as ${PLANNER}`, options.clock, faults, signal);
  // Row values live here: nobody else's to read (S27).
  chmodSync(options.file, 0o600);
}

function attachWarehouse(
  root: DuckdbSession,
  name: string,
  path: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const sql = `attach ${quoteText(path)} as ${quoteName(name)} (read_only)`;
  const faults: AttachFaults = {
    busy: (holder) =>
      new Fault("WAREHOUSE_BUSY", `the DuckDB file ${path} is open for writing elsewhere${holder}`, {
        fix: "close the other program, or run again when it is done",
      }),
    unreadable: (message, cause) =>
      new Fault("WAREHOUSE_UNREACHABLE", message, { fix: "check path: of the connection", cause }),
  };
  return attachPatiently(root, sql, clock, faults, signal);
}

/** DuckDB refuses a file that another process has open; it names that process. Waits up to 30 s for it. */
async function attachPatiently(
  root: DuckdbSession,
  sql: string,
  clock: Clock,
  faults: AttachFaults,
  signal: AbortSignal,
): Promise<void> {
  const startedAt = clock.monotonicMs();
  for (;;) {
    try {
      await root.run(sql);
      return;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (!/conflicting lock|could not set lock/i.test(message))
        throw faults.unreadable(message.split("\n", 1)[0] ?? message, error);
      if (clock.monotonicMs() - startedAt >= LOCK_WAIT_MS) {
        const holder = /\(PID (\d+)\)/.exec(message)?.[1];
        throw faults.busy(holder === undefined ? "" : ` (process ${holder})`);
      }
      await clock.sleep(LOCK_POLL_MS, signal);
    }
  }
}
