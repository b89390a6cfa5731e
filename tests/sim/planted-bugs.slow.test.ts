// Proves that the simulation still bites: each planted bug is caught within 200 seeds, which are faultless without it.
import { describe, expect, test } from "vitest";
import { BUGS, catchBug, FIRST_SEED } from "./planted/bugs.ts";
import { simulate } from "./simulate.ts";

const SEEDS = 200;

test(`these ${SEEDS} seeds are faultless without a bug`, { timeout: 300_000 }, async () => {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++)
    expect((await simulate(seed)).violations, `seed ${seed}`).toEqual([]);
});

describe("planted bugs", () => {
  test.each(BUGS.map((bug) => [bug.name, bug] as const))("%s", { timeout: 120_000 }, async (_, bug) => {
    expect(await catchBug(bug, SEEDS)).not.toBeNull();
  });
});
