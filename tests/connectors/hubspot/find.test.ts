// Proves that records are found by id and by unique property, under every name that a record answers to (S6, S7).
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
  destination = await openHubspot({ access_token: "t", base_url: server.url }, { clock: realClock });
  await destination.describe("contacts", [], quiet);
});
afterEach(async () => {
  await destination.close();
  await server.close();
});

const find = (by: string, values: readonly string[], fields: readonly string[] = []) =>
  destination.find({ object: "contacts", by: by === "recordId" ? by : { unique: by }, values, fields }, quiet);

test("a unique property that is called id is a property, not the record's own id", async () => {
  server.script({ body: { results: [{ id: "7", properties: { id: "4711" } }] } });
  const reply = await find("id", ["4711"]);
  expect([...reply.found]).toEqual([["4711", [{ remoteId: "7", fields: {} }]]]);
  expect(server.seen[0]?.body).toMatchObject({ idProperty: "id", inputs: [{ id: "4711" }] });
});

test("by a unique property, with present values in canonical text", async () => {
  const properties = { customer_id: "C1", colours: "red;blue", seen: "2026-03-01T10:00:00Z", firstname: "" };
  const errors = [{ category: "OBJECT_NOT_FOUND", message: "…", context: { ids: ["C2"] } }];
  server.script({ status: 207, body: { results: [{ id: "7", properties }], errors } });
  const reply = await find("customer_id", ["C1", "C2"], ["colours", "seen", "firstname", "score"]);
  expect([...reply.found]).toEqual([
    [
      "C1",
      [
        {
          remoteId: "7",
          fields: { colours: '["blue","red"]', seen: "2026-03-01T10:00:00.000Z", firstname: null, score: null },
        },
      ],
    ],
  ]);
  expect(server.seen[0]).toMatchObject({
    path: "/crm/v3/objects/contacts/batch/read?archived=false",
    body: { idProperty: "customer_id", inputs: [{ id: "C1" }, { id: "C2" }] },
  });
});

test("by e-mail in any case, and by a further e-mail of the contact", async () => {
  const properties = { email: "Ada@Example.com", hs_additional_emails: "countess@example.com;ada@old.example" };
  server.script({ body: { results: [{ id: "7", properties }] } });
  const reply = await find("email", ["ada@example.com", "countess@example.com", "bob@example.com"]);
  expect(reply.found.get("ada@example.com")).toEqual([{ remoteId: "7", fields: {} }]);
  expect(reply.found.get("countess@example.com")).toEqual([{ remoteId: "7", fields: {} }]);
  expect(reply.found.has("bob@example.com")).toBe(false);
});

test("by id: a merged id finds the record that it lives on in", async () => {
  server.script({ body: { results: [{ id: "99", properties: { hs_merged_object_ids: "7;8" } }] } });
  const reply = await find("recordId", ["7", "99", "5", "no id"]);
  expect(reply.found).toEqual(
    new Map([
      ["7", [{ remoteId: "99", fields: {} }]],
      ["99", [{ remoteId: "99", fields: {} }]],
    ]),
  );
  expect(server.seen[0]?.body).not.toHaveProperty("idProperty");
  expect(server.seen[0]?.body.inputs).toEqual([{ id: "7" }, { id: "99" }, { id: "5" }]);
});

test("archived records are not found", async () => {
  server.script({ body: { results: [{ id: "7", archived: true, properties: { customer_id: "C1" } }] } });
  expect((await find("customer_id", ["C1"])).found.size).toBe(0);
});

test("a property without unique values is refused before anything is sent", async () => {
  await expect(find("firstname", ["Ada"])).rejects.toMatchObject({ code: "DESTINATION_REFUSED" });
  expect(server.seen).toEqual([]);
});

test.each([
  ["an empty answer", { body: "" }, "DESTINATION_ANSWER"],
  ["no results", { body: {} }, "DESTINATION_ANSWER"],
  ["HTML", { status: 502, body: "<html>" }, "DESTINATION_ANSWER"],
  ["a refusal", { status: 400, body: { message: "non-unique property" } }, "DESTINATION_REFUSED"],
])("%s finds nothing out", async (_, script, code) => {
  server.script(script);
  await expect(find("customer_id", ["C1"])).rejects.toMatchObject({ code });
});
