// Proves that run ids sort by time of start and do not collide within one millisecond.
import fc from "fast-check";
import { expect, it } from "vitest";
import { newRunId } from "../../../src/core/run-id.ts";

it("has 18 characters that sort as the times do", () => {
  const time = fc.integer({ min: 0, max: 2 ** 50 - 1 });
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(time, time, random, (a, b, chance) => {
      const [first, second] = [newRunId(a, () => chance), newRunId(b, () => 1 - Math.max(chance, 1e-9))];
      expect(first).toMatch(/^[0-9a-hjkmnp-tv-z]{18}$/);
      if (a !== b) expect(first < second).toBe(a < b);
    }),
  );
});

it("takes eight digits from chance", () => {
  let turn = 0;
  const digits = [0, 1, 9, 10, 31, 31, 16, 8].map((digit) => digit / 32);
  expect(newRunId(0, () => digits[turn++] ?? 0)).toBe("000000000001" + "9azzg8");
});
