import { chmodSync, mkdirSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import type { Clock } from "../contract/clock.ts";
import { Fault } from "../contract/fault.ts";
import type { LocalDatabase } from "../contract/warehouse.ts";
import { confinement, quoteName, quoteText } from "../core/duckdb-sql.ts";
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
  readonly clock: Clock;
};

/** One DuckDB instance: the planner's own file, and any warehouse file while a model is read. */
export interface DuckdbEngine {
  readonly version: string;
  /** A session on the planner's own tables. */
  open(): Promise<DuckdbSession>;
  /** A session whose unqualified names are the warehouse's; `release` lets go of its file. */
  openOn(local: LocalDatabase, signal: AbortSignal): Promise<{ session: DuckdbSession; release: () => Promise<void> }>;
  close(): void;
}

/** Name of the planner's database inside its own instance. */
export const PLANNER = "sluice_planner";
const LOCK_WAIT_MS = 30_000;
const LOCK_POLL_MS = 200;

export async function openEngine(options: EngineOptions, signal: AbortSignal): Promise<DuckdbEngine> {
  mkdirSync(join(options.workDir, "tmp"), { recursive: true, mode: 0o700 });
  // DuckDB compares real paths with the allowed folders.
  const allowed = [...options.directories, options.workDir].map((directory) => realpathSync(directory));
  const instance = await DuckDBInstance.create(":memory:", {
    memory_limit: `${options.memoryLimitMb}MB`,
    temp_directory: join(options.workDir, "tmp"),
    preserve_insertion_order: "false",
  });
  const root = await openSession(instance);
  try {
    await root.run("set TimeZone = 'UTC'");
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
  const attached = new Map<string, { users: number; ready: Promise<void> }>();
  const use = async (database: string): Promise<DuckdbSession> => {
    const session = await openSession(instance);
    await session.run(`use ${quoteName(database)}`);
    return session;
  };
  return {
    version: row?.version ?? "unknown",
    open: () => use(PLANNER),
    openOn: async (local, signal) => {
      if (local.path === null) return { session: await use("sluice_files"), release: async () => undefined };
      const path = local.path;
      const name = `warehouse_${Buffer.from(path).toString("hex").slice(-48)}`;
      const entry = attached.get(path) ?? { users: 0, ready: attachWarehouse(root, name, path, options.clock, signal) };
      attached.set(path, entry);
      entry.users++;
      const release = async () => {
        entry.users--;
        if (entry.users > 0) return;
        attached.delete(path);
        await root.run(`detach ${quoteName(name)}`);
      };
      try {
        await entry.ready;
      } catch (error) {
        attached.delete(path);
        throw error;
      }
      return { session: await use(name), release };
    },
    close: () => {
      root.close();
      instance.closeSync();
    },
  };
}

async function attachPlanner(root: DuckdbSession, options: EngineOptions, signal: AbortSignal): Promise<void> {
  if (options.file === null) {
    await root.run(`attach ':memory:' as ${PLANNER}`);
    return;
  }
  mkdirSync(dirname(options.file), { recursive: true, mode: 0o700 });
  await attachPatiently(
    root,
    `attach ${quoteText(options.file)} as ${PLANNER}`,
    options.clock,
    signal,
    (holder) =>
      new Fault("PLANNER_BUSY", `another process is working on this project${holder}`, {
        fix: "wait until it ends, or stop it; nothing was sent by this command",
      }),
  );
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
  return attachPatiently(
    root,
    sql,
    clock,
    signal,
    (holder) =>
      new Fault("WAREHOUSE_BUSY", `the DuckDB file ${path} is open for writing elsewhere${holder}`, {
        fix: "close the other program, or run again when it is done",
      }),
  );
}

/** DuckDB refuses a file that another process has open; it names that process. Waits up to 30 s for it. */
async function attachPatiently(
  root: DuckdbSession,
  sql: string,
  clock: Clock,
  signal: AbortSignal,
  busy: (holder: string) => Fault,
): Promise<void> {
  const startedAt = clock.monotonicMs();
  for (;;) {
    try {
      await root.run(sql);
      return;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (!/conflicting lock|could not set lock/i.test(message)) throw attachFault(message, error);
      if (clock.monotonicMs() - startedAt >= LOCK_WAIT_MS) {
        const holder = /\(PID (\d+)\)/.exec(message)?.[1];
        throw busy(holder === undefined ? "" : ` (process ${holder})`);
      }
      await clock.sleep(LOCK_POLL_MS, signal);
    }
  }
}

function attachFault(message: string, cause: unknown): Fault {
  if (sqlPlannerFile(message))
    return new Fault("STATE_CORRUPT", `the planner file cannot be read: ${message.split("\n")[0]}`, {
      fix: "restore .sluice from a backup taken together with its state; nothing was sent",
      cause,
    });
  return new Fault("WAREHOUSE_UNREACHABLE", message.split("\n")[0] ?? message, {
    fix: "check path: of the connection",
    cause,
  });
}

function sqlPlannerFile(message: string): boolean {
  return /planner\.duckdb/.test(message);
}
