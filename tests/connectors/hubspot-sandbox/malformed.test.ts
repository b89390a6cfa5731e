// Proves that calls HubSpot could not understand get HubSpot's kind of answer, and never a crash.
import { expect, test } from "vitest";
import { plainClient } from "./plain-client.ts";
import { startedSandbox } from "./started-sandbox.ts";

test.each([
  ["POST", "/crm/v3/objects/contacts/batch/upsert", undefined, 400],
  ["POST", "/crm/v3/objects/contacts/batch/upsert", [], 400],
  ["POST", "/crm/v3/objects/contacts/batch/upsert", { inputs: 1 }, 400],
  ["POST", "/crm/v3/objects/contacts/batch/upsert", { inputs: [null] }, 400],
  ["POST", "/crm/v3/objects/contacts/batch/upsert", { inputs: [{ properties: {} }] }, 400],
  ["POST", "/crm/v3/objects/contacts/batch/update", { inputs: [{ id: { $gt: "" } }] }, 400],
  ["POST", "/crm/v3/objects/contacts/batch/create", { inputs: [{}] }, 400],
  ["POST", "/crm/v3/objects/contacts/batch/create", { inputs: [{ properties: { email: { a: 1 } } }] }, 400],
  ["POST", "/crm/v3/objects/contacts/batch/create", { inputs: [{ properties: { constructor: "x" } }] }, 400],
  ["POST", "/crm/v3/objects/contacts/batch/read", { inputs: [{ id: "a" }], idProperty: "__proto__" }, 400],
  ["POST", "/crm/v3/objects/contacts/batch/destroy", { inputs: [] }, 404],
  ["GET", "/crm/v3/objects/contacts/batch/read", undefined, 405],
  ["POST", "/crm/v3/objects/constructor/batch/read", { inputs: [] }, 400],
  ["POST", "/crm/v3/objects/contacts", {}, 400],
  ["GET", "/crm/v3/objects/contacts?limit=1000", undefined, 400],
  ["GET", "/crm/v3/objects/contacts?after=%zz", undefined, 400],
  ["POST", "/crm/v3/objects/contacts/search", { filterGroups: 5 }, 400],
  ["POST", "/crm/v3/objects/contacts/search", { filterGroups: [null] }, 400],
  ["POST", "/crm/v3/objects/contacts/search", { filterGroups: [{ filters: [{ propertyName: "x" }] }] }, 400],
  ["POST", "/crm/v3/objects/contacts/merge", {}, 400],
  ["POST", "/crm/v3/objects/contacts/gdpr-delete", {}, 400],
  ["POST", "/crm/v3/schemas", { name: "toString" }, 400],
  ["POST", "/crm/v3/properties/contacts", null, 400],
  ["PUT", "/crm/v3/lists/9/memberships/add-and-remove", {}, 404],
  ["POST", "/crm/v4/associations/contacts/companies/batch/create", { inputs: [{ from: 1 }] }, 400],
  ["GET", "/nowhere", undefined, 404],
  ["PUT", "/crm/v3/owners", undefined, 405],
])("%s %s %j → %d", async (method, path, body, status) => {
  const sandbox = await startedSandbox();
  const reply = await plainClient(sandbox.url).call(method, path, body);
  expect(reply.status).toBe(status);
  expect(reply.body).toMatchObject({ status: "error", message: expect.any(String), correlationId: expect.any(String) });
});

test("a body that is no JSON is a 400, one above the cap a 413", async () => {
  const sandbox = await startedSandbox();
  const post = (body: string) =>
    fetch(`${sandbox.url}/crm/v3/objects/contacts`, {
      method: "POST",
      headers: { authorization: "Bearer sandbox" },
      body,
    });
  expect((await post("{")).status).toBe(400);
  expect((await post(" ".repeat(17 * 1024 * 1024))).status).toBe(413);
});

test("it listens on 127.0.0.1 only", async () => {
  expect((await startedSandbox()).url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
});
