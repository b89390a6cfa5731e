// Proves how Salesforce's fields become ours, who the account is, and that what cannot be had is said clearly (S11).
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Destination } from "../../../src/contract/destination.ts";
import { DESCRIPTIONS, ORG, openAt, scriptedServer } from "./scripted-server.ts";

let server: Awaited<ReturnType<typeof scriptedServer>>;
let destination: Destination;
const quiet = new AbortController().signal;

beforeEach(async () => {
  server = await scriptedServer();
  destination = await openAt(server.url);
});
afterEach(async () => {
  await destination.close();
  await server.close();
});

const fieldsOf = async (object: string, names: readonly string[] = []) =>
  (await destination.describe(object, names, quiet)).value.fields;

test("each type of field becomes its field type", async () => {
  const fields = await fieldsOf("Contact");
  expect(Object.fromEntries([...fields.values()].map(({ name, type }) => [name, type]))).toMatchObject({
    Id: "reference",
    LastName: "text",
    Email: "text",
    Score__c: "number",
    Vip__c: "boolean",
    Birthdate: "date",
    Seen__c: "timestamp",
    Colours__c: "set",
    Stage__c: "option",
    AccountId: "reference",
    Notes__c: "text",
    "RecordType.DeveloperName": "option",
  });
});

test("what may be written when, what is required, and what is found", async () => {
  const fields = await fieldsOf("Contact");
  expect(fields.get("LastName")).toMatchObject({ required: true, creatable: true, updatable: true, maxLength: 80 });
  expect(fields.get("Vip__c")).toMatchObject({ required: false });
  expect(fields.get("OwnerId")).toMatchObject({ required: false });
  expect(fields.get("CreatedDate")).toMatchObject({ creatable: false, updatable: false });
  expect(fields.get("Joined__c")).toMatchObject({ creatable: true, updatable: false });
  expect(fields.get("Notes__c")).toMatchObject({ findable: false, maxLength: 32_768 });
  expect(fields.get("Id")).toMatchObject({ creatable: false, updatable: false, unique: true, upsertKey: false });
});

test("external ids and lookup fields are upsert keys; only unique ones are unique; case counts where it is so configured", async () => {
  const fields = await fieldsOf("Contact");
  expect(fields.get("Number__c")).toMatchObject({ unique: true, upsertKey: true, matchForm: "lower" });
  expect(fields.get("Code__c")).toMatchObject({ unique: true, upsertKey: true, matchForm: "exact" });
  expect(fields.get("Old_Key__c")).toMatchObject({ unique: false, upsertKey: true });
  expect(fields.get("Email")).toMatchObject({ unique: false, upsertKey: true, matchForm: "lower" });
  expect(fields.get("LastName")).toMatchObject({ unique: false, upsertKey: false, matchForm: "lower" });
});

test("options bind only where the picklist is restricted, and only active ones", async () => {
  const fields = await fieldsOf("Contact");
  expect(fields.get("Stage__c")?.options).toEqual(["a"]);
  expect(fields.get("Colours__c")?.options).toEqual(["red", "blue"]);
  expect(fields.get("Source__c")?.options).toBeNull();
});

test("record types go by their name, those that the user may give", async () => {
  const fields = await fieldsOf("Contact");
  expect(fields.get("RecordType.DeveloperName")).toMatchObject({
    options: ["Buyer"],
    creatable: true,
    updatable: true,
  });
  expect((await fieldsOf("Account")).has("RecordType.DeveloperName")).toBe(false);
});

const TYPE = "RecordType.DeveloperName";
const BUYER = "0125g000000aaaaAAA";
const offering = (values: Readonly<Record<string, readonly string[]>>) => ({
  picklistFieldValues: Object.fromEntries(
    Object.entries(values).map(([name, list]) => [name, { values: list.map((value) => ({ value, label: value })) }]),
  ),
});

test("picklists are bound to the record type that the sync names: one call a type, only where a type takes fewer", async () => {
  const told = await destination.describe("Contact", [TYPE], quiet);
  const { fields } = told.value;
  expect(told.calls).toBe(2);
  const when = [{ value: "Buyer", options: ["red"] }];
  expect(fields.get("Colours__c")?.options).toEqual({ field: TYPE, when, all: ["red", "blue"] });
  expect(fields.get("Stage__c")?.options).toEqual(["a"]);
  expect(fields.get("Source__c")?.options).toBeNull();
  expect(fields.get(TYPE)?.options).toEqual(["Buyer"]);
});

test("a sync that does not name the record type costs no call more, and binds nothing", async () => {
  const told = await destination.describe("Contact", ["LastName"], quiet);
  expect(told.calls).toBe(1);
  expect(told.value.fields.get("Colours__c")?.options).toEqual(["red", "blue"]);
});

test("record types by id bind by the id in both its lengths", async () => {
  const { fields } = (await destination.describe("Contact", ["RecordTypeId"], quiet)).value;
  expect(fields.get("Colours__c")?.options).toMatchObject({
    field: "RecordTypeId",
    when: [{ value: BUYER.slice(0, 15) }, { value: BUYER }],
  });
});

test.each([
  {
    what: "is closed to the user",
    answer: { status: 403, body: [{ errorCode: "INSUFFICIENT_ACCESS", message: "no" }] },
  },
  { what: "does not support the object", answer: { status: 404, body: [{ errorCode: "NOT_FOUND", message: "no" }] } },
  { what: "spells values in a way of its own", answer: { body: offering({ Colours__c: ["Red"] }) } },
  { what: "says nothing of the field", answer: { body: offering({ Stage__c: ["a"] }) } },
])("where the UI API $what, options are those of the field", async ({ answer }) => {
  server.script({ body: DESCRIPTIONS.Contact }, answer);
  const told = await destination.describe("Contact", [TYPE], quiet);
  expect(told.calls).toBe(2);
  expect(told.value.fields.get("Colours__c")?.options).toEqual(["red", "blue"]);
});

test("a type that takes no value of a picklist takes none", async () => {
  server.script({ body: DESCRIPTIONS.Contact }, { body: offering({ Colours__c: [] }) });
  const { fields } = (await destination.describe("Contact", [TYPE], quiet)).value;
  expect(fields.get("Colours__c")?.options).toMatchObject({ when: [{ value: "Buyer", options: [] }] });
});

test.each([
  [403, [{ errorCode: "REQUEST_LIMIT_EXCEEDED", message: "TotalRequests Limit exceeded." }], "THROTTLED"],
  [503, [{ errorCode: "SERVER_UNAVAILABLE", message: "busy" }], "DESTINATION_ANSWER"],
  [200, "<html>", "DESTINATION_ANSWER"],
])("asking for picklist values: %i %j is %s, to be tried again", async (status, body, code) => {
  server.script({ body: DESCRIPTIONS.Contact }, { status, body });
  await expect(destination.describe("Contact", [TYPE], quiet)).rejects.toMatchObject({ code });
});

test("a parent's external id that the sync names is described with it, in calls that are counted", async () => {
  const names = ["Account.Number__c", "Account.Serial__c", "Account.Name", "Owner:User.Username", "Owner.Username"];
  const told = await destination.describe("Contact", [...names, "LastName", "Nobody.X__c"], quiet);
  const { fields } = told.value;
  expect(told.calls).toBe(3);
  expect(fields.get("Account.Number__c")).toMatchObject({
    type: "reference",
    creatable: true,
    updatable: true,
    upsertKey: false,
    findable: true,
    maxLength: 80,
  });
  expect(fields.get("Account.Serial__c")).toMatchObject({ type: "number", creatable: true });
  expect(fields.get("Account.Name")).toMatchObject({ creatable: false, updatable: false, findable: true });
  expect(fields.get("Owner:User.Username")).toMatchObject({ creatable: true, findable: false });
  expect(fields.has("Owner.Username")).toBe(false);
  expect(fields.has("Nobody.X__c")).toBe(false);
});

test("records that go with their parent make children; what hangs on every record does not (S12)", async () => {
  expect((await destination.describe("Account", [], quiet)).value.children).toEqual(["Contact", "Opportunity"]);
  expect((await destination.describe("Contact", [], quiet)).value.children).toEqual([]);
});

test("an object that is not there is said to be unknown or not visible", async () => {
  server.script({ status: 404, body: [{ errorCode: "NOT_FOUND", message: "The requested resource does not exist" }] });
  await expect(destination.describe("Order__c", [], quiet)).rejects.toMatchObject({
    code: "DESTINATION_REFUSED",
    message: expect.stringContaining('"Order__c" is unknown or not visible to the integration user'),
    fix: expect.stringContaining("permission set"),
  });
  await expect(destination.describe("a b", [], quiet)).rejects.toMatchObject({ code: "DESTINATION_REFUSED" });
});

test("an object has one spelling, so that two syncs on it are seen", async () => {
  server.script({ body: { name: "Contact", fields: [] } });
  await expect(destination.describe("contact", [], quiet)).rejects.toMatchObject({
    code: "DESTINATION_REFUSED",
    fix: 'write "object: Contact"',
  });
});

test("the account is the org, by its 18-character id; the day's calls come along", async () => {
  const records = [{ Id: ORG.slice(0, 15), Name: "Acme", InstanceName: "EU42", IsSandbox: true }];
  server.script({ headers: { "sforce-limit-info": "api-usage=18/15000" }, body: { done: true, records } });
  const told = await destination.check(quiet);
  expect(told.value).toEqual({ id: ORG, label: `Salesforce org ${ORG} (Acme, EU42, sandbox)` });
  expect(told).toMatchObject({ calls: 1, hints: { daily: { max: 15_000, remaining: 14_982 }, throttled: false } });
});

test("an org whose user may not read Organization is known by the login's id", async () => {
  server.script({ status: 400, body: [{ errorCode: "INVALID_TYPE", message: "sObject type 'Organization' …" }] });
  expect((await destination.check(quiet)).value).toEqual({ id: ORG, label: `Salesforce org ${ORG}` });
});

const limit = (message: string) => [{ errorCode: "REQUEST_LIMIT_EXCEEDED", message }];

test.each([
  [403, [{ errorCode: "API_DISABLED_FOR_ORG", message: "no" }], "DESTINATION_REFUSED"],
  [403, limit("TotalRequests Limit exceeded."), "THROTTLED"],
  [429, [], "THROTTLED"],
  [302, "", "DESTINATION_REFUSED"],
  [502, "<html>", "DESTINATION_ANSWER"],
  [503, [{ errorCode: "SERVER_UNAVAILABLE", message: "busy" }], "DESTINATION_ANSWER"],
  [200, {}, "DESTINATION_ANSWER"],
  [200, "<html>", "DESTINATION_ANSWER"],
])("check: %i %j is %s", async (status, body, code) => {
  server.script({ status, body });
  await expect(destination.check(quiet)).rejects.toMatchObject({ code });
});

test("a spent day is told apart from too many calls at a time", async () => {
  server.script(
    {
      status: 403,
      headers: { "sforce-limit-info": "api-usage=15000/15000" },
      body: limit("TotalRequests Limit exceeded."),
    },
    { status: 403, body: limit("ConcurrentRequests (Concurrent API Requests) Limit exceeded.") },
  );
  const day = { throttled: true, daily: { max: 15_000, remaining: 0 } };
  await expect(destination.check(quiet)).rejects.toMatchObject({ hints: day });
  await expect(destination.check(quiet)).rejects.toMatchObject({ hints: { throttled: true, daily: null } });
});
