// Proves that a plan's rows are told apart by how far its run came: acknowledged, in doubt, never sent.
import { expect, it } from "vitest";
import type { BatchRecord } from "../../../src/contract/state.ts";
import { removalsOf, withoutRows } from "../../../src/engine/resume-run.ts";
import { isWithin, sentRanges } from "../../../src/engine/sent-ranges.ts";

const batch = (state: BatchRecord["state"], fromSeq: number, toSeq: number): BatchRecord => ({
  run: "r",
  state,
  fromSeq,
  toSeq,
  attempt: 1,
  acks: null,
});

it("joins neighbours and names the gaps", () => {
  const batches = [batch("done", 0, 9), batch("sent", 20, 29), batch("done", 10, 19), batch("done", 40, 49)];
  expect(sentRanges(batches, 60)).toEqual({
    done: [
      { fromSeq: 0, toSeq: 19 },
      { fromSeq: 40, toSeq: 49 },
    ],
    sent: [{ fromSeq: 20, toSeq: 29 }],
    unsent: [
      { fromSeq: 30, toSeq: 39 },
      { fromSeq: 50, toSeq: 59 },
    ],
  });
  expect(sentRanges([], 0)).toEqual({ done: [], sent: [], unsent: [] });
  expect(sentRanges([], 3).unsent).toEqual([{ fromSeq: 0, toSeq: 2 }]);
});

it("counts both ends of a range in", () => {
  expect([4, 5, 7, 8].map((seq) => isWithin([{ fromSeq: 5, toSeq: 7 }], seq))).toEqual([false, true, true, false]);
});

it("leaves a plan's removals out, which stand between its writes and what needs no call", () => {
  const planned = [
    { operation: "archive", settled: null, rows: 3 },
    { operation: "upsert", settled: null, rows: 10 },
    { operation: "upsert", settled: "held", rows: 2 },
    { operation: "archive", settled: "transferred", rows: 4 },
  ] as const;
  expect(removalsOf(planned)).toEqual({ fromSeq: 10, toSeq: 12 });
  const range = (fromSeq: number, toSeq: number, mayHaveLanded = false) => ({ fromSeq, toSeq, mayHaveLanded });
  expect(withoutRows([range(0, 4, true), range(5, 18)], { fromSeq: 10, toSeq: 12 })).toEqual([
    range(0, 4, true),
    range(5, 9),
    range(13, 18),
  ]);
  expect(withoutRows([range(10, 12, true)], { fromSeq: 10, toSeq: 12 })).toEqual([]);
  expect(withoutRows([range(0, 5)], removalsOf([])), "no removals").toEqual([range(0, 5)]);
});
