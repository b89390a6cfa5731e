import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { Fault } from "../contract/fault.ts";
import { databaseTrouble } from "../core/file-trouble.ts";
import { damageOf } from "./damaged-file.ts";

/** One connection with its own temporary tables. Only materialised results: a streamed one ends silently on an error. */
export interface DuckdbSession {
  /** One statement or several, whose results do not matter. Interrupted when the signal aborts. */
  run(sql: string, signal?: AbortSignal): Promise<void>;
  /** Rows as JSON-safe values: integers beyond 2^53 and decimals as text. */
  rows<T>(sql: string): Promise<T[]>;
  /** The one value of the one row. */
  count(sql: string): Promise<number>;
  /** Runs `work` between BEGIN and COMMIT, rolled back when it throws. */
  transaction<T>(work: () => Promise<T>): Promise<T>;
  close(): void;
}

export async function openSession(instance: DuckDBInstance): Promise<DuckdbSession> {
  const connection = await instance.connect();
  const session: DuckdbSession = {
    run: (sql, signal) =>
      signal === undefined ? runPlain(connection, sql) : runInterruptible(connection, sql, signal),
    rows: async <T>(sql: string) => {
      const reader = await worded(sql, connection.runAndReadAll(sql));
      return reader.getRowObjectsJson() as T[];
    },
    count: async (sql) => {
      const reader = await worded(sql, connection.runAndReadAll(sql));
      return Number(reader.getRows()[0]?.[0] ?? 0);
    },
    transaction: async (work) => {
      await runPlain(connection, "begin transaction");
      try {
        const result = await work();
        await runPlain(connection, "commit");
        return result;
      } catch (error) {
        // An interrupted or failed statement leaves the transaction open, and a later COMMIT would keep its first half.
        await connection.run("rollback").catch(() => undefined);
        throw error;
      }
    },
    close: () => connection.closeSync(),
  };
  return session;
}

/** Several counts with one statement: each costs as much as its planning. (As scalar subqueries they would be planned as joins.) */
export async function counts(session: DuckdbSession, selects: readonly string[]): Promise<number[]> {
  const parts = selects.map((select, index) => `select ${index} as place, (${select}) as n`);
  const rows = await session.rows<{ place: number; n: string | number }>(parts.join(" union all "));
  const byPlace = new Map(rows.map(({ place, n }) => [Number(place), Number(n)]));
  return selects.map((_, index) => byPlace.get(index) ?? 0);
}

async function runPlain(connection: DuckDBConnection, sql: string): Promise<void> {
  await worded(sql, connection.run(sql));
}

const WRITES_OWN_FILES = /^\s*copy\b|\bsluice_planner\./i;

/** A disk without room, or one that lost what it kept, is nobody's bug: each gets its own word. */
async function worded<T>(sql: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const damage = damageOf(sql, error);
    if (damage !== null) throw damage;
    // Plans and snapshots are ours; what a model reads is its author's.
    const refused = WRITES_OWN_FILES.test(sql) ? databaseTrouble(error) : null;
    if (refused !== null) throw refused;
    if (!(error instanceof Error) || !error.message.includes("No space left on device")) throw error;
    throw new Fault("STATE_FAILED", `the disk is full: ${error.message}`, {
      fix: "free some space and run again; whatever was sent is known or will be found out",
      cause: error,
    });
  }
}

async function runInterruptible(connection: DuckDBConnection, sql: string, signal: AbortSignal): Promise<void> {
  if (signal.aborted) throw cancelled(signal);
  const interrupt = () => connection.interrupt();
  signal.addEventListener("abort", interrupt, { once: true });
  try {
    await worded(sql, connection.run(sql));
  } catch (error) {
    if (signal.aborted) throw cancelled(signal, error);
    throw error;
  } finally {
    signal.removeEventListener("abort", interrupt);
  }
}

/** A lost lease says so itself; everything else that aborts is a wish to stop. */
function cancelled(signal: AbortSignal, cause?: unknown): Fault {
  if (signal.reason instanceof Fault) return signal.reason;
  return new Fault("CANCELLED", "cancelled while the database was working", { cause });
}
