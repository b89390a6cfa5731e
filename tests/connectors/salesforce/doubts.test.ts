// Proves that a lost upsert by a field that is not unique is not sent again while its first try may still land (S19).
import { afterEach, beforeEach, expect, test } from "vitest";
import { salesforceConfig } from "../../../connectors/salesforce/config.ts";
import { openSalesforce } from "../../../connectors/salesforce/destination.ts";
import type { Destination, Write } from "../../../src/contract/destination.ts";
import { retryAllowance, retrying } from "../../../src/delivery/retrying.ts";
import { realClock } from "../../contract/destination/real-clock.ts";
import { scriptedServer } from "./scripted-server.ts";

let server: Awaited<ReturnType<typeof scriptedServer>>;
let raw: Destination;
let destination: Destination;
let nowMs = 1_800_000_000_000;
const quiet = new AbortController().signal;
const A = "0035g000000aaaaAAA";

beforeEach(async () => {
  server = await scriptedServer();
  const auth = { flow: "client_credentials", client_id: "app", client_secret: "s" };
  const clock = { ...realClock, now: () => nowMs };
  raw = await openSalesforce(salesforceConfig.parse({ login_url: server.url, auth }), { clock });
  const instant = { ...realClock, sleep: async () => undefined };
  destination = retrying(raw, { clock: instant, random: () => 0, allowance: retryAllowance() });
  await destination.describe("Contact", [], quiet);
});
afterEach(async () => {
  await raw.close();
  await server.close();
});

const upsert = (...writes: Write[]) => destination.write({ object: "Contact", operation: "upsert", writes }, quiet);
const row = (field: string, value: string): Write => ({ by: { match: { [field]: value } }, fields: { LastName: "x" } });
const LOST = { status: 502, body: "<html>" };
const done = (...ids: string[]) => ({ body: ids.map((id) => ({ id, success: true, created: true, errors: [] })) });

test("by a unique field it is sent again", async () => {
  server.script(LOST, done(A));
  expect((await upsert(row("Number__c", "k1"))).outcomes).toMatchObject([{ kind: "applied" }]);
  expect(server.seen).toHaveLength(2);
});

test("by an e-mail it stays in doubt, and the rows beside it go on", async () => {
  server.script(LOST);
  const reply = await upsert(row("Email", "a@x.example"));
  expect(reply).toMatchObject({ outcomes: [{ kind: "unknown" }], calls: 1 });
  server.script(done(A));
  const next = await upsert(row("Email", "a@x.example"), row("Email", "b@x.example"));
  expect(next.outcomes).toMatchObject([{ kind: "unknown" }, { kind: "applied", remoteId: A }]);
  expect(server.seen.map((call) => call.body.records.length)).toEqual([1, 1]);
});

test("once it was looked up it may be sent", async () => {
  server.script(LOST);
  await upsert(row("Email", "a@x.example"));
  server.script({ body: { done: true, records: [] } }, done(A));
  const by = { fields: ["Email"] };
  await destination.find({ object: "Contact", by, values: ["a@x.example"], fields: [] }, quiet);
  expect((await upsert(row("Email", "a@x.example"))).outcomes).toMatchObject([{ kind: "applied" }]);
});

test("once Salesforce must have ended the first try it may be sent", async () => {
  server.script(LOST);
  await upsert(row("Email", "a@x.example"));
  nowMs += 600_000;
  server.script(done(A));
  expect((await upsert(row("Email", "a@x.example"))).outcomes).toMatchObject([{ kind: "applied" }]);
});

test("two syncs of one connection that name different parents do not forget each other's", async () => {
  await destination.describe("Contact", ["Account.Number__c"], quiet);
  await destination.describe("Contact", ["Account.Serial__c"], quiet);
  server.script(done(A));
  const fields = { "Account.Number__c": "acc" };
  const writes = [{ by: { id: A }, fields }];
  await destination.write({ object: "Contact", operation: "update", writes }, quiet);
  expect(server.seen[0]?.body.records[0]).toMatchObject({ Account: { Number__c: "acc" } });
});
