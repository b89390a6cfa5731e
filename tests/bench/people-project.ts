import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onWarehouse } from "../demo/generate-warehouse.ts";
import { VENDORS, type Vendor } from "./vendors.ts";

/** Columns of the model beside the number of the person. */
export const PEOPLE_COLUMNS: Readonly<Record<string, string>> = {
  email: "'person.' || n || '@example.com'",
  firstname: "'First ' || n % 997",
  lastname: "'Lást ' || n % 4999",
  phone: "'+49 30 ' || (1000000 + n % 8999999)",
  company: "'Company ' || n % 1999",
  jobtitle: "'Title ' || n % 97",
  city: "'City ' || n % 499",
  zip: "(10000 + n % 89999)::varchar",
  country: "'Country ' || n % 199",
  numemployees: "(n * 37) % 5003",
};

/** A project of its own: `rows` people × 10 properties in equal parts over its syncs, guards off, matched by e-mail. */
export async function makePeopleProject(
  url: string,
  rows: number,
  vendor: Vendor = VENDORS.hubspot,
  syncs = 1,
): Promise<{ dir: string; remove(): Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), "sluice-bench-"));
  await mkdir(join(dir, "models"));
  await mkdir(join(dir, "syncs"));
  const columns = Object.entries(PEOPLE_COLUMNS);
  await onWarehouse(join(dir, "warehouse.duckdb"), async (db) => {
    const select = columns.map(([name, sql]) => `${sql} as ${name}`).join(", ");
    await db.run(`create table people as select n as person_id, ${select} from range(1, ${rows + 1}) numbers(n)`);
  });
  const names = columns.map(([name]) => name);
  const connections = {
    warehouse: { type: "duckdb", path: "warehouse.duckdb" },
    crm: vendor.connection(url),
  };
  const sync = {
    destination: { connection: "crm", object: vendor.object },
    write: "upsert",
    match: { [vendor.key.field]: vendor.key.column },
    guards: "off",
    fields: vendor.fields,
  };
  const model = `/*---\nconnection: warehouse\nprimary_key: person_id\n---*/\nselect person_id, ${names.join(", ")} from people`;
  // JSON is YAML too.
  await writeFile(join(dir, "sluice.yml"), JSON.stringify({ version: 1, connections }));
  for (let part = 0; part < syncs; part++) {
    const name = part === 0 ? "people" : `people_${part}`;
    await writeFile(join(dir, "models", `${name}.sql`), `${model} where person_id % ${syncs} = ${part}\n`);
    await writeFile(join(dir, "syncs", `${name}.yml`), JSON.stringify({ ...sync, model: name }));
  }
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) };
}
