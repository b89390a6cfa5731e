// Proves the limits: rolling by arrival, per tier, with HubSpot's headers and policies, and nothing applied when refused.
import { expect, test } from "vitest";
import { TIERS } from "../../../connectors/hubspot/sandbox/limits.ts";
import { plainClient } from "./plain-client.ts";
import { startedSandbox, steppedClock } from "./started-sandbox.ts";

const SMALL = {
  small: { window: { max: 3, intervalMs: 10_000 }, daily: 8, searchPerSecond: 2 },
};

test("the tiers are HubSpot's: 100 or 190 calls in 10 s, 250k, 625k and 1M a day, 5 searches a second", () => {
  const told = Object.entries(TIERS).map(([name, tier]) => [name, tier.window?.max, tier.daily, tier.searchPerSecond]);
  expect(told).toEqual([
    ["free", 100, 250_000, 5],
    ["pro", 190, 625_000, 5],
    ["enterprise", 190, 1_000_000, 5],
    ["unlimited", undefined, null, null],
  ]);
});

test("the window rolls: a call fits again 10 s after the oldest of the last ones arrived, not at a full interval", async () => {
  const clock = steppedClock();
  const sandbox = await startedSandbox({ tier: "small", tiers: SMALL, clock: clock.clock });
  const client = plainClient(sandbox.url);
  const statuses: number[] = [];
  const call = async () => statuses.push((await client.list("contacts", 1)).status);
  await call();
  await clock.advance(6_000);
  await call();
  await call();
  await clock.advance(3_999);
  await call();
  await clock.advance(1);
  await call();
  await call();
  expect(statuses).toEqual([200, 200, 200, 429, 200, 429]);
});

test("a refused call applies nothing, says TEN_SECONDLY_ROLLING and stands in the log with 429", async () => {
  const sandbox = await startedSandbox({ tier: "small", tiers: SMALL, clock: steppedClock().clock });
  const client = plainClient(sandbox.url);
  for (let call = 0; call < 3; call++) await client.list("contacts", 1);
  const refused = await client.create("contacts", { email: "a@example.com" });
  expect(refused.status).toBe(429);
  expect(refused.body).toMatchObject({
    status: "error",
    errorType: "RATE_LIMIT",
    policyName: "TEN_SECONDLY_ROLLING",
    message: "You have reached your ten_secondly_rolling limit.",
  });
  expect(refused.headers.get("retry-after")).toBeNull();
  expect(refused.headers.get("x-hubspot-ratelimit-remaining")).toBe("0");
  expect(await sandbox.dump("contacts")).toEqual([]);
  expect((await sandbox.requests()).at(-1)).toMatchObject({ method: "POST", status: 429, rows: 0 });
});

test("rate headers stand on every answer but search's", async () => {
  const sandbox = await startedSandbox({ tier: "small", tiers: SMALL, clock: steppedClock().clock });
  const client = plainClient(sandbox.url);
  const names = ["max", "remaining", "interval-milliseconds", "daily", "daily-remaining"];
  const told = (headers: Headers) => names.map((name) => headers.get(`x-hubspot-ratelimit-${name}`));
  expect(told((await client.list("contacts", 1)).headers)).toEqual(["3", "2", "10000", "8", "7"]);
  expect(told((await client.get("contacts", "1", [])).headers)).toEqual(["3", "1", "10000", "8", "6"]);
  expect(told((await client.search("contacts", {})).headers)).toEqual([null, null, null, null, null]);
});

test("search has a limit of its own, SECONDLY, and takes nothing from the window", async () => {
  const clock = steppedClock();
  const sandbox = await startedSandbox({ tier: "small", tiers: SMALL, clock: clock.clock });
  const client = plainClient(sandbox.url);
  for (let call = 0; call < 2; call++) expect((await client.search("contacts", {})).status).toBe(200);
  expect(await client.search("contacts", {})).toMatchObject({ status: 429, body: { policyName: "SECONDLY" } });
  expect((await client.list("contacts", 1)).headers.get("x-hubspot-ratelimit-remaining")).toBe("2");
  await clock.advance(1_000);
  expect((await client.search("contacts", {})).status).toBe(200);
});

test("the day has a limit, DAILY, and ends", async () => {
  const clock = steppedClock();
  const sandbox = await startedSandbox({ tier: "small", tiers: SMALL, clock: clock.clock });
  const client = plainClient(sandbox.url);
  for (let call = 0; call < 8; call++) {
    expect((await client.list("contacts", 1)).status).toBe(200);
    await clock.advance(4_000);
  }
  expect(await client.list("contacts", 1)).toMatchObject({ status: 429, body: { policyName: "DAILY" } });
  await clock.advance(24 * 3_600_000);
  expect((await client.list("contacts", 1)).status).toBe(200);
});

test("unlimited refuses nothing and tells a huge limit", async () => {
  const sandbox = await startedSandbox({ tier: "unlimited", clock: steppedClock().clock });
  const client = plainClient(sandbox.url);
  const replies = await Promise.all(Array.from({ length: 300 }, () => client.list("contacts", 1)));
  expect(new Set(replies.map((reply) => reply.status))).toEqual(new Set([200]));
  expect(Number(replies[0]?.headers.get("x-hubspot-ratelimit-max"))).toBeGreaterThan(1_000_000);
  expect((await client.search("contacts", {})).status).toBe(200);
});

test("control calls never count and are not logged", async () => {
  const sandbox = await startedSandbox({ tier: "small", tiers: SMALL, clock: steppedClock().clock });
  for (let call = 0; call < 10; call++) await sandbox.dump("contacts");
  expect((await plainClient(sandbox.url).list("contacts", 1)).headers.get("x-hubspot-ratelimit-remaining")).toBe("2");
  expect(await sandbox.requests()).toHaveLength(1);
});

test("without the token: HubSpot's 401, and no call is spent", async () => {
  const sandbox = await startedSandbox({ tier: "small", tiers: SMALL, clock: steppedClock().clock });
  for (let call = 0; call < 5; call++) {
    const refused = await plainClient(sandbox.url, "wrong").list("contacts", 1);
    expect(refused).toMatchObject({ status: 401, body: { category: "INVALID_AUTHENTICATION", status: "error" } });
  }
  expect((await plainClient(sandbox.url).list("contacts", 1)).status).toBe(200);
});
