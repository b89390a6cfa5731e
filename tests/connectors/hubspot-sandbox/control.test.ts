// Proves the control calls: fields, records, dump, log, reset; and that each refuses what it does not understand.
import { expect, test } from "vitest";
import { plainClient } from "./plain-client.ts";
import { startedSandbox, steppedClock } from "./started-sandbox.ts";

test("it starts with the four standard objects and no records", async () => {
  const sandbox = await startedSandbox();
  for (const object of ["contacts", "companies", "deals", "tickets"]) expect(await sandbox.dump(object)).toEqual([]);
});

test("fields adds properties of every type, and a custom object where there is none of that name", async () => {
  const sandbox = await startedSandbox();
  const fields = [
    { name: "plate", unique: true, required: true, label: "Plate", length: 10 },
    { name: "colour", type: "enumeration", options: ["red", { value: "blue", label: "Blue" }] },
    { name: "extras", type: "enumeration", fieldType: "checkbox", options: ["radio", "roof"] },
    { name: "doors", type: "number" },
    { name: "electric", type: "bool" },
    { name: "built_on", type: "date" },
    { name: "sold_at", type: "datetime" },
    { name: "owner_phone", type: "phone_number" },
    { name: "computed", readonly: true },
  ];
  const made = await sandbox.control("POST", "fields", { object: "cars", fields });
  expect(made).toMatchObject({ status: 200, body: { object: "cars" } });
  const client = plainClient(sandbox.url);
  const listed = (await client.properties("cars")).body.results as unknown as { name: string }[];
  expect(listed.map((it) => it.name)).toEqual(expect.arrayContaining(fields.map((field) => field.name)));
  const [id] = await sandbox.seed("cars", { plate: "B-1", colour: "blue", extras: "radio;roof", doors: 5 });
  expect(await sandbox.dump("cars")).toMatchObject([{ id, properties: { plate: "B-1", doors: "5" } }]);
  expect((await client.create("cars", { plate: "b-1" })).body.message).toContain("already has that value");
});

test("records takes plain maps and {properties}, all or none, and says which is wrong", async () => {
  const sandbox = await startedSandbox();
  const ids = await sandbox.seed("contacts", { email: "a@example.com" }, { properties: { email: "b@example.com" } });
  expect(ids.every((id) => /^\d{12}$/.test(id))).toBe(true);
  const records = [{ email: "c@example.com" }, { email: "A@example.com" }];
  const refused = await sandbox.control("POST", "records", { object: "contacts", records });
  expect(refused.status).toBe(400);
  expect(refused.body).toEqual({ error: `records[1]: Contact already exists. Existing ID: ${ids[0]}` });
  expect(await sandbox.dump("contacts")).toHaveLength(2);
});

test("dump leaves archived records out unless asked", async () => {
  const sandbox = await startedSandbox();
  const [id = "", other] = await sandbox.seed("deals", { dealname: "A" }, { dealname: "B" });
  await plainClient(sandbox.url).archive("deals", id);
  expect((await sandbox.dump("deals")).map((record) => record.id)).toEqual([other]);
  expect((await sandbox.dump("deals", "&archived=true")).map((record) => record.archived)).toEqual([true, false]);
});

test("requests tells method, path, status, ms, rows and time of every call, from a time on, and can be cleared", async () => {
  const clock = steppedClock();
  const sandbox = await startedSandbox({ clock: clock.clock });
  const client = plainClient(sandbox.url);
  await client.batch("contacts", "create", [{ properties: { firstname: "A" } }, { properties: { firstname: "B" } }]);
  await clock.advance(1_000);
  await client.get("contacts", "1", ["email"]);
  const log = await sandbox.requests();
  expect(log).toMatchObject([
    { method: "POST", path: "/crm/v3/objects/contacts/batch/create", status: 201, rows: 2, ms: expect.any(Number) },
    { method: "GET", path: "/crm/v3/objects/contacts/1?properties=email", status: 404, rows: 0 },
  ]);
  const [first, second] = log;
  expect((second?.time ?? 0) - (first?.time ?? 0)).toBe(1_000);
  expect((await sandbox.control("GET", `requests?since=${second?.time}`)).body).toEqual([second]);
  await sandbox.control("DELETE", "requests");
  expect(await sandbox.requests()).toEqual([]);
});

test("reset brings back the start: no records, no own fields, no faults, an empty log", async () => {
  const sandbox = await startedSandbox();
  await sandbox.control("POST", "fields", { object: "contacts", fields: [{ name: "own" }] });
  await sandbox.control("POST", "fields", { object: "cars", fields: [] });
  const ids = await sandbox.seed("contacts", { email: "a@example.com", own: "1" });
  await plainClient(sandbox.url).gdprDelete("b@example.com", "email");
  await sandbox.fault("reset");
  expect((await sandbox.control("POST", "reset")).status).toBe(200);
  expect(await sandbox.dump("contacts")).toEqual([]);
  expect(await sandbox.requests()).toEqual([]);
  expect((await sandbox.control("GET", "dump?object=cars")).status).toBe(400);
  expect((await sandbox.control("POST", "records", { object: "contacts", records: [{ own: "1" }] })).status).toBe(400);
  expect(await sandbox.seed("contacts", { email: "b@example.com" })).toEqual(ids);
});

test.each([
  ["POST", "fields", "{", "body: this is no JSON"],
  ["POST", "fields", undefined, "body: expected JSON, got nothing"],
  ["POST", "fields", [], "body: expected an object, got a list"],
  ["POST", "fields", { object: "contacts", field: [] }, 'body: unknown key "field"'],
  ["POST", "fields", { fields: [] }, "object: expected a text, got nothing"],
  ["POST", "fields", { object: "My Cars", fields: [] }, 'object: name "My Cars" must start with a letter'],
  ["POST", "fields", { object: "contacts", fields: {} }, "fields: expected a list, got an object"],
  ["POST", "fields", { object: "contacts", fields: [{ name: "A b" }] }, 'fields[0].name: name "A b" must start'],
  ["POST", "fields", { object: "contacts", fields: [{ name: "__proto__" }] }, 'fields[0].name: name "__proto__" must'],
  ["POST", "fields", { object: "contacts", fields: [{ name: "constructor" }] }, 'fields[0].name: name "constructor"'],
  ["POST", "fields", { object: "contacts", fields: [{ name: "email" }] }, 'fields[0].name: "email" exists already'],
  ["POST", "fields", { object: "contacts", fields: [{ name: "x" }, { name: "x" }] }, 'fields: "x" is there twice'],
  ["POST", "fields", { object: "contacts", fields: [{ name: "x", type: "text" }] }, "fields[0].type: expected one of"],
  ["POST", "fields", { object: "contacts", fields: [{ name: "x", type: "enumeration" }] }, "an enumeration needs"],
  ["POST", "fields", { object: "contacts", fields: [{ name: "x", length: 0 }] }, "fields[0].length: expected a whole"],
  ["POST", "fields", { object: "contacts", fields: [{ name: "x", unique: "yes" }] }, "fields[0].unique: expected true"],
  ["POST", "records", { object: "cars", records: [] }, 'object: no object "cars"; there are contacts, companies'],
  ["POST", "records", { object: "contacts" }, "records: expected a list, got nothing"],
  ["POST", "records", { object: "contacts", records: [1] }, "records[0]: expected an object, got 1"],
  ["POST", "records", { object: "contacts", records: [{ nope: "1" }] }, "does not exist"],
  ["GET", "dump", undefined, "object: missing"],
  ["GET", "dump?object=contacts&archived=1", undefined, "archived: expected true or false"],
  ["GET", "requests?since=yesterday", undefined, "since: expected ms since the epoch"],
  ["POST", "faults", { fault: "explode" }, 'body.fault: "explode" is no fault; use "reset"'],
  ["POST", "faults", { fault: "reset", match: { url: "x" } }, 'body.match: unknown key "url"'],
  ["POST", "faults", { fault: "reset", times: 0 }, "body.times: expected a whole number from 1, got 0"],
  ["POST", "faults", [{ fault: { status: 99 } }], "[0].fault.status: expected a whole number from 200, got 99"],
  ["POST", "faults", [{ fault: { status: 503, header: {} } }], '[0].fault: unknown key "header"'],
  ["POST", "faults", [{ fault: { delay_ms: -1 } }], "[0].fault.delay_ms: expected a whole number from 0"],
])("%s %s %j is refused with 400: %s", async (method, path, body, message) => {
  const sandbox = await startedSandbox();
  const refused = await sandbox.control(method, path, body);
  expect(refused.status).toBe(400);
  expect((refused.body as { error: string }).error).toContain(message);
  expect((await sandbox.control("GET", "faults")).body).toEqual([]);
});

test("an unknown control call is a 404 that lists the known ones", async () => {
  const sandbox = await startedSandbox();
  const refused = await sandbox.control("GET", "records");
  expect(refused.status).toBe(404);
  expect((refused.body as { error: string }).error).toContain("POST records");
});
