// Proves that an answer is shared, that a failure is not kept, and that nobody fails by another one's cancellation.
import { expect, test } from "vitest";
import { askOnce } from "../../../src/engine/ask-once.ts";

const running = () => new AbortController().signal;

test("a question under way and its answer are shared", async () => {
  const once = askOnce<number>();
  let asked = 0;
  const ask = () => once.ask("crm", async () => ++asked, running());
  expect(await Promise.all([ask(), ask()])).toEqual([1, 1]);
  expect(await ask()).toBe(1);
});

test("a failure reaches everybody who waits for it, and the next one asks again", async () => {
  const once = askOnce<number>();
  let asked = 0;
  const fail = async (): Promise<number> => {
    asked++;
    throw new Error("down");
  };
  const both = await Promise.allSettled([once.ask("crm", fail, running()), once.ask("crm", fail, running())]);
  expect([asked, ...both.map((one) => one.status)]).toEqual([1, "rejected", "rejected"]);
  expect(await once.ask("crm", async () => 7, running())).toBe(7);
});

test("those who waited with a cancelled asker ask for themselves, once", async () => {
  const once = askOnce<number>();
  const cancelled = new AbortController();
  const hang = () =>
    new Promise<number>((_, reject) => {
      cancelled.signal.addEventListener("abort", () => reject(new Error("cancelled")));
    });
  let asked = 0;
  const first = once.ask("crm", hang, cancelled.signal);
  const others = [1, 2].map(() => once.ask("crm", async () => ++asked, running()));
  cancelled.abort();
  await expect(first).rejects.toThrow("cancelled");
  expect(await Promise.all(others)).toEqual([1, 1]);
});
