import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { changeWarehouse, mendPoison, POISON } from "./change-warehouse.ts";
import { type Ended, endChildren, REPO, type Sandbox, sluice, startChild, startSandbox } from "./child-commands.ts";
import { ACCOUNTS, COMPANIES, CONTACTS, CUSTOMERS, type Expectation, expectRecords } from "./expected-records.ts";
import { makeWarehouse, onWarehouse } from "./generate-warehouse.ts";
import { dumpOrg, fillOrg, KNOWN_ACCOUNTS, KNOWN_PEOPLE } from "./org.ts";
import { dump, fillPortal, KNOWN_CONTACTS, type PortalRecord, STRANGERS } from "./portal.ts";
import { count, type PlanFacts, plansOf, type RunFacts, rowsIn, runsOf, secondsOf, tableText } from "./run-facts.ts";

const SIZE = { customers: 20_000, companies: 800, seed: 7 };
const TIER = "pro";

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

/** Throws what the demo promised and Sluice did not keep. */
function expectThat(holds: boolean, promise: string): void {
  if (!holds) throw new Error(`broken promise: ${promise}`);
}

type Stage = {
  readonly project: string;
  readonly warehouse: string;
  readonly hubspot: Sandbox;
  readonly salesforce: Sandbox;
  readonly table: string[][];
};

/** A working project in a folder of its own: the repository's files, its own warehouse, its own CRMs. */
async function setUp(project: string): Promise<Stage> {
  const warehouse = join(project, "warehouse.duckdb");
  await cp(join(REPO, "models"), join(project, "models"), { recursive: true });
  await cp(join(REPO, "syncs"), join(project, "syncs"), { recursive: true });
  await makeWarehouse(warehouse, SIZE);
  const [hubspot, salesforce] = [await startSandbox(TIER), await startSandbox(TIER, "salesforce")];
  const settings = (await readFile(join(REPO, "sluice.yml"), "utf8"))
    .replace(/http:\/\/127\.0\.0\.1:4010\b/, hubspot.url)
    .replace(/http:\/\/127\.0\.0\.1:4020\b/, salesforce.url);
  await writeFile(join(project, "sluice.yml"), settings);
  await fillPortal(hubspot, warehouse, SIZE.seed);
  await fillOrg(salesforce, warehouse, SIZE.seed);
  return { project, warehouse, hubspot, salesforce, table: [] };
}

async function command(stage: Stage, words: string, expected: number): Promise<Ended> {
  const ended = await sluice([...words.split(" "), "--project", stage.project, "--json"]);
  say(`\n$ sluice ${words}    exit ${ended.status}, ${ended.seconds.toFixed(1)} s`);
  if (ended.status !== expected) say(ended.stderr.trimEnd());
  expectThat(ended.status === expected, `sluice ${words} exits ${expected}`);
  return ended;
}

type LinkFacts = { unlinked: number; linked: number; none: number; entries: { fields: string[]; found: number }[] };

async function link(stage: Stage, words: string, known: number): Promise<void> {
  const ended = await command(stage, words, 0);
  const { link: found } = JSON.parse(ended.stdout) as { link: LinkFacts };
  const byEntry = found.entries.map((entry) => `${count(entry.found)} by ${entry.fields.join(" + ")}`).join(", ");
  say(
    `  ${count(found.linked)} of ${count(found.unlinked)} rows have a record already: ${byEntry}, ${count(found.none)} by none`,
  );
  expectThat(found.linked === known, `${known} records are linked, not ${found.linked}`);
}

async function plan(stage: Stage, words: string): Promise<readonly PlanFacts[]> {
  const plans = plansOf((await command(stage, words, 0)).stdout);
  for (const one of plans) {
    const { counts, forecast } = one;
    const changes = ["added", "changed", "removed", "unchanged"].map((name) => `${count(counts[name] ?? 0)} ${name}`);
    say(`  ${one.sync}: ${count(counts.read ?? 0)} rows: ${changes.join(", ")}`);
    say(
      `    ${count(forecast.creates)} records to create, ${count(forecast.adopts)} existing ones adopted; about ${count(forecast.calls)} calls, ${forecast.seconds} s`,
    );
    for (const row of samples(one)) say(`    ${row}`);
    for (const guard of one.guards.filter((verdict) => verdict.held)) say(`    ${guardText(guard)}`);
  }
  return plans;
}

function guardText(guard: RunFacts["guards"][number]): string {
  return `held by guard ${guard.guard}: ${count(guard.value)} of ${count(guard.of)} rows, limit ${guard.limit}`;
}

/** One changed row of each sort, its first fields old → new. */
function samples(plan: PlanFacts): string[] {
  const chosen = new Map(plan.sample.filter((row) => row.record !== null).map((row) => [row.change, row]));
  return [...chosen.values()].map((row) => {
    const fields = row.fields
      .filter((field) => field.old !== field.new)
      .slice(0, 3)
      .map((field) => `${field.field} ${field.old ?? "∅"} → ${field.new ?? "∅"}`);
    const what = row.change === "removed" ? "-" : "~";
    return `${what} ${row.key}${row.adopted ? " adopt" : ""} record ${row.record}${fields.length > 0 ? `: ${fields.join(", ")}` : ""}`;
  });
}

async function run(stage: Stage, words: string, expected: number): Promise<ReadonlyMap<string, RunFacts>> {
  const runs = runsOf((await command(stage, words, expected)).stdout);
  for (const one of runs) {
    const waiting = one.counts?.waiting ?? 0;
    say(
      `  ${one.sync}: ${one.state}${one.reason === null ? "" : `: ${one.reason}`}${waiting > 0 ? `, ${waiting} rows wait` : ""}`,
    );
    stage.table.push(tableRow(one));
  }
  return new Map(runs.map((one) => [one.sync, one]));
}

const HEAD = "run,state,rows,created,adopted,applied,rejected,calls,429s,seconds,rows/s".split(",");

function tableRow(one: RunFacts): string[] {
  const applied = rowsIn(one, "applied");
  const seconds = secondsOf(one);
  const numbers = [one.counts?.read ?? 0, one.created, one.adopted, applied, rowsIn(one, "rejected"), one.calls];
  return [
    one.sync.replace("_to_", " → "),
    one.state,
    ...numbers.map(count),
    count(one.throttled),
    seconds.toFixed(1),
    applied > 0 ? count(Math.round(applied / seconds)) : "",
  ];
}

async function tellRejected(stage: Stage, id: string): Promise<number> {
  const ended = await sluice(["rows", id, "--state", "rejected", "--project", stage.project, "--json"]);
  type Example = { key: string; message: string };
  const { groups } = JSON.parse(ended.stdout) as {
    groups: { count: number; code: string; field: string; examples: Example[] }[];
  };
  for (const group of groups) {
    say(`    ${group.count} × ${group.code} ${group.field ?? ""}`);
    for (const example of group.examples) say(`      ${example.key}  ${example.message}`);
  }
  return groups.reduce((sum, group) => sum + group.count, 0);
}

type Oracle = ReturnType<typeof expectRecords>;
type Watched = {
  readonly object: string;
  readonly oracle: Oracle;
  readonly dump: () => Promise<readonly PortalRecord[]>;
};

async function watch(stage: Stage, object: string, expectation: Expectation): Promise<Watched> {
  const isOurs = object === "Account" || object === "Contact";
  const read = () => (isOurs ? dumpOrg(stage.salesforce, object) : dump(stage.hubspot, object));
  return { object, oracle: expectRecords(expectation, await read()), dump: read };
}

/** Every record of both CRMs against the models' rows; rows that HubSpot refused are as they were. */
async function compare(stage: Stage, watched: readonly Watched[], refused: ReadonlySet<string>): Promise<number> {
  say("");
  let differences = 0;
  for (const { object, oracle, dump: read } of watched) {
    // The one of them that Salesforce has too is taken there.
    await oracle.follow(stage.project, object === "contacts" ? refused : new Set());
    const result = oracle.compare(await read());
    differences += result.differences.length;
    const kept = result.keptTyped > 0 ? `, ${count(result.keptTyped)} typed values kept` : "";
    say(
      `compared ${object}: ${count(result.records)} records, ${count(result.values)} values${kept}: ${count(result.differences.length)} differences`,
    );
    for (const line of result.differences.slice(0, 10)) say(`  ${line}`);
  }
  return differences;
}

async function play(stage: Stage): Promise<void> {
  const watched = [
    await watch(stage, "contacts", CUSTOMERS),
    await watch(stage, "companies", COMPANIES),
    await watch(stage, "Account", ACCOUNTS),
    await watch(stage, "Contact", CONTACTS),
  ];
  const nobody = new Set<string>();

  await link(stage, "link customers_to_hubspot", KNOWN_CONTACTS);
  await link(stage, "link companies_to_salesforce", KNOWN_ACCOUNTS);
  await link(stage, "link contacts_to_salesforce", KNOWN_PEOPLE);
  const plans = await plan(stage, "plan --all");
  const adopts = plans.find((one) => one.sync === "customers_to_hubspot")?.forecast.adopts;
  expectThat(adopts === KNOWN_CONTACTS, `${KNOWN_CONTACTS} contacts are found by e-mail, not ${adopts}`);

  const held = await run(stage, "run --all", 4);
  for (const sync of ["customers_to_hubspot", "contacts_to_salesforce"])
    expectThat(held.get(sync)?.state === "blocked", `${sync} waits for somebody to look at it`);
  await run(stage, "run customers_to_hubspot contacts_to_salesforce --approve", 0);
  expectThat((await compare(stage, watched, nobody)) === 0, "after the first run every record is as the models say");

  say("\nA day later: some hundred rows changed, 40 new e-mails, 60 customers gone, 25 new, five broken e-mails");
  await changeWarehouse(stage.warehouse, SIZE.seed);
  await plan(stage, "plan --all");
  const partial = await run(stage, "run --all", 3);
  const rejected = await tellRejected(stage, partial.get("customers_to_hubspot")?.id ?? "last");
  expectThat(rejected === POISON.length, `${POISON.length} rows are rejected, not ${rejected}`);
  const refused = new Set(await poisoned(stage));
  expectThat((await compare(stage, watched, refused)) === 0, "all rows but the refused ones arrived");
  const quiet = await run(stage, "run --all", 0);
  for (const one of quiet.values())
    expectThat(rowsIn(one, "applied") === 0, `the next run of ${one.sync} sends nothing`);

  say("\nThe five e-mails are mended");
  await mendPoison(stage.warehouse);
  const mended = (await run(stage, "run --all", 0)).get("customers_to_hubspot");
  expectThat(mended !== undefined && rowsIn(mended, "applied") === POISON.length, "the mended rows alone are sent");
  expectThat((await compare(stage, watched, nobody)) === 0, "in the end every record is as the models say");
}

async function poisoned(stage: Stage): Promise<string[]> {
  const refused = POISON.map((row) => `'${row.email}'`).join(", ");
  return onWarehouse(stage.warehouse, async (db) => {
    const reader = await db.runAndReadAll(`select customer_id from customers where email in (${refused})`);
    return reader.getRows().map((row) => String(row[0]));
  });
}

async function refusals(stage: Stage): Promise<number> {
  const logs = await Promise.all(
    [stage.hubspot, stage.salesforce].map((sandbox) => sandbox.control("GET", "requests?since=0")),
  );
  return (logs.flat() as { status: number }[]).filter((call) => call.status === 429).length;
}

/** The same project under a service, for whoever wants to try it, until Ctrl-C. */
async function show(stage: Stage, port: string): Promise<number> {
  const service = await startChild(["serve", "--project", stage.project, "--port", port], /(serving .*)/);
  say(`\n$ sluice serve --port ${port}\n${service.found}\n\nits project lies in ${stage.project}`);
  return new Promise((resolve) => service.child.once("exit", (status) => resolve(status ?? 1)));
}

const OPTIONS = { serve: { type: "boolean" }, port: { type: "string", default: "4400" } } as const;

async function main(): Promise<number> {
  const { serve, port } = parseArgs({ options: OPTIONS }).values;
  const startedAt = performance.now();
  const folder = await mkdtemp(join(tmpdir(), "sluice-demo-"));
  let stage: Stage | null = null;
  const stop = async (): Promise<void> => {
    await stage?.hubspot.stop();
    await stage?.salesforce.stop();
    endChildren();
    await rm(folder, { recursive: true, force: true });
  };
  // npm hands a signal on that the terminal has given to all of them already.
  let isLeaving = false;
  const leave = (status: number): void => {
    if (!isLeaving) void stop().then(() => process.exit(status));
    isLeaving = true;
  };
  process.on("SIGINT", () => leave(130));
  process.on("SIGTERM", () => leave(143));
  try {
    say(
      `A DuckDB warehouse with ${count(SIZE.customers)} customers, ${SIZE.companies} companies and their orders;\n` +
        `a HubSpot sandbox (tier ${TIER}: 190 calls in any 10 s) with ${count(KNOWN_CONTACTS + STRANGERS)} contacts, ${count(KNOWN_CONTACTS)} of them customers;\n` +
        `a Salesforce sandbox with accounts and contacts without external ids, ${KNOWN_ACCOUNTS} and ${KNOWN_PEOPLE} of them ours.`,
    );
    stage = await setUp(folder);
    if (serve === true) return await show(stage, port);
    await play(stage);
    say(`\n${tableText(HEAD, stage.table, 2)}`);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
    say(`\nNo difference. The CRMs answered 429 ${await refusals(stage)} times. ${seconds} s in all.`);
    return 0;
  } catch (error) {
    say(`\n${error instanceof Error ? error.message : String(error)}`);
    return 1;
  } finally {
    await stop();
  }
}

process.exitCode = await main();
