// Proves S17: an account that is down is left alone but for probes at growing pauses, and is used again with the first answer.
import { expect, test } from "vitest";
import { openBreaker } from "../../../src/delivery/breaker.ts";
import { windowBudget } from "../../../src/delivery/budget.ts";
import { newMeter, openGate } from "../../../src/delivery/gate.ts";
import { limited } from "../../../src/delivery/limited.ts";
import { running, someHints } from "./samples.ts";
import { scriptedDestination } from "./scripted-destination.ts";
import { virtualClock } from "./virtual-clock.ts";

function broken() {
  const breaker = openBreaker();
  for (let failure = 0; failure < 5; failure++) {
    expect(breaker.waitMs(failure)).toBe(0);
    breaker.failed(failure);
  }
  return breaker;
}

test("five failures in a row close it; one answer between them does not", () => {
  const breaker = openBreaker();
  for (let failure = 0; failure < 20; failure++) {
    breaker.failed(failure);
    if (failure % 4 === 3) breaker.answered();
  }
  expect(breaker.waitMs(20)).toBe(0);
  expect(broken().waitMs(5)).toBe(999);
});

test("one probe goes, the others wait for its end; a probe that fails doubles the pause, one that is answered opens", () => {
  const breaker = broken();
  expect(breaker.waitMs(1_004)).toBe(0);
  expect(breaker.waitMs(1_004)).toBeGreaterThan(0);
  breaker.failed(1_010);
  expect(breaker.waitMs(1_010)).toBe(2_000);
  expect(breaker.waitMs(3_010)).toBe(0);
  breaker.answered();
  expect(breaker.waitMs(3_010)).toBe(0);
  expect(breaker.waitMs(3_010)).toBe(0);
});

test("after two minutes waiting is over, and a probe still goes when its time comes", () => {
  const breaker = broken();
  let nowMs = 4;
  let probes = 0;
  while (!breaker.isHopeless(nowMs)) {
    nowMs += breaker.waitMs(nowMs);
    expect(breaker.waitMs(nowMs)).toBe(0);
    breaker.failed(nowMs);
    probes++;
  }
  expect(nowMs).toBeGreaterThan(120_000);
  expect(nowMs).toBeLessThan(150_000);
  expect(probes).toBeLessThan(15);
  expect(breaker.isHopeless(nowMs + 15_000)).toBe(false);
});

test("a refusal for the rate is no outage", async () => {
  const clock = virtualClock();
  const gate = openGate(windowBudget({ max: 100, intervalMs: 1000 }), clock, () => undefined);
  const throttled = { hints: someHints({ throttled: true, retryAfterMs: 10 }) };
  const world = scriptedDestination({
    write: () => ({ kind: "deferred", code: "HTTP_429", message: "slow down" }),
    reply: (reply: object) => ({ ...reply, ...throttled }) as never,
  });
  const destination = limited(world.destination, gate, newMeter());
  const write = { by: { match: { ext: "a" } }, fields: {} };
  for (let call = 0; call < 8; call++)
    await clock.run(destination.write({ object: "contacts", operation: "upsert", writes: [write] }, running()));
  expect(world.batches).toHaveLength(8);
});
