// Proves what every answer of HubSpot to a batch means for each of its rows: verdicts by identity, refusals, silence (S7, S15, S19).
import { afterEach, beforeEach, expect, test } from "vitest";
import { openHubspot } from "../../../connectors/hubspot/destination.ts";
import type { CallOperation, Destination, Write } from "../../../src/contract/destination.ts";
import { realClock } from "../../contract/destination/real-clock.ts";
import { scriptedServer } from "./scripted-server.ts";

let server: Awaited<ReturnType<typeof scriptedServer>>;
let destination: Destination;

beforeEach(async () => {
  server = await scriptedServer();
  destination = await openHubspot({ access_token: "t", base_url: server.url }, { clock: realClock });
  await destination.describe("contacts", [], new AbortController().signal);
});
afterEach(async () => {
  await destination.close();
  await server.close();
});

const write = (operation: CallOperation, writes: readonly Write[]) =>
  destination.write({ object: "contacts", operation, writes }, new AbortController().signal);
const byCustomer = (customer_id: string, fields: Write["fields"] = {}): Write => ({
  by: { match: { customer_id } },
  fields,
});
const byId = (id: string, fields: Write["fields"] = {}): Write => ({ by: { id }, fields });
const NOT_VALID = (name: string, error: string, message: string) =>
  `Property values were not valid: ${JSON.stringify([{ isValid: false, message, error, name }])}`;

test("an upsert sends the match value as id and as property, with a trace id", async () => {
  server.script({ body: { results: [{ id: "7", objectWriteTraceId: "0", new: true, properties: {} }] } });
  const reply = await write("upsert", [byCustomer("C1", { firstname: "Zoë", score: null })]);
  expect(reply.outcomes).toEqual([{ kind: "applied", remoteId: "7", created: true, altered: [] }]);
  expect(reply).toMatchObject({ calls: 1, refusedWhole: false });
  expect(reply.bytesOut).toBeGreaterThan(100);
  expect(server.seen[0]).toMatchObject({
    path: "/crm/v3/objects/contacts/batch/upsert",
    headers: { authorization: "Bearer t" },
    body: {
      inputs: [
        {
          id: "C1",
          idProperty: "customer_id",
          objectWriteTraceId: "0",
          properties: { customer_id: "C1", firstname: "Zoë", score: "" },
        },
      ],
    },
  });
});

test("a match value goes as the row spells it, an e-mail in lower case", async () => {
  server.script({ body: {} }, { body: {} });
  await write("upsert", [byCustomer("abc-1", { customer_id: "ABC-1" })]);
  await write("upsert", [{ by: { match: { email: "ada@example.com" } }, fields: { email: "Ada@Example.com" } }]);
  const [first, second] = server.seen.map((call) => call.body.inputs[0]);
  expect(first).toMatchObject({ id: "ABC-1", properties: { customer_id: "ABC-1" } });
  expect(second).toMatchObject({ id: "ada@example.com", properties: { email: "Ada@Example.com" } });
});

test("each type goes in HubSpot's own form", async () => {
  server.script({ status: 201, body: { results: [{ id: "7", objectWriteTraceId: "0", properties: {} }] } });
  const fields = {
    score: "1.5e3",
    vip: "true",
    born: "1979-12-31",
    seen: "2026-03-01T10:00:00.123456Z",
    colours: '["blue","red"]',
    phone: "+49 (0)30 1234",
  };
  const reply = await write("create", [{ by: { match: {} }, fields }]);
  expect(reply.outcomes).toEqual([{ kind: "applied", remoteId: "7", created: true, altered: [] }]);
  expect(server.seen[0]?.body.inputs[0]?.properties).toEqual({
    score: "1500",
    vip: "true",
    born: "1979-12-31",
    seen: "2026-03-01T10:00:00.123Z",
    colours: "blue;red",
    phone: "+49 (0)30 1234",
  });
});

test("only true differences of the echo are altered", async () => {
  const echo = {
    email: "ada@example.com",
    score: "1",
    vip: "TRUE",
    born: "315446400000",
    seen: "2026-03-01T10:00:00.123Z",
    colours: "red;blue",
    firstname: null,
    stage: "b",
  };
  server.script({ body: { results: [{ id: "7", objectWriteTraceId: "0", new: false, properties: echo }] } });
  const fields = {
    email: "Ada@Example.com",
    score: "1.00",
    vip: "true",
    born: "1979-12-31",
    seen: "2026-03-01T10:00:00.123456Z",
    colours: '["blue","red"]',
    firstname: null,
    stage: "a",
    phone: "not echoed",
  };
  const reply = await write("upsert", [byCustomer("C1", fields)]);
  expect(reply.outcomes).toEqual([
    { kind: "applied", remoteId: "7", created: false, altered: [{ field: "stage", sent: "a", kept: "b" }] },
  ]);
});

test("verdicts go by trace id whatever the order, and a row without one is unknown", async () => {
  server.script({
    status: 207,
    body: {
      results: [
        { id: "72", objectWriteTraceId: "2", properties: {} },
        { id: "70", objectWriteTraceId: "0", properties: {} },
      ],
      numErrors: 1,
      errors: [
        {
          category: "VALIDATION_ERROR",
          message: NOT_VALID("email", "INVALID_EMAIL", "Email address nope is invalid"),
          context: { objectWriteTraceId: ["1", "4"] },
        },
      ],
    },
  });
  const reply = await write(
    "update",
    ["70", "71", "72", "73", "74"].map((id) => byId(id)),
  );
  const refused = {
    kind: "rejected",
    code: "INVALID_EMAIL",
    field: "email",
    message: "Email address nope is invalid",
    suppressed: false,
  };
  expect(reply.outcomes).toMatchObject([
    { kind: "applied", remoteId: "70", created: false },
    refused,
    { kind: "applied", remoteId: "72" },
    { kind: "unknown", reason: expect.stringContaining("merged") },
    refused,
  ]);
});

test("without trace ids verdicts go by record id or match value", async () => {
  server.script({ body: { results: [{ id: "9", properties: { customer_id: "C2" } }] } });
  const upserted = await write("upsert", [byCustomer("C1"), byCustomer("C2")]);
  expect(upserted.outcomes).toMatchObject([{ kind: "unknown" }, { kind: "applied", remoteId: "9", created: null }]);

  server.script({
    status: 207,
    body: {
      results: [{ id: "71" }],
      errors: [{ category: "OBJECT_NOT_FOUND", message: "gone", context: { ids: ["70"] } }],
    },
  });
  const updated = await write("update", [byId("70"), byId("71")]);
  expect(updated.outcomes).toMatchObject([{ kind: "missing" }, { kind: "applied", remoteId: "71" }]);
});

test("an update that another record answers for is applied there (S6)", async () => {
  server.script({ body: { results: [{ id: "99", objectWriteTraceId: "0", properties: {} }] } });
  const reply = await write("update", [byId("70", { firstname: "x" })]);
  expect(reply.outcomes).toMatchObject([{ kind: "applied", remoteId: "99" }]);
});

test("success and failure for one row is neither", async () => {
  const errors = [{ category: "X", message: "no", context: { objectWriteTraceId: ["0"] } }];
  server.script({ status: 207, body: { results: [{ id: "70", objectWriteTraceId: "0" }], errors } });
  expect((await write("update", [byId("70")])).outcomes).toMatchObject([{ kind: "unknown" }]);
});

test("errors in a 200 count", async () => {
  const errors = [{ category: "VALIDATION_ERROR", message: "no", context: { objectWriteTraceId: ["1"] } }];
  server.script({ status: 200, body: { results: [{ id: "70", objectWriteTraceId: "0" }], errors } });
  const reply = await write("update", [byId("70"), byId("71")]);
  expect(reply.outcomes).toMatchObject([{ kind: "applied" }, { kind: "rejected", code: "VALIDATION_ERROR" }]);
});

test("already exists links on create and upsert, and is a refusal on update (S7)", async () => {
  const body = { status: "error", category: "CONFLICT", message: "Contact already exists. Existing ID: 37765128953" };
  server.script({ status: 409, body }, { status: 409, body }, { status: 409, body });
  const link = { kind: "exists", remoteId: "37765128953" };
  expect((await write("create", [{ by: { match: {} }, fields: { email: "a@b.c" } }])).outcomes).toMatchObject([link]);
  expect((await write("upsert", [byCustomer("C1")])).outcomes).toMatchObject([link]);
  expect((await write("update", [byId("7")])).outcomes).toMatchObject([{ kind: "rejected", code: "CONFLICT" }]);
});

test("a batch refused whole asks to be halved; a batch of one is refused for good", async () => {
  const refusal = {
    status: 400,
    body: {
      status: "error",
      category: "VALIDATION_ERROR",
      message: "Invalid input",
      errors: [
        {
          message: 'Property "nope" does not exist',
          code: "PROPERTY_DOESNT_EXIST",
          context: { propertyName: ["nope"] },
        },
      ],
    },
  };
  server.script(refusal, refusal);
  const rejected = {
    kind: "rejected",
    code: "PROPERTY_DOESNT_EXIST",
    field: "nope",
    message: 'Property "nope" does not exist',
  };
  expect(await write("upsert", [byCustomer("1"), byCustomer("2")])).toMatchObject({
    refusedWhole: true,
    outcomes: [rejected, rejected],
  });
  expect(await write("upsert", [byCustomer("1")])).toMatchObject({ refusedWhole: false, outcomes: [rejected] });
});

test("a refused batch that names rows spares the others", async () => {
  const context = { objectWriteTraceId: ["1"] };
  server.script({ status: 400, body: { category: "VALIDATION_ERROR", message: "bad row", context } });
  const reply = await write(
    "create",
    [1, 2, 3].map((n) => ({ by: { match: {} }, fields: { firstname: `${n}` } })),
  );
  expect(reply.refusedWhole).toBe(false);
  expect(reply.outcomes.map((outcome) => outcome.kind)).toEqual(["deferred", "rejected", "deferred"]);
});

test("an erased address is suppressed", async () => {
  const message = NOT_VALID("email", "GDPR_BLOCKLISTED", "email has been GDPR blacklisted");
  server.script({ status: 400, body: { category: "VALIDATION_ERROR", message } });
  expect((await write("upsert", [byCustomer("1", { email: "x@y.z" })])).outcomes).toMatchObject([
    { kind: "rejected", code: "GDPR_BLOCKLISTED", suppressed: true },
  ]);
});

test("archiving a record that is gone is done", async () => {
  const errors = [{ category: "OBJECT_NOT_FOUND", message: "gone", context: { ids: ["70"] } }];
  server.script({ status: 204 }, { status: 207, body: { results: [], errors } });
  expect((await write("archive", [byId("70"), byId("71")])).outcomes).toMatchObject([
    { kind: "applied", remoteId: "70", created: false },
    { kind: "applied", remoteId: "71" },
  ]);
  expect(server.seen[0]?.body).toEqual({ inputs: [{ id: "70" }, { id: "71" }] });
  expect((await write("archive", [byId("70")])).outcomes).toMatchObject([{ kind: "applied", remoteId: "70" }]);
});

const RATE = { "x-hubspot-ratelimit-max": "190", "x-hubspot-ratelimit-interval-milliseconds": "10000" };

test("hints come from the headers of successes too", async () => {
  const headers = {
    ...RATE,
    "x-hubspot-ratelimit-remaining": "12",
    "x-hubspot-ratelimit-daily": "650000",
    "x-hubspot-ratelimit-daily-remaining": "649000",
  };
  server.script({ headers, body: { results: [{ id: "7", objectWriteTraceId: "0" }] } });
  expect((await write("upsert", [byCustomer("1")])).hints).toEqual({
    window: { max: 190, intervalMs: 10_000, remaining: 12 },
    daily: { max: 650_000, remaining: 649_000 },
    retryAfterMs: null,
    throttled: false,
  });
});

test.each([
  [
    "429",
    { status: 429, headers: { ...RATE, "retry-after": "3" } },
    "RATE_LIMITED",
    { throttled: true, retryAfterMs: 3_000 },
  ],
  ["429 without Retry-After", { status: 429, headers: RATE }, "RATE_LIMITED", { throttled: true, retryAfterMs: null }],
  ["423", { status: 423, headers: {} }, "LOCKED", { throttled: false, retryAfterMs: 2_000 }],
  ["423 that asks for more", { status: 423, headers: { "retry-after": "9" } }, "LOCKED", { retryAfterMs: 9_000 }],
  ["477", { status: 477, headers: { "retry-after": "999999" } }, "MIGRATING", { retryAfterMs: 86_400_000 }],
])("%s defers every row", async (_, script, code, hints) => {
  server.script({
    ...script,
    body: { errorType: "RATE_LIMIT", policyName: "TEN_SECONDLY_ROLLING", message: "slow down" },
  });
  const reply = await write(
    "create",
    [1, 2].map((n) => ({ by: { match: {} }, fields: { firstname: `${n}` } })),
  );
  expect(reply.outcomes).toMatchObject([
    { kind: "deferred", code },
    { kind: "deferred", code },
  ]);
  expect(reply.hints).toMatchObject(hints);
});

test("a spent day is told as such", async () => {
  server.script({ status: 429, body: { errorType: "RATE_LIMIT", policyName: "DAILY", message: "daily limit" } });
  expect((await write("upsert", [byCustomer("1")])).hints.daily).toMatchObject({ remaining: 0 });
});

test.each([
  ["an HTML 502", { status: 502, headers: { "content-type": "text/html" }, body: "<html>Bad gateway</html>" }],
  ["HTML with a 200", { status: 200, headers: { "content-type": "text/html" }, body: "<html>hello</html>" }],
  ["an empty 200", { status: 200, body: "" }],
  ["an empty object", { status: 200, body: {} }],
  ["no results", { status: 200, body: { status: "COMPLETE", results: [] } }],
  ["results of another shape", { status: 200, body: { results: [null, 7, { id: 3 }] } }],
  ["truncated JSON", { status: 200, body: '{"results":[{"id":"7","objectWriteTr' }],
  ["an error that names nobody", { status: 207, body: { results: [], errors: [{ message: "x" }, { message: "y" }] } }],
  ["a 503", { status: 503, body: { message: "down" } }],
  ["no content type", { status: 200, headers: { "content-type": "" }, body: "{}" }],
])("%s is unknown for every row", async (_, script) => {
  server.script(script);
  const reply = await write("upsert", [byCustomer("1"), byCustomer("2")]);
  expect(reply.outcomes.map((outcome) => outcome.kind)).toEqual(["unknown", "unknown"]);
  expect(reply.refusedWhole).toBe(false);
});

test("401 stops the run; 403 names the scope; nobody is rejected (S20)", async () => {
  const unauthorized = {
    category: "EXPIRED_AUTHENTICATION",
    message: "The OAuth token used to make this call expired",
  };
  const context = { requiredGranularScopes: ["crm.objects.contacts.write"] };
  const forbidden = { category: "MISSING_SCOPES", message: "no", errors: [{ message: "One or more …", context }] };
  server.script({ status: 401, body: unauthorized }, { status: 403, body: forbidden });
  await expect(write("upsert", [byCustomer("1")])).rejects.toMatchObject({ code: "AUTH_REFUSED" });
  await expect(write("upsert", [byCustomer("1")])).rejects.toMatchObject({
    code: "DESTINATION_REFUSED",
    message: expect.stringContaining("crm.objects.contacts.write"),
    fix: expect.stringContaining("crm.objects.contacts.write"),
  });
});

test("the caller's promises are held to it", async () => {
  await expect(write("update", [byId("7"), byId("7")])).rejects.toMatchObject({ code: "INTERNAL" });
  await expect(write("upsert", [byCustomer("C"), byCustomer("C")])).rejects.toMatchObject({ code: "INTERNAL" });
  const two: Write = { by: { match: { customer_id: "1", email: "a@b.c" } }, fields: {} };
  await expect(write("upsert", [two])).rejects.toMatchObject({ code: "DESTINATION_REFUSED" });
  expect(server.seen).toEqual([]);
});
