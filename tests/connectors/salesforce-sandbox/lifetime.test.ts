// Proves what a data file keeps between starts, and what a sandbox refuses to start with.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { codes } from "./client.ts";
import { plainClient } from "./plain-client.ts";
import { EXTERNAL_ID } from "./rules.ts";
import { startedSandbox } from "./started-sandbox.ts";

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "salesforce-sandbox-"));
  onTestFinished(() => rmSync(made, { recursive: true }));
  return made;
}

test("records, fields, rules and deleted records outlive a restart; ids go on", async () => {
  const dataFile = join(folder(), "org.json");
  const first = await startedSandbox({ dataFile });
  await first.fields("Contact", EXTERNAL_ID);
  await first.setUp("duplicate-rules", { object: "Contact", fields: ["Phone"], action: "block" });
  const { id } = await first.setUp<{ id: string }>("record-types", { object: "Contact", developer_name: "Vip" });
  const [gone = ""] = await first.seed(
    "Contact",
    { LastName: "A", Ext__c: "a", Phone: "1" },
    { LastName: "B", Ext__c: "b" },
  );
  await (await plainClient(first.url)).remove("Contact", [gone]);
  await first.seed("Contact", { LastName: "C", Phone: "2", RecordTypeId: id });
  const before = await first.dump("Contact", "&deleted=true");
  await first.close();

  const second = await startedSandbox({ dataFile, seed: 8 });
  expect(await second.dump("Contact", "&deleted=true")).toEqual(before);
  const client = await plainClient(second.url);
  const reply = await client.upsert("Contact", "Ext__c", [
    { Ext__c: "B", LastName: "New" },
    { Ext__c: "c", LastName: "D", Phone: "2" },
    { Ext__c: "a", LastName: "E" },
  ]);
  expect(codes(reply)).toEqual(["ok", "DUPLICATES_DETECTED", "ok"]);
  expect(reply.body.map(({ created }) => created)).toEqual([false, false, true]);
  expect(before.map(({ Id }) => Id)).not.toContain(reply.body[2]?.id);
});

test("a file of something else is refused, and left as it is", async () => {
  const path = join(folder(), "other.json");
  writeFileSync(path, '{"format":"other"}');
  await expect(startedSandbox({ dataFile: path })).rejects.toMatchObject({ code: "USAGE" });
  expect(readFileSync(path, "utf8")).toBe('{"format":"other"}');
});

test("50,000 contacts answer an IN of 500 by an index, not by looking at each", async () => {
  const sandbox = await startedSandbox();
  const many = Array.from({ length: 50_000 }, (_, n) => ({ LastName: `N${n}`, Email: `p${n}@x.example` }));
  const ids = await sandbox.seed("Contact", ...many);
  const client = await plainClient(sandbox.url);
  const emails = Array.from({ length: 500 }, (_, n) => `'P${n * 100}@x.example'`).join(",");
  await client.query("SELECT COUNT() FROM Contact");
  await client.query(`SELECT Id, Email FROM Contact WHERE Email IN (${emails})`);
  const tries = 5;
  for (let one = 0; one < tries; one++) {
    const found = await client.query(`SELECT Id, Email FROM Contact WHERE Email IN (${emails}) AND IsDeleted = false`);
    expect(found.body.totalSize).toBe(500);
    expect(found.body.records[1]?.Id).toBe(ids[100]);
  }
  const queries = (await sandbox.requests()).slice(-tries);
  expect(Math.min(...queries.map(({ ms }) => ms))).toBeLessThan(100);
});
