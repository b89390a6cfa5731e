// Proves the limits of an org: by day, by calls that run long, by tier; and the header that tells of them.
import { expect, test } from "vitest";
import { type SteppedClock, steppedClock } from "../hubspot-sandbox/started-sandbox.ts";
import { BASE } from "./client.ts";
import { fetchToken, send, type Token } from "./plain-client.ts";
import { type StartedSandbox, startedSandbox } from "./started-sandbox.ts";

const PATH = `${BASE}/sobjects/`;

async function caller(
  sandbox: StartedSandbox,
): Promise<() => Promise<{ status: number; usage: string | null; body: unknown }>> {
  const { access_token } = (await (await fetchToken(sandbox.url)).json()) as Token;
  return async () => {
    const { status, headers, body } = await send(sandbox.url, access_token, "GET", PATH);
    return { status, usage: headers.get("sforce-limit-info"), body };
  };
}

test("every REST answer tells what is used of the day, refusals too; tokens cost nothing", async () => {
  const sandbox = await startedSandbox({ tier: "free" });
  const get = await caller(sandbox);
  expect((await get()).usage).toBe("api-usage=1/15000");
  await fetchToken(sandbox.url);
  await sandbox.fault({ status: 503, body: [{ errorCode: "SERVER_UNAVAILABLE", message: "busy" }] });
  expect(await get()).toMatchObject({ status: 503, usage: "api-usage=2/15000" });
});

test("the day's limit: 403 REQUEST_LIMIT_EXCEEDED until the day is over", async () => {
  const clock = steppedClock();
  const sandbox = await startedSandbox({ tier: "free", clock: clock.clock });
  const get = await caller(sandbox);
  await sandbox.setUp("limits", { daily: 3, used: 1 });
  expect([(await get()).status, (await get()).status]).toEqual([200, 200]);
  const refused = await get();
  expect(refused).toMatchObject({
    status: 403,
    usage: "api-usage=3/3",
    body: [{ errorCode: "REQUEST_LIMIT_EXCEEDED" }],
  });
  await clock.advance(24 * 3_600_000);
  expect(await get()).toMatchObject({ status: 200, usage: "api-usage=1/3" });
});

test("calls that run long are counted: over the limit every further call is 403, short ones never are", async () => {
  const clock = steppedClock();
  const sandbox = await startedSandbox({ tier: "free", clock: clock.clock });
  const get = await caller(sandbox);
  await sandbox.fault({ delay_ms: 60_000 }, {}, { times: 5 });
  const long = Array.from({ length: 5 }, () => get());
  await settledIn(sandbox, clock, 5);
  expect((await get()).status).toBe(200);
  await clock.advance(20_000);
  expect(await get()).toMatchObject({ status: 403, body: [{ errorCode: "REQUEST_LIMIT_EXCEEDED" }] });
  await clock.advance(40_000);
  expect((await Promise.all(long)).map(({ status }) => status)).toEqual(Array(5).fill(200));
  expect((await get()).status).toBe(200);
});

test("the tiers: 15,000 a day for free, 100,000 for pro, a million for enterprise, no limit for unlimited", async () => {
  const usage = async (tier: string) => (await (await caller(await startedSandbox({ tier })))()).usage;
  expect(await usage("pro")).toBe("api-usage=1/100000");
  expect(await usage("enterprise")).toBe("api-usage=1/1000000");
  const sandbox = await startedSandbox({ tier: "unlimited" });
  const get = await caller(sandbox);
  const replies = await Promise.all(Array.from({ length: 200 }, () => get()));
  expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));
  await expect(startedSandbox({ tier: "huge" })).rejects.toMatchObject({ code: "USAGE" });
});

/** Waits until the delayed calls have arrived, which the fault list tells. */
async function settledIn(sandbox: StartedSandbox, clock: SteppedClock, calls: number): Promise<void> {
  for (;;) {
    const { body } = await sandbox.control("GET", "faults");
    if ((body as { struck: number }[])[0]?.struck === calls) return;
    await clock.advance(0);
  }
}
