// Proves the control calls: fields, records, dump, set-up; and that each refuses what it does not understand.
import { expect, test } from "vitest";
import { codes } from "./client.ts";
import { plainClient } from "./plain-client.ts";
import { EXTERNAL_ID } from "./rules.ts";
import { startedSandbox } from "./started-sandbox.ts";

test("it starts with standard objects, one active user, the organization and no records", async () => {
  const sandbox = await startedSandbox();
  for (const object of [
    "Account",
    "Contact",
    "Lead",
    "Opportunity",
    "Case",
    "Task",
    "Campaign",
    "Group",
    "RecordType",
  ]) {
    expect(await sandbox.dump(object), object).toEqual([]);
  }
  expect(await sandbox.dump("User")).toMatchObject([{ Username: "integration@sandbox.example", IsActive: true }]);
  expect(await sandbox.dump("Organization")).toMatchObject([{ Id: expect.stringMatching(/^00D/) }]);
});

test("fields adds to standard objects, makes custom ones, and changes in a field what is given", async () => {
  const sandbox = await startedSandbox();
  await sandbox.fields("Car__c", { name: "Plate__c", unique: true, required: true, length: 10, label: "Plate" });
  const made = await sandbox.control("POST", "fields", {
    object: "Car__c",
    fields: [{ name: "Plate__c", length: 12 }],
  });
  expect(made).toMatchObject({
    status: 200,
    body: {
      object: "Car__c",
      keyPrefix: "a00",
      fields: [{ name: "Plate__c", label: "Plate", length: 12, unique: true, nillable: false }],
    },
  });
  await sandbox.fields("Contact", { name: "Phone", visible: false }, { name: "LeadSource", restricted: true });
  const client = await plainClient(sandbox.url);
  const reply = await client.create("Contact", [
    { LastName: "A", Phone: "1" },
    { LastName: "A", LeadSource: "Nowhere" },
  ]);
  expect(codes(reply)).toEqual(["INVALID_FIELD", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"]);
  expect(await sandbox.dump("Contact")).toEqual([]);
});

test("a field that comes later is indexed for the records that are there, and gives them its default", async () => {
  const sandbox = await startedSandbox();
  await sandbox.seed("Contact", { LastName: "A", Fax: "7" });
  await sandbox.fields(
    "Contact",
    { name: "Fax", external_id: true, unique: true },
    { name: "Vip__c", type: "boolean" },
  );
  const client = await plainClient(sandbox.url);
  expect((await client.upsert("Contact", "Fax", [{ Fax: "7", LastName: "B" }])).body[0]?.created).toBe(false);
  expect(await sandbox.dump("Contact")).toMatchObject([{ LastName: "B", Vip__c: false }]);
});

test("records may set what the API may not, and pass rules; one that is wrong takes all back", async () => {
  const sandbox = await startedSandbox();
  await sandbox.fields("Account", EXTERNAL_ID);
  await sandbox.setUp("validation-rules", { object: "Account", when: {}, message: "never" });
  await sandbox.seed("Account", { Name: "A", Ext__c: "a", CreatedDate: "2020-01-01T00:00:00Z" });
  await sandbox.seed("Contact", { LastName: "C", Account: { Ext__c: "A" }, HasOptedOutOfEmail: true });
  const [account] = await sandbox.dump("Account");
  expect(account).toMatchObject({ CreatedDate: "2020-01-01T00:00:00.000+0000" });
  expect(await sandbox.dump("Contact")).toMatchObject([{ AccountId: account?.Id }]);
  const records = [
    { Name: "B", Ext__c: "b" },
    { Name: "C", Ext__c: "A" },
  ];
  const refused = await sandbox.control("POST", "records", { object: "Account", records });
  expect(refused).toMatchObject({
    status: 400,
    body: { error: expect.stringContaining("records[1]: DUPLICATE_VALUE") },
  });
  expect(await sandbox.dump("Account")).toHaveLength(1);
});

test("reset brings back the new org: no records, no fields, no rules; its id stays", async () => {
  const sandbox = await startedSandbox();
  const [org] = await sandbox.dump("Organization");
  await sandbox.fields("Car__c", EXTERNAL_ID);
  await sandbox.fields("Contact", EXTERNAL_ID);
  await sandbox.setUp("duplicate-rules", { object: "Contact", fields: ["LastName"], action: "block" });
  await sandbox.seed("Contact", { LastName: "A" });
  expect(await sandbox.control("POST", "reset")).toMatchObject({ status: 200 });
  expect(await sandbox.dump("Contact")).toEqual([]);
  expect((await sandbox.dump("Organization"))[0]?.Id).toBe(org?.Id);
  expect((await sandbox.control("GET", "dump?object=Car__c")).status).toBe(400);
  const client = await plainClient(sandbox.url);
  const rows = [{ LastName: "A" }, { LastName: "A" }, { LastName: "A", Ext__c: "1" }];
  expect(codes(await client.create("Contact", rows))).toEqual(["ok", "ok", "INVALID_FIELD"]);
});

test("what a control call does not understand is a 400 that says where", async () => {
  const sandbox = await startedSandbox();
  const wrong: [string, unknown, string][] = [
    ["fields", { object: "Cars" }, "a new one ends in __c"],
    ["fields", { object: "Contact", fields: [{ name: "plain" }] }, "fields[0].name"],
    ["fields", { object: "Contact", fields: [{ name: "A__c", type: "text" }] }, "fields[0].type"],
    ["fields", { object: "Contact", fields: [{ name: "A__c", type: "reference" }] }, "reference_to"],
    ["fields", { object: "Contact", fields: [{ name: "A__c", lenght: 5 }] }, "lenght"],
    ["records", { object: "Nothing", records: [] }, "Nothing"],
    ["records", { object: "Contact", records: [{ Foo: 1 }] }, "records[0]: INVALID_FIELD"],
  ];
  for (const [name, body, says] of wrong) {
    expect(await sandbox.control("POST", name, body)).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining(says) },
    });
  }
  const [master = "", ...losers] = await sandbox.seed(
    "Lead",
    ...["A", "B", "C", "D"].map((LastName) => ({ LastName, Company: "C" })),
  );
  const [contact] = await sandbox.seed("Contact", { LastName: "A" });
  for (const [name, body] of [
    ["merge", { object: "Lead", master, losers }],
    ["merge", { object: "Lead", master, losers: [contact] }],
    ["merge", { object: "Lead", master, losers: [master] }],
    ["edit", { id: contact, values: { Foo: 1 } }],
    ["triggers", { object: "Contact" }],
    ["triggers", { object: "Contact", when: { Foo: 1 }, error: "X" }],
    ["merge", { object: "Contact", master: "003000000000001AAA", losers: [] }],
    ["convert", { lead: "nobody" }],
    ["keys", { client_id: "a", public_key: "b" }],
    ["limits", { daily: -1 }],
    ["assignment-rules", { object: "Contact", owner: "x" }],
    ["nonsense", {}],
  ] as const) {
    await expect(sandbox.setUp(name, body), name).rejects.toThrow(/: 40[04] /);
  }
  expect(await sandbox.dump("Lead")).toHaveLength(4);
});
