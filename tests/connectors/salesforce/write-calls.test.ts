// Proves what goes out: collections of one object, changed fields only, parents by external id, exact numbers, and the headers that keep us a guest.
import { afterEach, beforeEach, expect, test } from "vitest";
import type { CallOperation, Destination, Write } from "../../../src/contract/destination.ts";
import { openAt, scriptedServer } from "./scripted-server.ts";

let server: Awaited<ReturnType<typeof scriptedServer>>;
let destination: Destination;
const quiet = new AbortController().signal;
const A = "0035g000000aaaaAAA";
const B = "0035g000000bbbbAAA";
const C = "0035g000000ccccAAA";

async function open(config: object = {}): Promise<void> {
  destination = await openAt(server.url, config);
  const names = ["Account.Number__c", "Account.Serial__c", "Owner:User.Username", "RecordType.DeveloperName"];
  await destination.describe("Contact", names, quiet);
}

beforeEach(async () => {
  server = await scriptedServer();
  await open();
});
afterEach(async () => {
  await destination.close();
  await server.close();
});

const write = (operation: CallOperation, writes: readonly Write[]) =>
  destination.write({ object: "Contact", operation, writes }, quiet);
const done = (...ids: string[]) => ({ body: ids.map((id) => ({ id, success: true, errors: [] })) });
const byKey = (key: string, fields: Write["fields"] = {}): Write => ({
  by: { match: { Number__c: key.toLowerCase() } },
  fields,
});

test("upsert: by one external id, in the row's own spelling, partial success allowed", async () => {
  server.script(done(A));
  await write("upsert", [byKey("K-1", { Number__c: "K-1", LastName: "Ada" })]);
  expect(server.seen[0]).toMatchObject({
    method: "PATCH",
    path: "/composite/sobjects/Contact/Number__c",
    headers: { "content-type": expect.stringContaining("application/json") },
    body: {
      allOrNone: false,
      records: [{ attributes: { type: "Contact" }, Number__c: "K-1", LastName: "Ada" }],
    },
  });
});

test("upsert: a row that does not carry its match value gets it", async () => {
  server.script(done(A));
  await write("upsert", [byKey("K-1", { LastName: "Ada" })]);
  expect(server.seen[0]?.body.records[0]).toMatchObject({ Number__c: "k-1", LastName: "Ada" });
});

test("update: by record id, with nothing but the fields that are given", async () => {
  server.script(done(A));
  await write("update", [{ by: { id: A }, fields: { LastName: "Ada", Email: null } }]);
  expect(server.seen[0]).toMatchObject({ method: "PATCH", path: "/composite/sobjects" });
  expect(server.seen[0]?.body.records).toEqual([
    { attributes: { type: "Contact" }, id: A, LastName: "Ada", Email: null },
  ]);
});

test("create: POST; the match values of every field stand in the record", async () => {
  server.script(done(A));
  const match = { Number__c: "k", "Account.Number__c": "acc" };
  await write("create", [{ by: { match }, fields: { LastName: "Ada" } }]);
  expect(server.seen[0]).toMatchObject({ method: "POST", path: "/composite/sobjects" });
  expect(server.seen[0]?.body.records).toEqual([
    { attributes: { type: "Contact" }, LastName: "Ada", Number__c: "k", Account: { Number__c: "acc" } },
  ]);
});

test("delete: ids in the address, no body", async () => {
  server.script(done(A, B));
  const reply = await write(
    "delete",
    [A, B].map((id) => ({ by: { id }, fields: {} })),
  );
  expect(server.seen[0]).toMatchObject({
    method: "DELETE",
    path: `/composite/sobjects?ids=${A},${B}&allOrNone=false`,
    body: "",
  });
  expect(reply.outcomes).toMatchObject([
    { kind: "applied", remoteId: A },
    { kind: "applied", remoteId: B },
  ]);
});

test("each type in its own form: no digit of a number is lost, null unticks a checkbox", async () => {
  server.script(done(A), done(A));
  const fields = {
    Colours__c: '["blue","red"]',
    Seen__c: "2026-03-01T09:59:59.250123Z",
    Birthdate: "1979-12-31",
    Vip__c: "true",
    Score__c: "1.5e3",
    LastName: 'Zoë "Q" \\ \n 👩‍👧',
  };
  await write("update", [{ by: { id: A }, fields }]);
  expect(server.seen[0]?.body.records[0]).toMatchObject({
    Colours__c: "blue;red",
    Seen__c: "2026-03-01T09:59:59.250Z",
    Birthdate: "1979-12-31",
    Vip__c: true,
    Score__c: 1500,
    LastName: 'Zoë "Q" \\ \n 👩‍👧',
  });
  await write("update", [{ by: { id: A }, fields: { Vip__c: null, Score__c: null, Colours__c: null } }]);
  expect(server.seen[1]?.body.records[0]).toMatchObject({ Vip__c: false, Score__c: null, Colours__c: null });
});

test("parents by external id, by a numeric one, by kind where there are several; cleared by their id", async () => {
  server.script(done(A, B, C));
  await write("update", [
    { by: { id: A }, fields: { "Account.Number__c": "acc-1", "Owner:User.Username": "u@acme.example" } },
    { by: { id: B }, fields: { "Account.Serial__c": "9007199254740993" } },
    { by: { id: C }, fields: { "Account.Number__c": null, "Owner:User.Username": null } },
  ]);
  const byId = new Map(server.seen[0]?.body.records.map((record: { id: string }) => [record.id, record]));
  expect(byId.get(A)).toMatchObject({
    Account: { Number__c: "acc-1" },
    Owner: { attributes: { type: "User" }, Username: "u@acme.example" },
  });
  expect(server.seen[0]?.text).toContain('"Account":{"Serial__c":9007199254740993}');
  expect(byId.get(C)).toEqual({ attributes: { type: "Contact" }, id: C, AccountId: null, OwnerId: null });
});

test("record types by name become ids", async () => {
  server.script(done(A));
  await write("update", [{ by: { id: A }, fields: { "RecordType.DeveloperName": "Buyer" } }]);
  expect(server.seen[0]?.body.records[0]).toMatchObject({ RecordTypeId: "0125g000000aaaaAAA" });
});

test("rows of one parent stand together in the call, and every outcome goes to its own row", async () => {
  const parents = ["acc-2", "acc-1", null, "acc-2", "acc-1"];
  const writes = parents.map((parent, row) => byKey(`K${row}`, { "Account.Number__c": parent, LastName: `L${row}` }));
  server.script({
    body: [2, 1, 4, 0, 3].map((row) => ({ id: `0035g000000aaa${row}AAA`, success: true, created: true, errors: [] })),
  });
  const reply = await write("upsert", writes);
  expect(server.seen[0]?.body.records.map((record: { LastName: string }) => record.LastName)).toEqual([
    "L2",
    "L1",
    "L4",
    "L0",
    "L3",
  ]);
  expect(reply.outcomes.map((outcome) => outcome.kind === "applied" && outcome.remoteId)).toEqual(
    [0, 1, 2, 3, 4].map((row) => `0035g000000aaa${row}AAA`),
  );
});

test.each([
  [{}, "FALSE"],
  [{ assignment_rules: "default" }, "TRUE"],
  [{ assignment_rules: "01Q5g000000abcdEAA" }, "01Q5g000000abcdEAA"],
])("assignment rules %j: Sforce-Auto-Assign %s", async (config, header) => {
  await destination.close();
  await open(config);
  server.script(done(A), done(A));
  await write("create", [{ by: { match: {} }, fields: { LastName: "x" } }]);
  await write("update", [{ by: { id: A }, fields: { LastName: "x" } }]);
  for (const { headers } of server.seen) expect(headers["sforce-auto-assign"]).toBe(header);
});

test("duplicate alerts are lifted, and matching records asked for", async () => {
  server.script(done(A));
  await write("create", [{ by: { match: {} }, fields: { LastName: "x" } }]);
  expect(server.seen[0]?.headers["sforce-duplicate-rule-header"]).toBe(
    "allowSave=true; includeRecordDetails=true; runAsCurrentUser=true",
  );
});

test("the version and the batch size are those of the connection", async () => {
  await destination.close();
  destination = await openAt(server.url, { api_version: "60.0", batch_size: 50 });
  expect(destination.abilities.batchSize).toBe(50);
  server.script({ body: { name: "Contact", fields: [] } });
  await destination.describe("Contact", [], quiet);
  expect(server.seen[0]?.rawPath).toBe("/services/data/v60.0/sobjects/Contact/describe");
});

test("the caller's promises are held to it, and what Salesforce cannot upsert by is said", async () => {
  const byId = { by: { id: A }, fields: {} };
  await expect(write("update", [byId, byId])).rejects.toMatchObject({ code: "INTERNAL" });
  await expect(write("upsert", [byKey("C"), byKey("C")])).rejects.toMatchObject({ code: "INTERNAL" });
  const two: Write = { by: { match: { Number__c: "1", Email: "a@b.c" } }, fields: {} };
  await expect(write("upsert", [two])).rejects.toMatchObject({ code: "DESTINATION_REFUSED" });
  const none: Write = { by: { match: { LastName: "x" } }, fields: {} };
  await expect(write("upsert", [none])).rejects.toMatchObject({
    code: "DESTINATION_REFUSED",
    fix: expect.stringContaining("external id"),
  });
  expect(server.seen).toEqual([]);
});
