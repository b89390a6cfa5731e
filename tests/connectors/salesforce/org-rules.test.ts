// Proves against an org with rules of its own that the connector lives with triggers, locks, duplicate rules, owners, record types, conversions and limits.
import { generateKeyPairSync } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { salesforceConfig } from "../../../connectors/salesforce/config.ts";
import { openSalesforce } from "../../../connectors/salesforce/destination.ts";
import { startSalesforceSandbox } from "../../../connectors/salesforce/sandbox/server.ts";
import type { CallOperation, Destination, Write } from "../../../src/contract/destination.ts";
import type { Sandbox } from "../../../src/contract/sandbox.ts";
import { bisecting } from "../../../src/delivery/bisecting.ts";
import { retryAllowance, retrying } from "../../../src/delivery/retrying.ts";
import { realClock } from "../../contract/destination/real-clock.ts";

let sandbox: Sandbox;
let destination: Destination;
const quiet = new AbortController().signal;

beforeEach(async () => {
  sandbox = await startSalesforceSandbox({ port: 0, seed: 3, tier: "unlimited", dataFile: null });
  destination = await open();
  await post("/__sandbox/fields", {
    object: "Contact",
    fields: [{ name: "Number__c", type: "string", length: 40, unique: true, external_id: true }],
  });
  await post("/__sandbox/fields", {
    object: "Account",
    fields: [{ name: "Number__c", type: "string", length: 40, unique: true, external_id: true }],
  });
  await destination.describe("Account", [], quiet);
  await destination.describe("Contact", ["Account.Number__c"], quiet);
});
afterEach(async () => {
  await destination.close();
  await sandbox.close();
});

function open(config: object = {}): Promise<Destination> {
  const auth = { flow: "client_credentials", client_id: "sandbox", client_secret: "sandbox" };
  return openSalesforce(salesforceConfig.parse({ login_url: sandbox.url, auth, ...config }), { clock: realClock });
}

async function post(path: string, body: unknown): Promise<Record<string, unknown>> {
  const response = await fetch(sandbox.url + path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${text}`);
  return text === "" ? {} : JSON.parse(text);
}

async function seed(object: string, ...records: object[]): Promise<readonly string[]> {
  const { ids } = await post("/__sandbox/records", { object, records });
  return ids as string[];
}

async function dump(object: string): Promise<Record<string, unknown>[]> {
  return (await (await fetch(`${sandbox.url}/__sandbox/dump?object=${object}`)).json()) as Record<string, unknown>[];
}

const write = (operation: CallOperation, writes: readonly Write[], object = "Contact", to = destination) =>
  to.write({ object, operation, writes }, quiet);
const byKey = (key: string, fields: Write["fields"] = {}): Write => ({
  by: { match: { Number__c: key } },
  fields: { Number__c: key, LastName: key, ...fields },
});
const many = (count: number, fields: (row: number) => Write["fields"]) =>
  Array.from({ length: count }, (_, row) => byKey(`k${row}`, fields(row)));

test("a trigger that gives a whole call up for one row costs that row alone, behind the decorators (S18)", async () => {
  await post("/__sandbox/validation-rules", {
    object: "Contact",
    when: { Title: "bad" },
    message: "no",
    field: "Title",
  });
  await post("/__sandbox/triggers", { object: "Contact", fails_partial: true });
  const writes = many(50, (row) => ({ Title: row === 17 ? "bad" : "good" }));
  const raw = await write("upsert", writes);
  expect(raw.refusedWhole).toBe(true);
  expect(await dump("Contact")).toHaveLength(0);
  const reply = await write("upsert", writes, "Contact", bisecting(destination));
  expect(reply.outcomes.filter(({ kind }) => kind === "applied")).toHaveLength(49);
  expect(reply.outcomes[17]).toMatchObject({
    kind: "rejected",
    code: "FIELD_CUSTOM_VALIDATION_EXCEPTION",
    field: "Title",
  });
  expect(reply.calls).toBeLessThanOrEqual(2 + 2 * Math.ceil(Math.log2(50)));
});

test("rows of a parent that is locked by its neighbours stand together", async () => {
  await post("/__sandbox/triggers", { object: "Contact", locks_by: "AccountId" });
  await seed("Account", { Name: "A", Number__c: "a" }, { Name: "B", Number__c: "b" });
  const reply = await write(
    "upsert",
    many(40, (row) => ({ "Account.Number__c": row % 2 === 0 ? "a" : "b" })),
  );
  expect(reply.outcomes.filter(({ kind }) => kind === "applied")).toHaveLength(40);
});

test("a lock that passes is waited for", async () => {
  await post("/__sandbox/triggers", { object: "Contact", error: "UNABLE_TO_LOCK_ROW", message: "locked", times: 2 });
  const options = {
    clock: { ...realClock, sleep: async () => undefined },
    random: () => 0,
    allowance: retryAllowance(),
  };
  const reply = await write(
    "upsert",
    many(3, () => ({})),
    "Contact",
    retrying(destination, options),
  );
  expect(reply.outcomes.map(({ kind }) => kind)).toEqual(["applied", "applied", "applied"]);
});

test("a duplicate rule that alerts lets us through, one that blocks names the records", async () => {
  const [id = ""] = await seed("Contact", { LastName: "Ada", Email: "ada@x.example" });
  await post("/__sandbox/duplicate-rules", { object: "Contact", fields: ["Email"], action: "alert" });
  expect((await write("upsert", [byKey("k1", { Email: "ada@x.example" })])).outcomes).toMatchObject([
    { kind: "applied" },
  ]);
  await post("/__sandbox/duplicate-rules", { object: "Contact", fields: ["Email"], action: "block" });
  const reply = await write("upsert", [byKey("k2", { Email: "ada@x.example" }), byKey("k3")]);
  expect(reply.outcomes).toMatchObject([
    { kind: "rejected", code: "DUPLICATES_DETECTED", message: expect.stringContaining(id) },
    { kind: "applied" },
  ]);
});

test("a lookup field that several records share is refused for that row", async () => {
  await seed("Contact", { LastName: "a", Email: "two@x.example" }, { LastName: "b", Email: "two@x.example" });
  const row = (email: string): Write => ({ by: { match: { Email: email } }, fields: { LastName: "new" } });
  const reply = await write("upsert", [row("two@x.example"), row("one@x.example")]);
  expect(reply.outcomes).toMatchObject([
    { kind: "rejected", code: "DUPLICATE_EXTERNAL_ID" },
    { kind: "applied", created: true },
  ]);
});

test("a parent that is gone and a record that is gone are told apart", async () => {
  const [account = "", other = ""] = await seed("Account", { Name: "A", Number__c: "a" }, { Name: "B" });
  const [first = "", second = ""] = await seed("Contact", { LastName: "1" }, { LastName: "2" });
  await write("delete", [{ by: { id: account }, fields: {} }], "Account");
  await write("delete", [{ by: { id: second }, fields: {} }]);
  const reply = await write("update", [
    { by: { id: first }, fields: { AccountId: account } },
    { by: { id: second }, fields: { AccountId: other } },
  ]);
  expect(reply.outcomes).toMatchObject([{ kind: "rejected", code: "ENTITY_IS_DELETED" }, { kind: "missing" }]);
});

test("a converted lead is neither matched nor changed", async () => {
  const [id = ""] = await seed("Lead", { LastName: "L", Company: "C", Email: "lead@x.example" });
  await destination.describe("Lead", [], quiet);
  await post("/__sandbox/convert", { lead: id });
  const request = { object: "Lead", by: { fields: ["Email"] }, values: ["lead@x.example"], fields: [] };
  expect((await destination.find(request, quiet)).found.size).toBe(0);
  const [outcome] = (await write("update", [{ by: { id }, fields: { Company: "D" } }], "Lead")).outcomes;
  expect(outcome).toMatchObject({ kind: "rejected", code: "CANNOT_UPDATE_CONVERTED_LEAD" });
});

test("an owner who left is refused for that row, in words", async () => {
  const profile = {
    Username: "gone@x.example",
    Email: "gone@x.example",
    Alias: "gone",
    LastName: "Gone",
    IsActive: false,
  };
  const [user = ""] = await seed("User", profile);
  const reply = await write("upsert", [byKey("k1", { OwnerId: user }), byKey("k2")]);
  expect(reply.outcomes).toMatchObject([
    { kind: "rejected", code: "INACTIVE_OWNER_OR_USER", message: expect.stringContaining("inactive user") },
    { kind: "applied" },
  ]);
});

test("a record type goes by its name, there and back", async () => {
  await post("/__sandbox/record-types", { object: "Contact", developer_name: "Buyer" });
  await destination.describe("Contact", [], quiet);
  const name = "RecordType.DeveloperName";
  const [outcome] = (await write("upsert", [byKey("k1", { [name]: "Buyer" })])).outcomes;
  const id = outcome?.kind === "applied" ? outcome.remoteId : "";
  const { found } = await destination.find({ object: "Contact", by: "recordId", values: [id], fields: [name] }, quiet);
  expect(found.get(id)?.[0]?.fields).toEqual({ [name]: "Buyer" });
});

test("what a record type takes is described as the org then decides (S2)", async () => {
  const input = { name: "Tier__c", type: "picklist", options: ["Gold", "Silver"], restricted: true };
  await post("/__sandbox/fields", { object: "Contact", fields: [input] });
  for (const [name, tiers] of [["Shop", ["Silver"]] as const, ["Buyer", ["Gold", "Silver"]] as const])
    await post("/__sandbox/record-types", { object: "Contact", developer_name: name, picklists: { Tier__c: tiers } });
  const type = "RecordType.DeveloperName";
  const told = await destination.describe("Contact", [type], quiet);
  expect(told.calls).toBe(3);
  expect(told.value.fields.get("Tier__c")?.options).toEqual({
    field: type,
    when: [{ value: "Shop", options: ["Silver"] }],
    all: ["Gold", "Silver"],
  });
  const tier = (key: string, name: string, value: string) => byKey(key, { [type]: name, Tier__c: value });
  const { outcomes } = await write("upsert", [tier("k1", "Shop", "Gold"), tier("k2", "Buyer", "Gold")]);
  expect(outcomes).toMatchObject([
    { kind: "rejected", code: "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST" },
    { kind: "applied" },
  ]);
});

test("assignment rules leave our owner alone, unless the connection wants them", async () => {
  const [user = ""] = await seed("User", {
    Username: "rep@x.example",
    Email: "rep@x.example",
    Alias: "rep",
    LastName: "Rep",
  });
  await post("/__sandbox/assignment-rules", { object: "Lead", owner: user });
  const lead = (email: string): Write => ({ by: { match: {} }, fields: { LastName: "L", Company: "C", Email: email } });
  await destination.describe("Lead", [], quiet);
  await write("create", [lead("a@x.example")], "Lead");
  const wanted = await open({ assignment_rules: "default" });
  await wanted.describe("Lead", [], quiet);
  await write("create", [lead("b@x.example")], "Lead", wanted);
  await wanted.close();
  const owners = new Map((await dump("Lead")).map((record) => [record.Email, record.OwnerId]));
  expect(owners.get("a@x.example")).not.toBe(user);
  expect(owners.get("b@x.example")).toBe(user);
});

test("a day's calls that are used up put all off, and say so", async () => {
  await post("/__sandbox/limits", { daily: 100, used: 100 });
  const reply = await write(
    "upsert",
    many(2, () => ({})),
  );
  expect(reply.outcomes.map(({ kind }) => kind)).toEqual(["deferred", "deferred"]);
  expect(reply.hints).toMatchObject({ daily: { max: 100, remaining: 0 }, throttled: true });
  expect(await dump("Contact")).toHaveLength(0);
});

test("an org lets in by an assertion of a key that its app knows, and by no other", async () => {
  const pair = () =>
    generateKeyPairSync("rsa", {
      modulusLength: 2048,
      publicKeyEncoding: { type: "spki", format: "pem" },
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
    });
  const [ours, other] = [pair(), pair()];
  await post("/__sandbox/keys", { client_id: "app", public_key: ours.publicKey });
  const auth = { flow: "jwt", client_id: "app", username: "integration@sandbox.example" };
  const ok = await open({ auth: { ...auth, private_key: ours.privateKey } });
  expect((await ok.check(quiet)).value).toEqual((await destination.check(quiet)).value);
  await ok.close();
  const wrong = await open({ auth: { ...auth, private_key: other.privateKey } });
  await expect(wrong.check(quiet)).rejects.toMatchObject({
    code: "AUTH_REFUSED",
    fix: expect.stringContaining("private_key"),
  });
  await wrong.close();
});

test("a lookup of three hundred e-mails is one call", async () => {
  const emails = Array.from({ length: 300 }, (_, row) => `person.${row}.name@example.com`);
  const ids = await seed("Contact", ...emails.map((Email) => ({ LastName: "x", Email })));
  const request = { object: "Contact", by: { fields: ["Email"] }, values: emails, fields: ["LastName", "Title"] };
  const reply = await destination.find(request, quiet);
  expect(reply.calls).toBe(1);
  expect(emails.map((email) => reply.found.get(email)?.[0]?.remoteId)).toEqual(ids);
});

test("an object, a field or a key that the user may not see is said to be so", async () => {
  await post("/__sandbox/fields", { object: "Contact", fields: [{ name: "Number__c", visible: false }] });
  await expect(write("upsert", [byKey("k1")])).rejects.toMatchObject({ code: "DESTINATION_REFUSED" });
  await expect(destination.describe("Nobody__c", [], quiet)).rejects.toMatchObject({
    message: expect.stringContaining("unknown or not visible to the integration user"),
  });
});
