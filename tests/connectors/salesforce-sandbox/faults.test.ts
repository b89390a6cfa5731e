// Proves how faults look when it is Salesforce that has them, and that bodies it cannot read are refused as it does.
import { expect, test } from "vitest";
import { BASE, codes, type RowResult } from "./client.ts";
import { fetchToken, plainClient, send, type Token } from "./plain-client.ts";
import { EXTERNAL_ID } from "./rules.ts";
import { startedSandbox } from "./started-sandbox.ts";

const ROWS = Array.from({ length: 20 }, (_, n) => ({ Ext__c: `k${n}`, LastName: `N${n}` }));

test("lost_reply applies the call and drops the connection, reset only drops it", async () => {
  const sandbox = await startedSandbox();
  const client = await plainClient(sandbox.url);
  await sandbox.fault("lost_reply", { method: "POST" });
  await expect(client.create("Contact", [{ LastName: "A" }])).rejects.toThrow();
  expect(await sandbox.dump("Contact")).toHaveLength(1);
  await sandbox.fault("reset", { method: "POST" });
  await expect(client.create("Contact", [{ LastName: "B" }])).rejects.toThrow();
  expect(await sandbox.dump("Contact")).toHaveLength(1);
});

test("partial leaves results out, shuffle gives them in another order, empty applies nothing", async () => {
  const sandbox = await startedSandbox();
  await sandbox.fields("Contact", EXTERNAL_ID);
  const client = await plainClient(sandbox.url);
  await sandbox.fault("partial");
  expect((await client.upsert("Contact", "Ext__c", ROWS)).body.length).toBeLessThan(ROWS.length);
  const ids = (await sandbox.dump("Contact")).map(({ Id }) => Id);
  expect(ids).toHaveLength(ROWS.length);
  await sandbox.fault("shuffle");
  const mixed = (await client.upsert("Contact", "Ext__c", ROWS)).body.map(({ id }) => id);
  expect(mixed).not.toEqual(ids);
  expect([...mixed].sort()).toEqual([...ids].sort());
  await sandbox.fault("empty", { method: "POST" });
  expect((await client.create("Contact", ROWS)).body).toEqual([]);
  await sandbox.fault("empty");
  expect((await client.query("SELECT Id FROM Contact")).body).toEqual({ totalSize: 0, done: true, records: [] });
  expect(await sandbox.dump("Contact")).toHaveLength(ROWS.length);
});

test("html is a proxy's page, and statuses come as they are asked for", async () => {
  const sandbox = await startedSandbox();
  const { access_token } = (await (await fetchToken(sandbox.url)).json()) as Token;
  const get = () => send(sandbox.url, access_token, "GET", `${BASE}/limits/`);
  await sandbox.fault("html");
  expect(await get()).toMatchObject({ status: 502, body: expect.stringContaining("<html>") });
  const body = [{ errorCode: "SERVER_UNAVAILABLE", message: "busy" }];
  await sandbox.fault({ status: 503, body });
  expect(await get()).toMatchObject({ status: 503, body });
});

test("what is no JSON is JSON_PARSER_ERROR, a body without records INVALID_INPUT; unknown paths and methods say so", async () => {
  const sandbox = await startedSandbox();
  const { access_token } = (await (await fetchToken(sandbox.url)).json()) as Token;
  const code = async (method: string, path: string, body?: object) => {
    const reply = await send(sandbox.url, access_token, method, `${BASE}${path}`, body);
    return [reply.status, (reply.body as { errorCode: string }[])[0]?.errorCode];
  };
  const broken = await fetch(`${sandbox.url}${BASE}/composite/sobjects`, {
    method: "POST",
    headers: { authorization: `Bearer ${access_token}` },
    body: "{",
  });
  expect([broken.status, ((await broken.json()) as { errorCode: string }[])[0]?.errorCode]).toEqual([
    400,
    "JSON_PARSER_ERROR",
  ]);
  expect(await code("POST", "/composite/sobjects", {})).toEqual([400, "INVALID_INPUT"]);
  expect(await code("POST", "/composite/sobjects", { records: [{ LastName: "A" }] })).toEqual([400, "INVALID_INPUT"]);
  expect(await code("POST", "/composite/sobjects", { records: [5] })).toEqual([400, "JSON_PARSER_ERROR"]);
  expect(await code("PUT", "/composite/sobjects", {})).toEqual([405, "METHOD_NOT_ALLOWED"]);
  expect(await code("GET", "/nonsense")).toEqual([404, "NOT_FOUND"]);
  expect(await code("DELETE", "/composite/sobjects?ids=nonsense")).toEqual([200, undefined]);
});

test("a query of more than 16,000 characters does not fit into a path: 414, which is no JSON", async () => {
  const sandbox = await startedSandbox();
  const { access_token } = (await (await fetchToken(sandbox.url)).json()) as Token;
  const ask = (length: number) => {
    const soql = `SELECT Id FROM Contact WHERE LastName = '${"x".repeat(length)}'`;
    return send(sandbox.url, access_token, "GET", `${BASE}/query?q=${encodeURIComponent(soql)}`);
  };
  expect((await ask(15_800)).status).toBe(200);
  const refused = await ask(15_950);
  expect(refused.status).toBe(414);
  expect(refused.body).toContain("URI Too Long");
});

test("rows of a call are counted in the request log", async () => {
  const sandbox = await startedSandbox();
  const client = await plainClient(sandbox.url);
  const reply = await client.create("Contact", [{ LastName: "A" }, { FirstName: "B" }]);
  expect(codes(reply)).toEqual(["ok", "REQUIRED_FIELD_MISSING"]);
  expect(await sandbox.requests()).toMatchObject([
    { method: "POST", path: "/services/oauth2/token", status: 200 },
    { method: "POST", path: `${BASE}/composite/sobjects`, status: 200, rows: 2 },
  ]);
  expect((reply.body[0] as RowResult).id).toMatch(/^003/);
});
