// Proves that records are found by id, unique field and any fields, in SOQL that holds, under every id that a record answers to (S6, S7).
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Destination, FindRequest } from "../../../src/contract/destination.ts";
import { openAt, scriptedServer } from "./scripted-server.ts";

let server: Awaited<ReturnType<typeof scriptedServer>>;
let destination: Destination;
const quiet = new AbortController().signal;

beforeEach(async () => {
  server = await scriptedServer();
  destination = await openAt(server.url);
  await destination.describe("Contact", ["Account.Number__c"], quiet);
  await destination.describe("Lead", [], quiet);
});
afterEach(async () => {
  await destination.close();
  await server.close();
});

const find = (by: FindRequest["by"], values: readonly string[], fields: readonly string[] = [], object = "Contact") =>
  destination.find({ object, by, values, fields }, quiet);
const page = (records: readonly object[], more: object = {}) => ({
  body: { totalSize: records.length, done: true, records, ...more },
});
const A = "0035g000000aaaaAAA";
const B = "0035g000000bbbbAAA";
const soql = (call = 0) => new URL(server.seen[call]?.rawPath ?? "", server.url).searchParams.get("q");

test("by a unique field, in any case, with present values in canonical text", async () => {
  const record = {
    Id: A.slice(0, 15),
    Number__c: "c-1",
    Colours__c: "red;blue",
    Seen__c: "2026-03-01T10:00:00.000+0000",
    Score__c: 12345678.25,
    Vip__c: false,
    Birthdate: null,
    RecordTypeId: "0125g000000aaaaAAA",
    Account: { Number__c: "acc-1" },
  };
  server.script(page([record]));
  const fields = ["Colours__c", "Seen__c", "Score__c", "Vip__c", "Birthdate", "RecordType.DeveloperName"];
  const reply = await find({ unique: "Number__c" }, ["C-1", "C-2"], [...fields, "Account.Number__c"]);
  const present = {
    Colours__c: '["blue","red"]',
    Seen__c: "2026-03-01T10:00:00.000Z",
    Score__c: "12345678.25",
    Vip__c: "false",
    Birthdate: null,
    "RecordType.DeveloperName": "Buyer",
    "Account.Number__c": "acc-1",
  };
  expect([...reply.found]).toEqual([["C-1", [{ remoteId: A, fields: present }]]]);
  expect(soql()).toBe(
    "SELECT Id,Number__c,Colours__c,Seen__c,Score__c,Vip__c,Birthdate,RecordTypeId,Account.Number__c FROM Contact WHERE Number__c IN ('C-1','C-2')",
  );
  expect(server.seen[0]).toMatchObject({ method: "GET", path: expect.stringMatching(/^\/query\/\?q=/) });
});

test("quotes, backslashes and line ends in values stay values", async () => {
  server.script(page([]));
  await find({ fields: ["LastName"] }, ["o'neil\\') or Id != null --", 'two\nlines "q"']);
  expect(soql()).toBe(
    `SELECT Id,LastName FROM Contact WHERE LastName IN ('o\\'neil\\\\\\') or Id != null --','two\\nlines \\"q\\"')`,
  );
});

test("by several fields all of which must agree", async () => {
  const rows = [
    { Id: A, LastName: "Ada", Score__c: 1.5 },
    { Id: B, LastName: "ADA", Score__c: 2 },
  ];
  server.script(page(rows));
  const asked = [
    ["ada", "1.50"],
    ["ada", "2"],
    ["bob", "x"],
  ].map((pair) => JSON.stringify(pair));
  const reply = await find({ fields: ["LastName", "Score__c"] }, asked);
  expect(soql()).toBe(
    "SELECT Id,LastName,Score__c FROM Contact WHERE ((LastName = 'ada' AND Score__c = 1.50) OR (LastName = 'ada' AND Score__c = 2))",
  );
  expect([...reply.found].map(([value, found]) => [value, found.map(({ remoteId }) => remoteId)])).toEqual([
    [asked[0], [A]],
    [asked[1], [B]],
  ]);
});

test("each type in its own form; values that no record can have are not asked for", async () => {
  server.script(page([]), page([]), page([]), page([]), page([]));
  await find({ fields: ["Vip__c"] }, ["true", "maybe"]);
  await find({ fields: ["Birthdate"] }, ["1979-12-31"]);
  await find({ fields: ["Seen__c"] }, ["2026-03-01T09:59:59.250123Z"]);
  await find({ fields: ["AccountId"] }, ["0015g000000aaaaAAA", "no id"]);
  await find({ fields: ["RecordType.DeveloperName"] }, ["Buyer", "Nobody"]);
  expect(server.seen.map((_, call) => soql(call)?.split(" WHERE ")[1])).toEqual([
    "Vip__c IN (true)",
    "Birthdate IN (1979-12-31)",
    "Seen__c IN (2026-03-01T09:59:59.250Z)",
    "AccountId IN ('0015g000000aaaaAAA')",
    "RecordTypeId IN ('0125g000000aaaaAAA')",
  ]);
  expect((await find({ fields: ["Score__c"] }, ["1 OR 1=1"])).calls).toBe(0);
});

test("several records of one value are all told, over all pages", async () => {
  const next = "/services/data/v67.0/query/01g5g000000abcd-2000";
  const records = (ids: readonly string[]) => ids.map((Id) => ({ Id, Email: "Ada@x.example" }));
  server.script(page(records([A]), { done: false, nextRecordsUrl: next }), page(records([B])));
  const reply = await find({ fields: ["Email"] }, ["ada@x.example"]);
  expect(reply.found.get("ada@x.example")?.map(({ remoteId }) => remoteId)).toEqual([A, B]);
  expect(reply.calls).toBe(2);
  expect(server.seen[1]?.rawPath).toBe(next);
});

test("a page that is missing is a fault, not fewer records", async () => {
  server.script(page([{ Id: A, Email: "a@x.example" }], { done: false }));
  await expect(find({ fields: ["Email"] }, ["a@x.example"])).rejects.toMatchObject({ code: "DESTINATION_ANSWER" });
});

test("a lookup that its address cannot hold is cut into several, each below 16,000 bytes", async () => {
  const values = Array.from({ length: 400 }, (_, row) => `ключ-${row}-${"ж".repeat(20)}`);
  server.script(...Array.from({ length: 30 }, () => page([])));
  const reply = await find({ unique: "Number__c" }, values);
  expect(reply.calls).toBeGreaterThan(1);
  expect(reply.calls).toBe(server.seen.length);
  for (const { rawPath } of server.seen) expect(rawPath.length).toBeLessThan(16_000);
  const asked = server.seen.flatMap((_, call) => [...(soql(call) ?? "").matchAll(/'([^']+)'/g)].map((hit) => hit[1]));
  expect(asked).toEqual(values);
});

test("by id: a merged record is found under the record that it lives on in, deleted ones are not", async () => {
  const C = "0035g000000ccccAAA";
  const D = "0035g000000ddddAAA";
  server.script(
    page([
      { Id: A, IsDeleted: true, MasterRecordId: B, LastName: "old" },
      { Id: D, IsDeleted: true, MasterRecordId: null },
    ]),
    page([{ Id: B, IsDeleted: true, MasterRecordId: C }]),
    page([{ Id: C, IsDeleted: false, MasterRecordId: null, LastName: "new" }]),
  );
  const reply = await find("recordId", [A, D, "no id"], ["LastName"]);
  expect([...reply.found]).toEqual([[A, [{ remoteId: C, fields: { LastName: "new" } }]]]);
  expect(reply.calls).toBe(3);
  expect(server.seen[0]?.path).toMatch(/^\/queryAll\/\?q=SELECT Id,IsDeleted,MasterRecordId,LastName FROM Contact/);
});

test("records that point at each other as merged end the search", async () => {
  const row = (Id: string, MasterRecordId: string) => ({ Id, IsDeleted: true, MasterRecordId });
  server.script(page([row(A, B)]), page([row(B, A)]));
  expect((await find("recordId", [A])).found.size).toBe(0);
});

test("converted leads are not matched: they take no changes any more", async () => {
  server.script(page([]), page([]));
  await find({ fields: ["Email"] }, ["a@x.example"], [], "Lead");
  await find({ fields: ["Email", "OwnerId"] }, ['["a@x.example","0055g000000aaaaAAA"]'], [], "Lead");
  expect(soql(0)).toMatch(/WHERE Email IN \('a@x.example'\) AND IsConverted = false$/);
  expect(soql(1)).toMatch(/WHERE \(\(Email = .* AND OwnerId = .*\)\) AND IsConverted = false$/);
});

test("a field that cannot be filtered by is refused before anything is sent", async () => {
  await expect(find({ fields: ["Notes__c"] }, ["x"])).rejects.toMatchObject({ code: "DESTINATION_REFUSED" });
  await expect(find({ fields: ["Nobody__c"] }, ["x"])).rejects.toMatchObject({
    message: expect.stringContaining("unknown or not visible"),
  });
  expect(server.seen).toEqual([]);
});

test.each([
  ["an empty answer", { body: "" }, "DESTINATION_ANSWER"],
  ["no records", { body: { done: true } }, "DESTINATION_ANSWER"],
  ["HTML", { status: 502, body: "<html>" }, "DESTINATION_ANSWER"],
  ["a refusal", { status: 400, body: [{ errorCode: "MALFORMED_QUERY", message: "x" }] }, "DESTINATION_REFUSED"],
])("%s finds nothing out", async (_, script, code) => {
  server.script(script);
  await expect(find({ unique: "Number__c" }, ["C1"])).rejects.toMatchObject({ code });
});
