import type { Column, Row } from "./value.ts";

/** A database file (or none) that the local planner can attach and read by itself, without rows becoming objects. */
export type LocalDatabase = {
  /** Absolute path of the DuckDB file, opened read-only; null for SQL over files only. */
  readonly path: string | null;
};

export type ReadEnd = { readonly rows: number; readonly complete: true };

/** Where models run. It is never written to. */
export interface Warehouse {
  /** Present where the planner's own engine can read it in place; such a model never leaves SQL. */
  readonly local: LocalDatabase | null;
  /** Opens the connection and says in a sentence what it reached. Faults: WAREHOUSE_UNREACHABLE, WAREHOUSE_BUSY, AUTH_REFUSED. */
  check(signal: AbortSignal): Promise<string>;
  /** Columns of exactly one SELECT, without running it. Faults: MODEL_INVALID with the database's message and line. */
  describe(sql: string, signal: AbortSignal): Promise<readonly Column[]>;
  /**
   * Pages of rows; the generator's return value says that the result is whole. A consumer that never got it throws its
   * stage away. Faults: MODEL_INVALID, MODEL_FAILED.
   */
  read(sql: string, options: { pageSize: number }, signal: AbortSignal): AsyncGenerator<readonly Row[], ReadEnd>;
  close(): Promise<void>;
}
