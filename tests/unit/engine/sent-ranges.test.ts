// Proves that a plan's rows are told apart by how far its run came: acknowledged, in doubt, never sent.
import { expect, it } from "vitest";
import type { BatchRecord } from "../../../src/contract/state.ts";
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
