// Proves that the connector keeps the vendor's rules for owners, person accounts, currencies, hidden fields and odd keys.
import { expect, onTestFinished, test } from "vitest";
import { salesforceConfig } from "../../../connectors/salesforce/config.ts";
import { openSalesforce } from "../../../connectors/salesforce/destination.ts";
import type { CallOperation, Destination, Outcome, Write } from "../../../src/contract/destination.ts";
import { realClock } from "../../contract/destination/real-clock.ts";
import { type StartedSandbox, startedSandbox } from "../salesforce-sandbox/started-sandbox.ts";

const quiet = new AbortController().signal;
const NUMBER = { name: "Number__c", length: 80, unique: true, external_id: true };
const PICKLIST = "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST";

async function connected(sandbox: StartedSandbox, config: object = {}): Promise<Destination> {
  const auth = { flow: "client_credentials", client_id: "sandbox", client_secret: "sandbox" };
  const parsed = salesforceConfig.parse({ login_url: sandbox.url, auth, ...config });
  const destination = await openSalesforce(parsed, { clock: realClock });
  onTestFinished(() => destination.close());
  return destination;
}

async function write(to: Destination, object: string, operation: CallOperation, ...writes: readonly Write[]) {
  await to.describe(object, [], quiet);
  return to.write({ object, operation, writes }, quiet);
}

const made = (fields: Write["fields"]): Write => ({ by: { match: {} }, fields });
const byKey = (key: string, fields: Write["fields"]): Write => ({
  by: { match: { Number__c: key } },
  fields: { Number__c: key, ...fields },
});
const codesOf = (outcomes: readonly Outcome[]) =>
  outcomes.map((outcome) => (outcome.kind === "rejected" ? outcome.code : outcome.kind));
const idOf = (outcome: Outcome | undefined) => (outcome?.kind === "applied" ? outcome.remoteId : "");

test.each([
  ["Lead", { LastName: "A", Company: "C" }, { Company: "D" }],
  ["Account", { Name: "A" }, { Name: "B" }],
  ["Case", { Subject: "A" }, { Subject: "B" }],
])("%s: no assignment rule runs on create or update, unless the connection wants it", async (object, first, then) => {
  const sandbox = await startedSandbox();
  const [user = ""] = await sandbox.seed("User", {
    Username: "rep@x.example",
    Email: "rep@x.example",
    LastName: "Rep",
  });
  const { id: rule } = await sandbox.setUp<{ id: string }>("assignment-rules", { object, owner: user });
  const owners = async () => (await sandbox.dump(object)).map(({ OwnerId }) => OwnerId === user);
  const ours = await connected(sandbox);
  const id = idOf((await write(ours, object, "create", made(first))).outcomes[0]);
  await write(ours, object, "update", { by: { id }, fields: then });
  expect(await owners()).toEqual([false]);
  const named = await connected(sandbox, { assignment_rules: rule });
  await write(named, object, "create", made(first));
  expect(await owners()).toEqual([false, true]);
  const wanted = await connected(sandbox, { assignment_rules: "default" });
  await write(wanted, object, "update", { by: { id }, fields: first });
  expect(await owners()).toEqual([true, true]);
});

test("a queue owns leads and cases; for a contact it is refused, for that row alone", async () => {
  const sandbox = await startedSandbox();
  const destination = await connected(sandbox);
  const [queue = ""] = await sandbox.seed("Group", { Name: "Q", DeveloperName: "Q", Type: "Queue" });
  const lead = await write(destination, "Lead", "create", made({ LastName: "A", Company: "C", OwnerId: queue }));
  expect(codesOf(lead.outcomes)).toEqual(["applied"]);
  const rows = [made({ LastName: "A", OwnerId: queue }), made({ LastName: "B" })];
  expect(codesOf((await write(destination, "Contact", "create", ...rows)).outcomes)).toEqual([
    "MALFORMED_ID",
    "applied",
  ]);
});

test("a person account has a person's name: Name is refused for that row, and a business has none of a person's", async () => {
  const sandbox = await startedSandbox();
  const destination = await connected(sandbox);
  await sandbox.setUp("org", { person_accounts: true });
  await sandbox.fields("Account", NUMBER);
  await sandbox.setUp("record-types", { object: "Account", developer_name: "PersonAccount", person: true });
  const person = { "RecordType.DeveloperName": "PersonAccount", LastName: "Ash" };
  const { outcomes } = await write(
    destination,
    "Account",
    "upsert",
    byKey("1", { ...person, FirstName: "Ann", PersonEmail: "ann@x.example" }),
    byKey("2", { ...person, Name: "Ann Ash" }),
    byKey("3", { Name: "Acme" }),
    byKey("4", { Name: "Acme", LastName: "Ash" }),
  );
  const wrong = "INVALID_FIELD_FOR_INSERT_UPDATE";
  expect(codesOf(outcomes)).toEqual(["applied", wrong, "applied", wrong]);
  expect((await sandbox.dump("Account")).map(({ Name, IsPersonAccount }) => [Name, IsPersonAccount])).toEqual([
    ["Ann Ash", true],
    ["Acme", false],
  ]);
});

test("a currency can be given where the org has several, and only one of those", async () => {
  const sandbox = await startedSandbox();
  const destination = await connected(sandbox);
  const currency = async () => (await destination.describe("Account", [], quiet)).value.fields.get("CurrencyIsoCode");
  expect(await currency()).toBeUndefined();
  await sandbox.setUp("org", { currencies: ["EUR", "USD"] });
  expect((await currency())?.options).toEqual(["EUR", "USD"]);
  const row = (code: string) => made({ Name: code, CurrencyIsoCode: code });
  const { outcomes } = await write(destination, "Account", "create", row("USD"), row("XXX"));
  expect(codesOf(outcomes)).toEqual(["applied", PICKLIST]);
});

test("a field that security hides is not described, and a row that sends it is told of no such column", async () => {
  const sandbox = await startedSandbox();
  const destination = await connected(sandbox);
  await sandbox.fields("Contact", { name: "Phone", visible: false });
  const { value } = await destination.describe("Contact", [], quiet);
  expect(value.fields.has("Phone")).toBe(false);
  const rows = [made({ LastName: "A", Phone: "1" }), made({ LastName: "B" })];
  const { outcomes } = await write(destination, "Contact", "create", ...rows);
  expect(outcomes).toMatchObject([
    { kind: "rejected", code: "INVALID_FIELD", field: "Phone", message: expect.stringContaining("No such column") },
    { kind: "applied" },
  ]);
});

test("a key of any characters is one record, however often it is sent", async () => {
  const sandbox = await startedSandbox();
  const destination = await connected(sandbox);
  await sandbox.fields("Contact", NUMBER);
  const keys = ["a/b", "a b", "a?b=c&d", "a%2Fb", "a#b", "../a", "ä'\"\\", "a+b"];
  for (const created of [true, false]) {
    const { outcomes } = await write(
      destination,
      "Contact",
      "upsert",
      ...keys.map((key) => byKey(key, { LastName: "A" })),
    );
    expect(outcomes.map((outcome) => outcome.kind === "applied" && outcome.created)).toEqual(keys.map(() => created));
  }
  expect((await sandbox.dump("Contact")).map((one) => one.Number__c)).toEqual(keys);
});

test("every answer tells what is left of the day, a refusal of rows too", async () => {
  const sandbox = await startedSandbox({ tier: "free" });
  const destination = await connected(sandbox);
  const { hints } = await write(destination, "Contact", "create", made({ LastName: "A" }), made({}));
  expect(hints).toMatchObject({ daily: { max: 15_000, remaining: 14_998 }, throttled: false });
});
