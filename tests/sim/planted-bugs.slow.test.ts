// Proves that the simulation still bites: each planted bug is caught within 200 seeds, which are faultless without it.
import { describe, expect, test } from "vitest";
import { BUGS, catchBug } from "./planted/bugs.ts";
import { simulate } from "./simulate.ts";

const SEEDS = 200;

test(`the first ${SEEDS} seeds are faultless without a bug`, { timeout: 300_000 }, async () => {
  for (let seed = 1; seed <= SEEDS; seed++) expect((await simulate(seed)).violations, `seed ${seed}`).toEqual([]);
});

describe("planted bugs", () => {
  test.each(BUGS.map((bug) => [bug.name, bug] as const))("%s", { timeout: 120_000 }, async (_, bug) => {
    expect(await catchBug(bug, SEEDS)).not.toBeNull();
  });
});
