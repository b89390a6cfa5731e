// Proves that urgent syncs call first, that nobody waits for ever, and that one who gives up leaves the queue.
import { expect, test } from "vitest";
import type { Priority } from "../../../src/contract/project.ts";
import { queueOfTurns } from "../../../src/delivery/queue-of-turns.ts";
import { running } from "./samples.ts";

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

test("high goes before normal before low, each in its order; every tenth turn is the oldest's", async () => {
  const queue = queueOfTurns();
  const order: string[] = [];
  const take = (name: string, priority: Priority) =>
    queue.take(
      priority,
      async () => {
        order.push(name);
        await turn();
      },
      running(),
    );
  const first = take("first", "normal");
  const waiting = [take("low", "low"), take("normal", "normal")];
  for (let index = 0; index < 12; index++) waiting.push(take(`high ${index}`, "high"));
  await Promise.all([first, ...waiting]);
  expect(order.slice(0, 4)).toEqual(["first", "high 0", "high 1", "high 2"]);
  expect(order.indexOf("low")).toBe(10);
  expect(order.at(-1)).toBe("normal");
});

test("who gives up while waiting leaves, and its work is never done", async () => {
  const queue = queueOfTurns();
  const stop = new AbortController();
  const first = queue.take("normal", turn, running());
  const leaving = queue.take("normal", async () => expect.fail("it had left"), stop.signal);
  const behind = queue.take("normal", turn, running());
  stop.abort(new Error("enough"));
  await expect(leaving).rejects.toThrow("enough");
  await Promise.all([first, behind]);
});

test("work that fails gives its turn on", async () => {
  const queue = queueOfTurns();
  await expect(queue.take("low", () => Promise.reject(new Error("boom")), running())).rejects.toThrow("boom");
  await queue.take("low", turn, running());
});
