// Proves the guards' limits at their boundaries (S22): exactly the limit passes, one more is held.
import { describe, expect, it } from "vitest";
import type { GuardLimit, GuardName, Guards } from "../../../src/contract/project.ts";
import { describeLimit, type GuardFacts, hasFailed, isOver, judge } from "../../../src/core/guards.ts";

const limit = (part: Partial<GuardLimit>): GuardLimit => ({ rows: null, share: null, max: null, ...part });
/** The defaults of S22. */
const GUARDS: Guards = {
  removed: limit({ rows: 5, share: 0.05, max: 500 }),
  empty: limit({}),
  changed: limit({ rows: 500, share: 0.3 }),
  cleared: limit({ rows: 20, share: 0.02 }),
  created: limit({ max: 1000 }),
  failed: limit({ rows: 200, share: 0.2 }),
};
const CALM: GuardFacts = {
  read: 10_000,
  invalid: 0,
  snapshotRows: 10_000,
  added: 0,
  creates: 0,
  changed: 0,
  removals: 0,
  cleared: new Map(),
  emptyApproved: false,
};
const held = (part: Partial<GuardFacts>, guards: Guards = GUARDS): GuardName[] =>
  judge(guards, { ...CALM, ...part })
    .filter((verdict) => verdict.held)
    .map((verdict) => verdict.guard);

describe("the defaults", () => {
  it.each([
    ["few removals of a small snapshot", { removals: 5, snapshotRows: 10, read: 5 }, []],
    ["more than 5 rows and 5 %", { removals: 6, snapshotRows: 100 }, ["removed"]],
    ["more than 5 rows, exactly 5 %", { removals: 50, snapshotRows: 1000 }, []],
    ["exactly 500 rows", { removals: 500, snapshotRows: 1_000_000 }, []],
    ["more than 500 rows, however few of all", { removals: 501, snapshotRows: 1_000_000 }, ["removed"]],
    ["exactly 30 % changed", { changed: 3000 }, []],
    ["more than 30 % and 500 rows changed", { changed: 3001 }, ["changed"]],
    ["all of few rows changed", { changed: 500, snapshotRows: 500 }, []],
    ["exactly 2 % cleared", { cleared: new Map([["email", 200]]) }, []],
    ["more than 2 % cleared", { cleared: new Map([["email", 201]]) }, ["cleared"]],
    ["few rows cleared", { cleared: new Map([["email", 20]]), snapshotRows: 30 }, []],
    ["exactly 1,000 created", { creates: 1000, snapshotRows: 0 }, []],
    ["more than 1,000 created, on the first run too", { creates: 1001, snapshotRows: 0 }, ["created"]],
    ["an empty model over a snapshot", { read: 0 }, ["empty"]],
    ["an empty model that was approved", { read: 0, emptyApproved: true }, []],
    ["an empty model on the first run", { read: 0, snapshotRows: 0 }, []],
    ["many invalid of few rows", { read: 199, invalid: 199 }, []],
    ["exactly 20 % of 200 invalid", { read: 200, invalid: 40 }, []],
    ["more than 20 % of 200 invalid", { read: 200, invalid: 41 }, ["failed"]],
  ] as const)("%s", (_, facts, guards) => {
    expect(held(facts)).toEqual(guards);
  });
});

it("a guard that is off says nothing; each cleared field has a verdict of its own", () => {
  const off: Guards = { removed: null, empty: null, changed: null, cleared: null, created: null, failed: null };
  expect(judge(off, { ...CALM, read: 0, removals: 9999 })).toEqual([]);
  const verdicts = judge(GUARDS, {
    ...CALM,
    cleared: new Map([
      ["a", 1],
      ["b", 999],
    ]),
  });
  expect(verdicts.filter((verdict) => verdict.guard === "cleared")).toMatchObject([
    { field: "a", held: false, value: 1, of: 10_000 },
    { field: "b", held: true, limit: "20 rows and 2 %" },
  ]);
});

it.each([
  [{ rows: 5, share: 0.05, max: 500 }, "5 rows and 5 %, or 500 rows"],
  [{ max: 1000 }, "1000 rows"],
  [{ share: 0.005 }, "0.5 %"],
  [{ rows: 20 }, "20 rows"],
])("%o reads %s", (part, text) => {
  expect(describeLimit(limit(part))).toBe(text);
});

it("a limit without numbers holds nothing; a share alone holds by share, rows alone by rows", () => {
  expect(isOver(limit({}), 1e9, 1)).toBe(false);
  expect(isOver(limit({ share: 0.1 }), 2, 10)).toBe(true);
  expect(isOver(limit({ share: 0.1 }), 1, 10)).toBe(false);
  expect(isOver(limit({ rows: 3 }), 4, 1_000_000)).toBe(true);
  expect(isOver(limit({ share: 0 }), 1, 0)).toBe(true);
});

it("the failed guard counts a stop by rows where it has a maximum", () => {
  expect(hasFailed(limit({ max: 10 }), 11, 11)).toBe(true);
  expect(hasFailed(limit({ max: 10 }), 10, 11)).toBe(false);
  expect(hasFailed(null, 99, 99)).toBe(false);
});
