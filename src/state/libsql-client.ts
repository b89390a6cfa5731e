import { createRequire } from "node:module";
import type { Knex } from "knex";
import type { Clock } from "../contract/clock.ts";

const require = createRequire(import.meta.url);

/** The part of a libsql connection that is used here. */
type Connection = { pragma(source: string): unknown; exec(sql: string): void; close(): void };
type Query = { sql: string };
type BaseClient = new (
  config: Knex.Config,
) => {
  acquireRawConnection(): Promise<Connection>;
  _query(connection: Connection, query: Query): Promise<unknown>;
};

export type LibsqlOptions = {
  readonly clock: Clock;
  /** Refuses every write on the connection. */
  readonly isReadOnly: boolean;
  /** Gives up waiting for another process's transaction after this time. */
  readonly busyMs: number;
  readonly signal: AbortSignal;
};

/** Blocks the event loop, so it is short; the longer wait is asynchronous. */
const BLOCKING_BUSY_MS = 20;
const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 100;

/**
 * knex's better-sqlite3 client on libsql, which has the same interface. Options stand in the closure: knex makes the
 * client of a transaction from the prototype alone.
 */
export function libsqlClient(options: LibsqlOptions): typeof Knex.Client {
  const Base = require("knex/lib/dialects/better-sqlite3/index.js") as BaseClient;
  class LibsqlClient extends Base {
    _driver(): unknown {
      return require("libsql");
    }

    override async acquireRawConnection(): Promise<Connection> {
      const connection = await super.acquireRawConnection();
      const pragmas = [`busy_timeout = ${BLOCKING_BUSY_MS}`, "foreign_keys = on"];
      if (options.isReadOnly) pragmas.push("query_only = on");
      else pragmas.push("journal_mode = wal", "synchronous = full");
      try {
        for (const pragma of pragmas) await patiently(options, async () => connection.pragma(pragma));
      } catch (error) {
        connection.close();
        throw error;
      }
      return connection;
    }

    /**
     * A deferred BEGIN that reads and then writes fails where another process wrote in between. It goes by `exec`: a
     * prepared BEGIN that met a lock stays in progress until it is collected, and no COMMIT succeeds meanwhile.
     */
    override _query(connection: Connection, query: Query): Promise<unknown> {
      if (query.sql !== "BEGIN;") return patiently(options, () => super._query(connection, query));
      return patiently(options, async () => {
        connection.exec("BEGIN IMMEDIATE");
        return query;
      });
    }
  }
  return LibsqlClient as unknown as typeof Knex.Client;
}

async function patiently<T>(options: LibsqlOptions, work: () => Promise<T>): Promise<T> {
  const endsAt = options.clock.monotonicMs() + options.busyMs;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      return await work();
    } catch (error) {
      if (!isBusy(error) || options.clock.monotonicMs() >= endsAt) throw error;
      await options.clock.sleep(pauseMs, options.signal);
    }
  }
}

/** Another connection holds a lock. */
export function isBusy(error: unknown): boolean {
  return error instanceof Error && "code" in error && /^SQLITE_(BUSY|LOCKED)/.test(String(error.code));
}
