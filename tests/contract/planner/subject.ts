import type { Planner } from "../../../src/contract/planner.ts";
import type { Column } from "../../../src/contract/value.ts";
import type { LocalDatabase } from "../../../src/contract/warehouse.ts";

/** A planner under test, beside a warehouse that it can read. Shared by the cases of one file: each takes a sync of its own. */
export type Subject = {
  readonly planner: Planner;
  readonly local: LocalDatabase;
  /** Where plan files go, absolute. */
  readonly plans: string;
  /** Columns of one SELECT, as the warehouse describes them. */
  columns(sql: string): Promise<readonly Column[]>;
  /** Everything the planner keeps, as comparable text: snapshots, invalid rows, metas. The planner is opened again after it. */
  dump(): Promise<string>;
  /** Leaves the planner as a process would that was killed, and opens it again. */
  restart(): Promise<void>;
  close(): Promise<void>;
};

export type Case = {
  readonly title: string;
  readonly run: (subject: Subject) => Promise<void>;
};

/** A type of SQL that every warehouse has, and a value's text; null is NULL. */
export type Columns = Readonly<Record<string, string>>;

/** A SELECT over literal rows, typed. `text` stands for a varchar. */
export function rowsSql(columns: Columns, rows: readonly (readonly (string | null)[])[]): string {
  const types = Object.values(columns).map((type) => (type === "text" ? "varchar" : type));
  const cast = (value: string | null, index: number): string => {
    const literal = value === null ? "null" : `'${value.replaceAll("'", "''")}'`;
    return `cast(${literal} as ${types[index] ?? "varchar"})`;
  };
  const lines = rows.length === 0 ? [types.map(() => null)] : rows;
  const values = lines.map((row) => `(${row.map(cast).join(", ")})`).join(",\n  ");
  const none = rows.length === 0 ? " where false" : "";
  return `select * from (values ${values}) as t(${Object.keys(columns).join(", ")})${none}`;
}
