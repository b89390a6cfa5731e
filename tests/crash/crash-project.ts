import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onWarehouse } from "../demo/generate-warehouse.ts";
import { keyOf, type Person } from "./people.ts";
import type { Target } from "./targets.ts";

export type CrashProject = {
  readonly dir: string;
  /** Puts the model's rows into a warehouse file of their own. Nobody may be reading it. */
  fill(people: readonly Person[]): Promise<void>;
  /** Writes the sync with some change that its config hash sees and its rows do not. */
  touchConfig(times: number): void;
  remove(): void;
};

const MODEL = `/*---
connection: warehouse
primary_key: id
---*/
select id, key, email, first, last, city from people
`;

/** A project with one sync, `people`, from a DuckDB file to the sandbox at `url`; at `dir`, or a new folder. */
export function crashProject(target: Target, url: string, at: string | null = null): CrashProject {
  const dir = at ?? mkdtempSync(join(tmpdir(), "sluice-crash-"));
  const connections = { warehouse: { type: "duckdb", path: "warehouse.duckdb" }, crm: target.connection(url) };
  for (const folder of ["models", "syncs"]) mkdirSync(join(dir, folder), { recursive: true });
  // JSON is YAML too.
  writeFileSync(join(dir, "sluice.yml"), JSON.stringify({ version: 1, connections }));
  writeFileSync(join(dir, "models/people.sql"), MODEL);
  const touchConfig = (times: number): void => {
    const on_mapping_change = times % 2 === 0 ? "backfill" : "forward_only";
    writeFileSync(
      join(dir, "syncs/people.yml"),
      JSON.stringify({ model: "people", ...target.sync, on_mapping_change }),
    );
  };
  touchConfig(0);
  return {
    dir,
    fill: async (people) => {
      const warehouse = join(dir, "warehouse.duckdb");
      const rows = join(dir, "people.json");
      writeFileSync(rows, JSON.stringify(people.map((person) => ({ key: keyOf(person), ...person }))));
      rmSync(warehouse, { force: true });
      await onWarehouse(warehouse, async (db) => {
        await db.run(`create table people as select * from read_json('${rows}', format = 'array', columns = {
          id: 'INTEGER', key: 'VARCHAR', email: 'VARCHAR', first: 'VARCHAR', last: 'VARCHAR', city: 'VARCHAR' })`);
      });
    },
    touchConfig,
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}
