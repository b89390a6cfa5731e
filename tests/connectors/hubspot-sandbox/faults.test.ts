// Proves every fault that can be set while the sandbox runs: what is applied, what comes back, what the log says.
import { expect, test } from "vitest";
import type { Input } from "./client.ts";
import { plainClient } from "./plain-client.ts";
import { startedSandbox, steppedClock } from "./started-sandbox.ts";
import { vendorClient } from "./vendor-client.ts";

const UPSERT = { method: "POST", path: "/batch/upsert" };

function rows(count: number, first = 0): Input[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `p${first + index}@example.com`,
    idProperty: "email",
    properties: { firstname: "X" },
    objectWriteTraceId: String(index),
  }));
}

test("reset drops the connection before anything is applied", async () => {
  const sandbox = await startedSandbox();
  await sandbox.fault("reset", UPSERT);
  const client = plainClient(sandbox.url);
  await expect(client.batch("contacts", "upsert", rows(2))).rejects.toThrow();
  expect(await sandbox.dump("contacts")).toEqual([]);
  expect(await sandbox.requests()).toMatchObject([{ status: 0, rows: 0 }]);
  expect((await client.batch("contacts", "upsert", rows(2))).status).toBe(200);
});

test("lost_reply applies the write, then drops the connection", async () => {
  const sandbox = await startedSandbox();
  await sandbox.fault("lost_reply", UPSERT);
  await expect(plainClient(sandbox.url).batch("contacts", "upsert", rows(2))).rejects.toThrow();
  expect(await sandbox.dump("contacts")).toHaveLength(2);
});

test("late_apply drops the connection and applies the write some hundred ms later", async () => {
  const clock = steppedClock();
  const sandbox = await startedSandbox({ clock: clock.clock });
  await sandbox.fault("late_apply", UPSERT);
  await expect(plainClient(sandbox.url).batch("contacts", "upsert", rows(2))).rejects.toThrow();
  await clock.advance(150);
  expect(await sandbox.dump("contacts")).toEqual([]);
  await clock.advance(400);
  expect(await sandbox.dump("contacts")).toHaveLength(2);
});

test("empty answers 200 COMPLETE without results or errors and applies nothing", async () => {
  const sandbox = await startedSandbox();
  await sandbox.fault("empty", UPSERT);
  const { status, body } = await plainClient(sandbox.url).batch("contacts", "upsert", rows(2));
  expect([status, body.status, body.results, body.errors]).toEqual([200, "COMPLETE", [], undefined]);
  expect(await sandbox.dump("contacts")).toEqual([]);
});

test("html answers 502 with a page, through the vendor's client too", async () => {
  const sandbox = await startedSandbox();
  await sandbox.fault("html", UPSERT, { times: 2 });
  const response = await fetch(`${sandbox.url}/crm/v3/objects/contacts/batch/upsert`, {
    method: "POST",
    headers: { authorization: "Bearer sandbox" },
    body: JSON.stringify({ inputs: rows(1) }),
  });
  expect([response.status, response.headers.get("content-type")]).toEqual([502, "text/html"]);
  expect(await response.text()).toContain("<html>");
  expect((await vendorClient(sandbox.url).batch("contacts", "upsert", rows(1))).status).toBe(502);
  expect(await sandbox.dump("contacts")).toEqual([]);
});

test("partial applies all and leaves results out", async () => {
  const sandbox = await startedSandbox();
  await sandbox.fault("partial", UPSERT, { times: null });
  const client = plainClient(sandbox.url);
  const { body } = await client.batch("contacts", "upsert", rows(20));
  expect(body.results?.length).toBeLessThan(20);
  expect(body.results?.length).toBeGreaterThan(0);
  expect(await sandbox.dump("contacts")).toHaveLength(20);
  expect((await client.batch("contacts", "upsert", rows(1))).body.results).toEqual([]);
});

test("shuffle gives the same results in an order that the seed decides", async () => {
  const orders: string[] = [];
  for (const seed of [1, 1, 2]) {
    const sandbox = await startedSandbox({ seed });
    await sandbox.fault("shuffle", UPSERT);
    const { body } = await plainClient(sandbox.url).batch("contacts", "upsert", rows(20));
    const traces = (body.results ?? []).map((result) => Number(result.objectWriteTraceId));
    orders.push(traces.join());
    expect(traces.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index));
  }
  expect(orders[0]).toBe(orders[1]);
  expect(new Set(orders).size).toBe(2);
});

test("expire_token answers 401 EXPIRED_AUTHENTICATION from then on, as often as asked", async () => {
  const sandbox = await startedSandbox();
  await sandbox.fault("expire_token", {}, { after: 1, times: 2 });
  const client = plainClient(sandbox.url);
  const seen: unknown[] = [];
  for (let call = 0; call < 4; call++) seen.push((await client.list("contacts", 1)).body.category ?? "ok");
  expect(seen).toEqual(["ok", "EXPIRED_AUTHENTICATION", "EXPIRED_AUTHENTICATION", "ok"]);
});

test.each([
  [423, null],
  [477, "86400"],
  [429, "2"],
  [503, null],
])("status %d comes with its headers and body, as often as asked, and applies nothing", async (status, retryAfter) => {
  const sandbox = await startedSandbox();
  const body = { status: "error", message: "for a while" };
  const headers = retryAfter === null ? {} : { "Retry-After": retryAfter };
  await sandbox.fault({ status, headers, body }, UPSERT, { times: 3 });
  const client = plainClient(sandbox.url);
  for (let call = 0; call < 3; call++) {
    const reply = await client.batch("contacts", "upsert", rows(1));
    expect([reply.status, reply.body.message]).toEqual([status, "for a while"]);
    expect(reply.headers.get("retry-after")).toBe(retryAfter);
  }
  expect(await sandbox.dump("contacts")).toEqual([]);
  expect((await client.batch("contacts", "upsert", rows(1))).status).toBe(200);
  expect((await sandbox.requests()).map((request) => request.status)).toEqual([status, status, status, 200]);
});

test("delay_ms holds the answer back and goes together with another fault", async () => {
  const clock = steppedClock();
  const sandbox = await startedSandbox({ clock: clock.clock });
  await sandbox.fault({ delay_ms: 5_000 }, UPSERT);
  await sandbox.fault("partial", UPSERT);
  const reply = plainClient(sandbox.url).batch("contacts", "upsert", rows(1));
  while ((await sandbox.requests()).length === 0 && (await struck(sandbox)) === 0);
  expect(await sandbox.dump("contacts")).toEqual([]);
  await clock.advance(5_000);
  expect((await reply).body.results).toEqual([]);
  expect(await sandbox.requests()).toMatchObject([{ status: 200, ms: 5_000 }]);
});

test("what delay_ms holds back goes on at once when the faults are cleared, and has landed by then", async () => {
  const sandbox = await startedSandbox();
  await sandbox.fault({ delay_ms: 600_000 }, UPSERT, { times: null });
  const replies = [1, 2].map((first) => plainClient(sandbox.url).batch("contacts", "upsert", rows(1, first)));
  while ((await struck(sandbox)) < 2);
  expect(await sandbox.dump("contacts")).toEqual([]);
  await sandbox.control("DELETE", "faults");
  expect(await sandbox.dump("contacts")).toHaveLength(2);
  expect((await Promise.all(replies)).map(({ status }) => status)).toEqual([200, 200]);
  await sandbox.fault({ delay_ms: 600_000 }, UPSERT);
  const held = plainClient(sandbox.url).batch("contacts", "upsert", rows(1, 3));
  while ((await struck(sandbox)) < 1);
  expect(await sandbox.dump("contacts")).toHaveLength(2);
  await sandbox.control("DELETE", "faults");
  await held;
});

async function struck(sandbox: Awaited<ReturnType<typeof startedSandbox>>): Promise<number> {
  const [first] = (await sandbox.control("GET", "faults")).body as { struck: number }[];
  return first?.struck ?? 0;
}

test("a fault strikes by method, by part of the path or by pattern, after some calls and some times", async () => {
  const sandbox = await startedSandbox();
  const client = plainClient(sandbox.url);
  await sandbox.fault({ status: 503 }, { method: "get", path: "/objects/*s/1" }, { after: 1, times: 1 });
  const seen: number[] = [];
  for (let call = 0; call < 3; call++) seen.push((await client.get("deals", "17", [])).status);
  expect((await client.get("deals", "27", [])).status).toBe(404);
  expect(seen).toEqual([404, 503, 404]);
  expect((await sandbox.control("GET", "faults")).body).toMatchObject([{ seen: 3, struck: 1, after: 1, times: 1 }]);
  await sandbox.control("DELETE", "faults");
  expect((await sandbox.control("GET", "faults")).body).toEqual([]);
});
