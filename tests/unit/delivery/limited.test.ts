// Proves that everybody who calls an account waits at its door in turn, and that what never left is told apart from what did.
import { expect, test } from "vitest";
import { Fault } from "../../../src/contract/fault.ts";
import { windowBudget } from "../../../src/delivery/budget.ts";
import { newMeter, openGate } from "../../../src/delivery/gate.ts";
import { limited } from "../../../src/delivery/limited.ts";
import { running, someHints } from "./samples.ts";
import { scriptedDestination } from "./scripted-destination.ts";
import { virtualClock } from "./virtual-clock.ts";

const BATCH = {
  object: "contacts",
  operation: "upsert",
  writes: [{ by: { match: { ext: "1" } }, fields: {} }],
} as const;

const answered = { hints: someHints({}), isDown: false };

test("callers pass in the order in which they came, one window after the other", async () => {
  const clock = virtualClock();
  const gate = openGate(windowBudget({ max: 2, intervalMs: 1000 }), clock, () => undefined);
  const meter = newMeter();
  const passed: string[] = [];
  const callers = ["a", "b", "c", "d", "e"].map(async (name) => {
    await gate.pass(meter, running());
    passed.push(`${name} ${clock.monotonicMs()}`);
    gate.came(answered);
  });
  await clock.run(Promise.all(callers));
  expect(passed).toEqual(["a 0", "b 0", "c 1005", "d 1005", "e 2010"]);
  expect(meter.waitedMs).toBe(2010);
});

test("three syncs that share an account use its window to 98 %, and no window of the vendor's ever has a call too many", async () => {
  const clock = virtualClock();
  const [max, intervalMs] = [190, 10_000];
  const gate = openGate(windowBudget({ max, intervalMs }), clock, () => undefined);
  const arrived: number[] = [];
  // Each of them has five batches on their way, whose answers take 50 to 250 ms.
  const caller = async (number: number): Promise<void> => {
    for (let call = 0; call < 200; call++) {
      await gate.pass(newMeter(), running());
      await clock.sleep(20, running());
      arrived.push(clock.monotonicMs());
      await clock.sleep(30 + ((number * 37 + call * 53) % 200), running());
      gate.came(answered);
    }
  };
  await clock.run(Promise.all(Array.from({ length: 15 }, (_, number) => caller(number))));
  arrived.sort((a, b) => a - b);
  for (const [place, atMs] of arrived.entries())
    expect(atMs - (arrived[place - max] ?? Number.NEGATIVE_INFINITY), `call ${place}`).toBeGreaterThan(intervalMs);
  const windows = Math.ceil(arrived.length / max);
  const last = arrived.at(-1) ?? 0;
  const lastBurst = last - (arrived[(windows - 1) * max] ?? 0);
  expect((((windows - 1) * intervalMs + lastBurst) / last) * 100).toBeGreaterThanOrEqual(98);
});

test("no more calls are in flight than the vendor takes at once, and who gives up takes no place", async () => {
  const clock = virtualClock();
  const gate = openGate(windowBudget({ max: 100, intervalMs: 1000 }), clock, () => undefined, 2);
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const stop = new AbortController();
  let passed = 0;
  const call = (signal = running()) => gate.pass(newMeter(), signal).then(() => void passed++);
  const [first, second, leaving] = [call(), call(), call(stop.signal)];
  const last = call();
  await Promise.all([first, second, turn()]);
  expect(passed).toBe(2);
  stop.abort(new Error("enough"));
  await expect(leaving).rejects.toThrow("enough");
  await turn();
  expect(passed).toBe(2);
  gate.came(answered);
  await last;
  expect(passed).toBe(3);
});

test("one who gives up while waiting leaves, and those behind move up", async () => {
  const clock = virtualClock();
  const gate = openGate(windowBudget({ max: 1, intervalMs: 1000 }), clock, () => undefined);
  await gate.pass(newMeter(), running());
  gate.came(answered);
  const stop = new AbortController();
  const leaving = gate.pass(newMeter(), stop.signal);
  const behind = gate.pass(newMeter(), running());
  await new Promise((resolve) => setImmediate(resolve));
  stop.abort(new Error("enough"));
  await expect(leaving).rejects.toThrow("enough");
  await clock.run(behind);
  expect(clock.monotonicMs()).toBe(1005);
});

test("a refusal holds everybody back, and whoever keeps budgets hears until when", async () => {
  const clock = virtualClock();
  const told: number[] = [];
  const gate = openGate(windowBudget({ max: 5, intervalMs: 1000 }), clock, (budget) =>
    told.push(budget.blockedUntilMs),
  );
  const script = {
    reply: (reply: object) => ({ ...reply, hints: someHints({ throttled: true, retryAfterMs: 4000 }) }) as never,
  };
  const meter = newMeter();
  const destination = limited(scriptedDestination(script).destination, gate, meter);
  await destination.write(BATCH, running());
  await clock.run(gate.pass(newMeter(), running()));
  expect(clock.monotonicMs()).toBe(4000);
  expect(told).toEqual([4_000]);
  expect(meter).toMatchObject({ calls: 1, throttled: 1, bytesOut: 10 });
});

test("a spent daily quota stops questions with a fault and leaves writes for the next run", async () => {
  const clock = virtualClock();
  const budget = windowBudget({ max: 5, intervalMs: 1000 });
  budget.learn(someHints({ daily: { max: 10, remaining: 0 } }), 0);
  const inner = scriptedDestination();
  const destination = limited(
    inner.destination,
    openGate(budget, clock, () => undefined),
    newMeter(),
  );
  await expect(destination.describe("contacts", [], running())).rejects.toMatchObject({ code: "QUOTA_SPENT" });
  const reply = await destination.write(BATCH, running());
  expect(reply).toMatchObject({ calls: 0, outcomes: [{ kind: "deferred", code: "QUOTA_SPENT" }] });
  expect(inner.batches).toEqual([]);
});

test("a write that was cancelled at the door is deferred as CANCELLED and never left", async () => {
  const inner = scriptedDestination();
  const gate = openGate(windowBudget({ max: 5, intervalMs: 1000 }), virtualClock(), () => undefined);
  const reply = await limited(inner.destination, gate, newMeter()).write(BATCH, AbortSignal.abort());
  expect(reply.outcomes).toMatchObject([{ kind: "deferred", code: "CANCELLED" }]);
  expect(inner.batches).toEqual([]);
});

test("a call that throws counts, frees its slot, and its hints are learned", async () => {
  const clock = virtualClock();
  const gate = openGate(windowBudget({ max: 1, intervalMs: 1000 }), clock, () => undefined);
  const meter = newMeter();
  const throttled = new Fault("THROTTLED", "slow down", { hints: someHints({ throttled: true, retryAfterMs: 50 }) });
  const find = () => {
    throw throttled;
  };
  const destination = limited(scriptedDestination({ find }).destination, gate, meter);
  const request = { object: "contacts", by: { unique: "ext" }, values: ["1"], fields: [] };
  await expect(destination.find(request, running())).rejects.toBe(throttled);
  expect(meter).toMatchObject({ calls: 1, throttled: 1 });
  await clock.run(gate.pass(meter, running()));
  expect(clock.monotonicMs()).toBe(1005);
});
