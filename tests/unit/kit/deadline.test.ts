// Proves that a call that takes no signal is left behind when its deadline passes or its signal aborts, on virtual time.
import { expect, test } from "vitest";
import type { Clock } from "../../../src/contract/clock.ts";
import { withDeadline } from "../../../src/kit/deadline.ts";

function virtualClock() {
  const sleeping = new Set<{ until: number; wake: () => void }>();
  let now = 0;
  const clock: Clock = {
    now: () => now,
    monotonicMs: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const sleeper = { until: now + ms, wake: resolve };
        sleeping.add(sleeper);
        signal.addEventListener("abort", () => {
          sleeping.delete(sleeper);
          reject(signal.reason);
        });
      }),
  };
  const advance = (ms: number) => {
    now += ms;
    for (const sleeper of sleeping) if (sleeper.until <= now) sleeper.wake();
  };
  return { clock, advance, sleepers: () => sleeping.size };
}

const never = () => new Promise<string>(() => {});

test("the call's own result comes through, and nothing keeps sleeping", async () => {
  const time = virtualClock();
  const onEnd = () => "ended";
  const result = await withDeadline(
    async () => "done",
    { clock: time.clock, deadlineMs: 100, onEnd },
    new AbortController().signal,
  );
  expect(result).toBe("done");
  expect(time.sleepers()).toBe(0);
});

test("a passed deadline ends it", async () => {
  const time = virtualClock();
  const signal = new AbortController().signal;
  const pending = withDeadline(never, { clock: time.clock, deadlineMs: 100, onEnd: (why) => why }, signal);
  time.advance(99);
  time.advance(1);
  expect(await pending).toBe("TIMEOUT");
});

test("an abort ends it, before the start as well", async () => {
  const time = virtualClock();
  const controller = new AbortController();
  const options = { clock: time.clock, deadlineMs: 100, onEnd: (why: string) => why };
  const pending = withDeadline(never, options, controller.signal);
  controller.abort();
  expect(await pending).toBe("CANCELLED");
  expect(await withDeadline(never, options, controller.signal)).toBe("CANCELLED");
  expect(time.sleepers()).toBe(0);
});

test("an error of the call is passed on", async () => {
  const time = virtualClock();
  const options = { clock: time.clock, deadlineMs: 100, onEnd: (why: string) => why };
  const failing = async () => {
    throw new Error("broken");
  };
  await expect(withDeadline(failing, options, new AbortController().signal)).rejects.toThrow("broken");
});
