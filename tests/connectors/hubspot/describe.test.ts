// Proves how HubSpot's properties become fields, who the account is, and that what cannot be had is said clearly (S11).
import { afterEach, beforeEach, expect, test } from "vitest";
import { openHubspot } from "../../../connectors/hubspot/destination.ts";
import type { Destination } from "../../../src/contract/destination.ts";
import { realClock } from "../../contract/destination/real-clock.ts";
import { scriptedServer } from "./scripted-server.ts";

let server: Awaited<ReturnType<typeof scriptedServer>>;
let destination: Destination;
const quiet = new AbortController().signal;

beforeEach(async () => {
  server = await scriptedServer();
  destination = await openHubspot({ access_token: "t", base_url: `${server.url}/` }, { clock: realClock });
});
afterEach(async () => {
  await destination.close();
  await server.close();
});

test("each type of property becomes its field type", async () => {
  const { fields } = (await destination.describe("contacts", [], quiet)).value;
  const types = Object.fromEntries([...fields.values()].map((field) => [field.name, field.type]));
  expect(types).toEqual({
    email: "text",
    firstname: "text",
    customer_id: "text",
    id: "text",
    score: "number",
    vip: "boolean",
    born: "date",
    seen: "timestamp",
    colours: "set",
    stage: "option",
    hubspot_owner_id: "reference",
    createdate: "timestamp",
    sum: "number",
    phone: "text",
  });
});

test("options, uniqueness, what may be written and how values match", async () => {
  const { fields } = (await destination.describe("contacts", [], quiet)).value;
  expect(fields.get("email")).toMatchObject({ unique: true, matchForm: "lower", creatable: true, updatable: true });
  expect(fields.get("customer_id")).toMatchObject({ unique: true, matchForm: "lower" });
  expect(fields.get("firstname")).toMatchObject({ unique: false, matchForm: "lower", maxLength: 65_536 });
  expect(fields.get("stage")?.options).toEqual(["a", "b"]);
  expect(fields.get("hubspot_owner_id")?.options).toBeNull();
  expect(fields.get("createdate")).toMatchObject({ creatable: false, updatable: false });
  expect(fields.get("sum")).toMatchObject({ creatable: false, updatable: false });
});

test("an unknown object is refused with what there is", async () => {
  server.script({ status: 400, body: { message: "Unable to infer object type from: persons" } });
  await expect(destination.describe("persons", [], quiet)).rejects.toMatchObject({
    code: "DESTINATION_REFUSED",
    message: 'HubSpot knows no object "persons": Unable to infer object type from: persons',
    fix: expect.stringContaining("contacts"),
  });
});

test("the account is the portal", async () => {
  const headers = { "x-hubspot-ratelimit-max": "190", "x-hubspot-ratelimit-interval-milliseconds": "10000" };
  server.script({ headers, body: { portalId: 4711, accountType: "STANDARD", dataHostingLocation: "eu1" } });
  const told = await destination.check(quiet);
  expect(told.value).toEqual({ id: "4711", label: "HubSpot portal 4711 (STANDARD, eu1)" });
  expect(told).toMatchObject({ calls: 1, hints: { window: { max: 190, intervalMs: 10_000, remaining: null } } });
  expect(server.seen[0]).toMatchObject({ path: "/account-info/v3/details", headers: { authorization: "Bearer t" } });
});

test.each([
  [401, { message: "bad token" }, "AUTH_REFUSED"],
  [403, { message: "no" }, "DESTINATION_REFUSED"],
  [429, { message: "slow down" }, "THROTTLED"],
  [502, "<html>", "DESTINATION_ANSWER"],
  [423, { message: "locked" }, "DESTINATION_ANSWER"],
  [200, {}, "DESTINATION_ANSWER"],
  [200, "<html>", "DESTINATION_ANSWER"],
])("check: %i %j is %s", async (status, body, code) => {
  server.script({ status, body });
  await expect(destination.check(quiet)).rejects.toMatchObject({ code });
});

test("a fault brings the hints of its answer", async () => {
  server.script({ status: 429, headers: { "retry-after": "5" }, body: { message: "slow down" } });
  await expect(destination.check(quiet)).rejects.toMatchObject({ hints: { throttled: true, retryAfterMs: 5_000 } });
});

test("the token stands in no message", async () => {
  const secret = "pat-eu1-canary";
  const other = await openHubspot({ access_token: secret, base_url: server.url }, { clock: realClock });
  server.script({ status: 401, body: { message: "bad token" } });
  const error = await other.check(quiet).catch((fault: unknown) => fault);
  expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(secret);
  await other.close();
});
