// Proves that what failed in the simulation once does not fail again.
import { expect, test } from "vitest";
import { PAST_FAILURES } from "./past-failures.ts";
import { simulate } from "./simulate.ts";

test.each(PAST_FAILURES.map(({ seed, was }) => [seed, was] as const))("seed %d: %s", async (seed) => {
  expect((await simulate(seed)).violations).toEqual([]);
});

test("a seed tells the same story twice", async () => {
  const told: string[][] = [[], []];
  const { PLAIN } = await import("./simulate.ts");
  for (const lines of told) await simulate(41, { ...PLAIN, tell: (line) => void lines.push(line) });
  expect(told[0]?.length).toBeGreaterThan(10);
  expect(told[1]).toEqual(told[0]);
});
