// Proves what Salesforce's answers mean for each row: its words kept, nothing guessed, nobody innocent refused (S17-S19).
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { CallOperation, Destination, Write } from "../../../src/contract/destination.ts";
import { openAt, scriptedServer } from "./scripted-server.ts";

let server: Awaited<ReturnType<typeof scriptedServer>>;
let destination: Destination;
const quiet = new AbortController().signal;
const A = "0035g000000aaaaAAA";
const B = "0035g000000bbbbAAA";

beforeEach(async () => {
  server = await scriptedServer();
  destination = await openAt(server.url);
  await destination.describe("Contact", ["Account.Number__c"], quiet);
});
afterEach(async () => {
  await destination.close();
  await server.close();
});

const write = (operation: CallOperation, writes: readonly Write[]) =>
  destination.write({ object: "Contact", operation, writes }, quiet);
const byKey = (key: string, fields: Write["fields"] = {}): Write => ({ by: { match: { Number__c: key } }, fields });
const byId = (id: string, fields: Write["fields"] = { LastName: "x" }): Write => ({ by: { id }, fields });
const made = (n: number): Write => ({ by: { match: {} }, fields: { LastName: `${n}` } });
const ok = (id: string, more: object = {}) => ({ id, success: true, errors: [], ...more });
const failed = (statusCode: string, message: string, fields: string[] = [], more: object = {}) => ({
  success: false,
  errors: [{ statusCode, message, fields, ...more }],
});

async function outcomeOf(operation: CallOperation, row: Write, result: object) {
  server.script({ body: [result] });
  return (await write(operation, [row])).outcomes[0];
}

describe("success", () => {
  test("created and updated by the vendor's own word; ids in their full form", async () => {
    server.script({ body: [ok(A.slice(0, 15), { created: true }), ok(B, { created: false })] });
    const reply = await write("upsert", [byKey("1"), byKey("2")]);
    expect(reply.outcomes).toEqual([
      { kind: "applied", remoteId: A, created: true, altered: [] },
      { kind: "applied", remoteId: B, created: false, altered: [] },
    ]);
    expect(reply).toMatchObject({ calls: 1, refusedWhole: false, bytesOut: expect.any(Number) });
  });

  test("created is true of a create, false of an update, and not known where an upsert does not say", async () => {
    expect(await outcomeOf("create", made(1), ok(A))).toMatchObject({ kind: "applied", created: true });
    expect(await outcomeOf("update", byId(A), ok(A))).toMatchObject({ kind: "applied", created: false });
    expect(await outcomeOf("upsert", byKey("1"), ok(A))).toMatchObject({ kind: "applied", created: null });
  });

  test("an answer that names another record than was updated is in doubt", async () => {
    server.script({ body: [ok(B), ok(A)] });
    const reply = await write("update", [byId(A), byId(B)]);
    expect(reply.outcomes.map(({ kind }) => kind)).toEqual(["unknown", "unknown"]);
  });
});

describe("refusals of one row", () => {
  test.each([
    ["REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]", ["LastName"]],
    ["STRING_TOO_LONG", "Last Name: data value too large: … (max length=80)", ["LastName"]],
    ["INVALID_EMAIL_ADDRESS", "Email: invalid email address: x", ["Email"]],
    ["INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "Stage: bad value for restricted picklist field: z", ["Stage__c"]],
    ["FIELD_CUSTOM_VALIDATION_EXCEPTION", "Score must be positive", ["Score__c"]],
    ["INVALID_CROSS_REFERENCE_KEY", "Account ID: id value of incorrect type", ["AccountId"]],
    ["STORAGE_LIMIT_EXCEEDED", "storage limit exceeded", []],
  ])("%s: code, field and words are the vendor's", async (code, message, fields) => {
    for (const [operation, row] of [
      ["upsert", byKey("1")],
      ["update", byId(A)],
    ] as const)
      expect(await outcomeOf(operation, row, failed(code, message, fields))).toEqual({
        kind: "rejected",
        code,
        field: fields[0] ?? null,
        message,
        suppressed: false,
      });
  });

  test("an unknown column is named", async () => {
    const result = failed("INVALID_FIELD", "No such column 'nope__c' on sobject of type Contact");
    expect(await outcomeOf("upsert", byKey("1"), result)).toMatchObject({ kind: "rejected", field: "nope__c" });
  });

  test("a parent that is not there is the row's trouble, not a missing record", async () => {
    const result = failed(
      "INVALID_FIELD",
      "Foreign key external ID: z not found for field Number__c in entity Account",
    );
    expect(await outcomeOf("update", byId(A), result)).toMatchObject({ kind: "rejected", code: "INVALID_FIELD" });
  });

  test("a converted lead and an inactive owner are explained", async () => {
    const lead = failed("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead");
    const message = expect.stringMatching(/converted.*no more changes.*: cannot reference converted lead$/);
    expect(await outcomeOf("update", byId(A), lead)).toMatchObject({ kind: "rejected", message });
    const owner = failed("INACTIVE_OWNER_OR_USER", "operation performed with inactive user [0055g00000abcde]");
    const code = "INACTIVE_OWNER_OR_USER";
    const words = expect.stringContaining("inactive user");
    expect(await outcomeOf("update", byId(A), owner)).toMatchObject({ kind: "rejected", code, message: words });
  });

  test("a key that several records have is refused for that row alone, with their ids", async () => {
    const message = "Email: more than one record found for external id field: [0035g000000aaaa, 0035g000000bbbb]";
    server.script({ body: [ok(A, { created: false }), failed("DUPLICATE_EXTERNAL_ID", message, ["Email"])] });
    const row = (email: string): Write => ({ by: { match: { Email: email } }, fields: {} });
    expect((await write("upsert", [row("a@x.example"), row("b@x.example")])).outcomes).toMatchObject([
      { kind: "applied" },
      { kind: "rejected", code: "DUPLICATE_EXTERNAL_ID", message: expect.stringContaining("0035g000000bbbb") },
    ]);
  });

  test("several errors of a row are all told", async () => {
    const errors = [
      { statusCode: "STRING_TOO_LONG", message: "too long", fields: ["LastName"] },
      { statusCode: "INVALID_EMAIL_ADDRESS", message: "no address", fields: ["Email"] },
    ];
    expect(await outcomeOf("update", byId(A), { success: false, errors })).toMatchObject({
      code: "STRING_TOO_LONG",
      field: "LastName",
      message: "too long; INVALID_EMAIL_ADDRESS: no address",
    });
  });
});

describe("records that are there already", () => {
  const taken = "duplicate value found: Number__c duplicates value on record with id: 0035g000000bbbb";

  test.each(["create", "upsert"] as const)(
    "%s: a unique value that a record has names the record (S7)",
    async (call) => {
      const row = call === "create" ? made(1) : byKey("1");
      expect(await outcomeOf(call, row, failed("DUPLICATE_VALUE", taken))).toEqual({
        kind: "exists",
        remoteId: B,
        message: taken,
      });
    },
  );

  test("update: it is a conflict, and nothing is linked there", async () => {
    expect(await outcomeOf("update", byId(A), failed("DUPLICATE_VALUE", taken))).toMatchObject({
      kind: "rejected",
      code: "CONFLICT",
      field: "Number__c",
    });
  });

  test("a record that the user may not see has no id: refused", async () => {
    const hidden = "duplicate value found: Number__c duplicates value on record with id: <unknown>";
    expect(await outcomeOf("create", made(1), failed("DUPLICATE_VALUE", hidden))).toMatchObject({
      kind: "rejected",
      code: "DUPLICATE_VALUE",
    });
  });

  test.each(["duplicateResut", "duplicateResult"])(
    "a duplicate rule that blocks tells the matching records (%s)",
    async (name) => {
      const matchRecords = [{ record: { Id: A } }, { record: { attributes: {}, Id: B.slice(0, 15) } }];
      const more = { [name]: { matchResults: [{ matchRecords }] } };
      const result = failed("DUPLICATES_DETECTED", "Use one of these records?", [], more);
      expect(await outcomeOf("create", made(1), result)).toMatchObject({
        kind: "rejected",
        code: "DUPLICATES_DETECTED",
        message: `Use one of these records? (like ${A}, ${B})`,
      });
    },
  );
});

describe("records that are gone (S6)", () => {
  test.each(["ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY", "NOT_FOUND"])(
    "%s of an update's own id",
    async (code) => {
      expect(await outcomeOf("update", byId(A), failed(code, "entity is deleted"))).toMatchObject({ kind: "missing" });
      expect(await outcomeOf("delete", byId(A, {}), failed(code, "entity is deleted"))).toMatchObject({
        kind: "applied",
        remoteId: A,
      });
      expect(server.seen).toHaveLength(2);
    },
  );

  test("of a row that names a parent, one look tells whether record or parent is gone", async () => {
    const gone = failed("ENTITY_IS_DELETED", "entity is deleted");
    server.script({ body: [gone, gone, ok(A)] }, { body: { done: true, records: [{ Id: B }] } });
    const third = "0035g000000ccccAAA";
    const parent = { "Account.Number__c": "acc" };
    server.script();
    const reply = await write("update", [byId(third, parent), byId(B, parent), byId(A, parent)]);
    expect(reply.outcomes).toMatchObject([
      { kind: "missing" },
      { kind: "rejected", code: "ENTITY_IS_DELETED", message: expect.stringContaining("refers to") },
      { kind: "applied" },
    ]);
    expect(reply.calls).toBe(2);
    expect(server.seen[1]?.path).toContain(`'${third}','${B}'`);
  });

  test("where the look fails nobody knows", async () => {
    server.script({ body: [failed("ENTITY_IS_DELETED", "entity is deleted")] }, { status: 502, body: "<html>" });
    const reply = await write("update", [byId(A, { AccountId: "0015g000000aaaaAAA" })]);
    expect(reply.outcomes).toMatchObject([{ kind: "unknown" }]);
  });

  test("of a create it can only be a parent", async () => {
    const result = failed("ENTITY_IS_DELETED", "entity is deleted");
    expect(await outcomeOf("create", made(1), result)).toMatchObject({ kind: "rejected", code: "ENTITY_IS_DELETED" });
  });
});

describe("what passes", () => {
  test.each([
    ["UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record or 1 records: 0015g000000aaaa"],
    ["CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "T: execution of AfterInsert caused by: UNABLE_TO_LOCK_ROW, unable to …"],
    ["REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."],
    ["SERVER_UNAVAILABLE", "busy"],
  ])("%s puts the row off, certainly not applied", async (code, message) => {
    expect(await outcomeOf("create", made(1), failed(code, message))).toEqual({ kind: "deferred", code, message });
  });

  test("an exception nobody knows leaves the row in doubt", async () => {
    expect(await outcomeOf("create", made(1), failed("UNKNOWN_EXCEPTION", "gack"))).toMatchObject({ kind: "unknown" });
  });

  test.each([
    ["too many calls today", 403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", { remaining: 0 }],
    ["too many calls at a time", 403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests … Limit exceeded.", null],
    ["429", 429, "TOO_MANY", "slow down", null],
  ])("%s: the whole batch is put off", async (_, status, errorCode, message, daily) => {
    server.script({ status, body: [{ errorCode, message }] });
    const reply = await write("create", [made(1), made(2)]);
    expect(reply.outcomes.map(({ kind }) => kind)).toEqual(["deferred", "deferred"]);
    expect(reply.hints.throttled).toBe(true);
    if (daily === null) expect(reply.hints.daily).toBeNull();
    else expect(reply.hints.daily).toMatchObject(daily);
  });

  test("a server that is unavailable may have done it; all wait", async () => {
    server.script({ status: 503, body: [{ errorCode: "SERVER_UNAVAILABLE", message: "busy" }] });
    const reply = await write("upsert", [byKey("1")]);
    expect(reply.outcomes).toMatchObject([{ kind: "unknown" }]);
    expect(reply.hints.throttled).toBe(true);
  });
});

describe("a batch that is refused (S18)", () => {
  const retries = "Too many batch retries in the presence of Apex triggers and partial failures.";

  test("triggers that fail again and again: the whole is to be halved", async () => {
    server.script({ body: [failed("UNKNOWN_EXCEPTION", retries), failed("UNKNOWN_EXCEPTION", retries)] });
    expect((await write("upsert", [byKey("1"), byKey("2")])).refusedWhole).toBe(true);
    server.script({ status: 400, body: [{ errorCode: "UNKNOWN_EXCEPTION", message: retries }] });
    expect((await write("upsert", [byKey("1"), byKey("2")])).refusedWhole).toBe(true);
    server.script({ body: [failed("UNKNOWN_EXCEPTION", retries)] });
    const alone = await write("upsert", [byKey("1")]);
    expect(alone).toMatchObject({ refusedWhole: false, outcomes: [{ kind: "rejected" }] });
  });

  test("a refusal that names a column blames the rows that have it", async () => {
    const message = "No such column 'nope__c' on sobject of type Contact";
    server.script({ status: 400, body: [{ errorCode: "INVALID_FIELD", message }] });
    const reply = await write("update", [byId(A, { nope__c: "x" }), byId(B)]);
    expect(reply.refusedWhole).toBe(false);
    expect(reply.outcomes).toMatchObject([
      { kind: "rejected", field: "nope__c" },
      { kind: "deferred", code: "BATCH_REFUSED" },
    ]);
  });

  test("a refusal that names nobody is to be halved; alone it is the row's", async () => {
    const refusal = { status: 400, body: [{ errorCode: "JSON_PARSER_ERROR", message: "Unexpected character" }] };
    server.script(refusal, refusal);
    expect((await write("update", [byId(A), byId(B)])).refusedWhole).toBe(true);
    expect(await write("update", [byId(A)])).toMatchObject({
      refusedWhole: false,
      outcomes: [{ kind: "rejected", code: "JSON_PARSER_ERROR" }],
    });
  });

  test.each([
    [404, "NOT_FOUND", "Provided external ID field does not exist or is not accessible: Number__c"],
    [400, "INVALID_TYPE", "sObject type 'Contact' is not supported."],
    [403, "INSUFFICIENT_ACCESS", "no"],
  ])("%i %s is about no row: the run stops", async (status, errorCode, message) => {
    server.script({ status, body: [{ errorCode, message }] });
    await expect(write("upsert", [byKey("1")])).rejects.toMatchObject({
      code: "DESTINATION_REFUSED",
      message: expect.stringContaining(message),
    });
  });
});

test.each([
  ["an HTML 502", { status: 502, headers: { "content-type": "text/html" }, body: "<html>Bad gateway</html>" }],
  ["HTML with a 200", { status: 200, headers: { "content-type": "text/html" }, body: "<html>hello</html>" }],
  ["an empty 200", { status: 200, body: "" }],
  ["an empty list", { status: 200, body: [] }],
  ["too few results", { status: 200, body: [ok(A)] }],
  ["too many results", { status: 200, body: [ok(A), ok(B), ok(A)] }],
  ["a 300 with addresses", { status: 300, body: ["/services/data/v67.0/sobjects/Contact/0035g000000aaaaAAA"] }],
  ["an object", { status: 200, body: { results: [] } }],
  ["results of another shape", { status: 200, body: [null, 7] }],
  ["success without an id", { status: 200, body: [{ success: true }, { success: true, id: "x" }] }],
  ["failure without a reason", { status: 200, body: [{ success: false, errors: [] }, {}] }],
  ["truncated JSON", { status: 200, body: '[{"id":"0035g0000' }],
  ["a 500", { status: 500, body: [{ errorCode: "UNKNOWN_EXCEPTION", message: "gack" }] }],
])("%s is unknown for every row", async (_, script) => {
  server.script(script);
  const reply = await write("upsert", [byKey("1"), byKey("2")]);
  expect(reply.outcomes.map(({ kind }) => kind)).toEqual(["unknown", "unknown"]);
  expect(reply.refusedWhole).toBe(false);
});
