// Proves that heavy work in many pieces leaves the event loop turns in between.
import { expect, it } from "vitest";
import { breath } from "../../../src/core/breath.ts";

/** Counts the turns of the event loop. */
function turns() {
  let count = 0;
  let isOver = false;
  const step = (): void => {
    count++;
    if (!isOver) setImmediate(step);
  };
  setImmediate(step);
  return {
    count: () => count,
    stop: () => {
      isOver = true;
    },
  };
}

it("of those who take a breath two go on a turn, in order", async () => {
  const loop = turns();
  const seen: { piece: number; turn: number }[] = [];
  const piece = (number: number) => breath().then(() => seen.push({ piece: number, turn: loop.count() }));
  await Promise.all(Array.from({ length: 10 }, (_, number) => piece(number)));
  loop.stop();
  expect(seen.map(({ piece: number }) => number)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(new Set(seen.map(({ turn }) => turn)).size).toBe(5);
});

it("those that come while others wait are behind them, and none is forgotten", async () => {
  const order: string[] = [];
  const first = breath().then(async () => {
    order.push("first");
    await breath();
    order.push("first again");
  });
  const second = breath().then(() => order.push("second"));
  await Promise.all([first, second]);
  expect(order).toEqual(["first", "second", "first again"]);
  await breath();
});
