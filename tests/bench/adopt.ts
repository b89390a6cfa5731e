import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Ended, sluice, startSandbox } from "../demo/child-commands.ts";
import { onWarehouse } from "../demo/generate-warehouse.ts";
import { count } from "../demo/run-facts.ts";
import type { BenchOptions } from "./bench.ts";
import { figure, megabytes, seconds } from "./figures.ts";
import { VENDORS } from "./vendors.ts";

const CONTACTS = 50_000;
const MODELLED = 20_000;
const TWINS = 300;
const NEW = 500;
const SEEDED_AT_ONCE = 2_000;

type LinkDocument = { link: { linked: number; none: number; entries: { found: number; several: number }[] } };
type RunDocument = {
  run: { created: number; adopted: number; calls: number; counts: { invalid: number }; state: string };
};
type RecordOf = { Id: string; Email: string; Person_Id__c: string | null; MailingCity: string | null };

/**
 * An org that was in use for years: contacts without external ids, some e-mails twice. `link` reports exactly what is there,
 * the run adopts it, creates none of it again and refuses the ambiguous. Anything else ends with an error.
 */
export async function adopt(_: BenchOptions): Promise<void> {
  const sandbox = await startSandbox("unlimited", "salesforce");
  const dir = await mkdtemp(join(tmpdir(), "sluice-bench-"));
  try {
    await VENDORS.salesforce.prepare(sandbox);
    await fill(sandbox.control);
    await makeProject(dir, sandbox.url);
    const command = async <T>(...args: string[]): Promise<Ended & { document: T }> => {
      const ended = await sluice([...args, "--project", dir, "--json"]);
      return { ...ended, document: JSON.parse(ended.stdout) as T };
    };
    const calls = async () => ((await sandbox.control("GET", "requests?since=0")) as unknown[]).length;
    const linked = await command<LinkDocument>("link", "people");
    const linkCalls = await calls();
    const { link } = linked.document;
    const found = MODELLED - TWINS;
    expectSame(
      "link",
      [link.linked, link.none, link.entries[1]?.found, link.entries[1]?.several],
      [found, NEW, found, TWINS],
    );
    const ran = await command<RunDocument>("run", "people");
    const { run } = ran.document;
    if (run.state !== "partial") throw new Error(ran.stdout.slice(0, 3000));
    expectSame("run", [run.state, run.created, run.counts.invalid], ["partial", NEW, TWINS]);
    const runCalls = (await calls()) - linkCalls;
    const records = (await sandbox.control("GET", "dump?object=Contact")) as RecordOf[];
    const ours = records.filter((record) => record.Person_Id__c !== null);
    expectSame("records", [records.length, ours.length], [CONTACTS + NEW, MODELLED - TWINS + NEW]);
    const typed = ours.filter((record) => record.MailingCity === "Typed").length;
    expectSame("typed cities kept", [typed], [found]);
    figure("contacts in the org, e-mails twice", `${count(CONTACTS)}, ${count(TWINS)}`);
    figure("rows of the model, new ones", `${count(MODELLED + NEW)}, ${count(NEW)}`);
    figure("link: found, none, several", [found, NEW, TWINS].map(count).join(", "));
    figure("  calls, seconds", `${count(linkCalls)}, ${seconds(linked.seconds)}`);
    figure("run: adopted, created, ambiguous", [found, NEW, TWINS].map(count).join(", "));
    figure("  calls, seconds", `${count(runCalls)}, ${seconds(ran.seconds)}`);
    figure("  peak RSS", megabytes(Math.max(linked.peakMb, ran.peakMb)), "400 MB");
    figure("contacts afterwards, made twice", `${count(records.length)}, 0`);
  } finally {
    await sandbox.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

function expectSame(what: string, have: readonly unknown[], want: readonly unknown[]): void {
  if (JSON.stringify(have) !== JSON.stringify(want))
    throw new Error(`${what}: ${JSON.stringify(have)}, expected ${JSON.stringify(want)}`);
}

/** The first 300 e-mails are there twice; the rest of the org is nobody's in the model. */
async function fill(control: (method: "POST", path: string, body: unknown) => Promise<unknown>): Promise<void> {
  const contact = (n: number, twin = false) => ({
    LastName: `Typed ${n}`,
    Email: `${twin ? "Person" : "person"}.${n}@example.com`,
    MailingCity: "Typed",
  });
  const all = Array.from({ length: CONTACTS - TWINS }, (_, index) => contact(index + 1));
  const twins = Array.from({ length: TWINS }, (_, index) => contact(index + 1, true));
  const records = [...all, ...twins];
  for (let from = 0; from < records.length; from += SEEDED_AT_ONCE)
    await control("POST", "records", { object: "Contact", records: records.slice(from, from + SEEDED_AT_ONCE) });
}

async function makeProject(dir: string, url: string): Promise<void> {
  await onWarehouse(join(dir, "warehouse.duckdb"), async (db) => {
    await db.run(`create table people as
      select n as person_id, case when n <= ${MODELLED} then 'person.' || n else 'new.' || n end || '@example.com' as email,
        'Last ' || n as lastname, null::varchar as city from range(1, ${MODELLED + NEW + 1}) numbers(n)`);
  });
  await mkdir(join(dir, "models"));
  await mkdir(join(dir, "syncs"));
  const connections = {
    warehouse: { type: "duckdb", path: "warehouse.duckdb" },
    sales: VENDORS.salesforce.connection(url),
  };
  const sync = {
    model: "people",
    destination: { connection: "sales", object: "Contact" },
    match: [{ Person_Id__c: "person_id" }, { Email: "email" }],
    fields: { Person_Id__c: "person_id", Email: "email", LastName: "lastname", MailingCity: "city" },
  };
  // JSON is YAML too.
  await writeFile(join(dir, "sluice.yml"), JSON.stringify({ version: 1, connections }));
  await writeFile(
    join(dir, "models", "people.sql"),
    "/*---\nconnection: warehouse\nprimary_key: person_id\n---*/\nselect * from people\n",
  );
  await writeFile(join(dir, "syncs", "people.yml"), JSON.stringify(sync));
}
