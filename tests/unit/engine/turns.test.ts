// Proves that no more pieces of work than allowed run at once, and that the others wait in order, failures or not.
import { expect, test } from "vitest";
import { turns } from "../../../src/engine/turns.ts";

test("at most two at once, first come first served, though some fail", async () => {
  const turn = turns(2);
  const started: number[] = [];
  let running = 0;
  let most = 0;
  const work = Array.from({ length: 9 }, (_, index) =>
    turn(async () => {
      started.push(index);
      most = Math.max(most, ++running);
      for (let tick = 0; tick <= index % 3; tick++) await new Promise((resolve) => setImmediate(resolve));
      running--;
      if (index % 4 === 1) throw new Error(`work ${index}`);
      return index;
    }),
  );
  const ends = await Promise.allSettled(work);
  expect(most).toBe(2);
  expect(started).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  expect(ends.map((end) => end.status)).toEqual(
    Array.from({ length: 9 }, (_, index) => (index % 4 === 1 ? "rejected" : "fulfilled")),
  );
  expect(await turn(async () => "again")).toBe("again");
});
