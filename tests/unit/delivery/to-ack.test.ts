// Proves what the state keeps of each row's end, and that a run's counts add up.
import { describe, expect, test } from "vitest";
import type { Settled } from "../../../src/delivery/settle/settled.ts";
import { newTally } from "../../../src/delivery/tally.ts";
import { toAck } from "../../../src/delivery/to-ack.ts";
import { aRow } from "./samples.ts";

const NOW_MS = 1_000_000;
const HOUR_MS = 3_600_000;
const hash = () => "7:print";
const ack = (settled: Settled, attempts = 0) => toAck(aRow({ key: "1", attempts }), settled, "run_1", NOW_MS, hash);
const rejected = (suppressed = false): Settled => ({
  kind: "rejected",
  code: "BAD",
  field: "email",
  message: "no",
  suppressed,
});
const applied = (altered: { field: string; sent: string | null; kept: string | null }[] = []): Settled => ({
  kind: "applied",
  remoteId: "9",
  created: true,
  altered,
});

describe("one row's end", () => {
  test("applied leaves no note, and ends a former refusal", () => {
    expect(ack(applied(), 2)).toEqual({
      ack: { state: "applied", remoteId: "9", created: true, kept: null },
      note: null,
      reject: null,
      cured: true,
    });
    expect(ack(applied()).cured).toBe(false);
  });

  test("altered says what was sent and what was kept (S15)", () => {
    const recorded = ack(applied([{ field: "stage", sent: "lead", kept: null }]));
    expect(recorded.ack).toEqual({ state: "altered", remoteId: "9", created: true, kept: { stage: null } });
    expect(recorded.note).toMatchObject({
      state: "altered",
      code: "ALTERED",
      field: "stage",
      message: 'stage: sent "lead", kept nothing',
    });
  });

  test.each([
    [0, 1, HOUR_MS],
    [1, 2, 2 * HOUR_MS],
    [4, 5, 16 * HOUR_MS],
    [9, 10, 24 * HOUR_MS],
  ])("refused after %i refusals: attempt %i, pause %i ms (S17)", (before, attempts, pauseMs) => {
    const recorded = ack(rejected(), before);
    expect(recorded.reject).toMatchObject({
      key: "1",
      hash: "7:print",
      attempts,
      nextTryAt: NOW_MS + pauseMs,
      run: "run_1",
    });
    expect(recorded.note).toMatchObject({ state: "rejected", code: "BAD", field: "email", message: "no" });
    expect(recorded).toMatchObject({ ack: { state: "rejected", remoteId: null }, cured: false });
  });

  test("a suppressed row is never tried again (S17)", () => {
    expect(ack(rejected(true)).reject?.nextTryAt).toBeNull();
  });

  test.each([
    [{ kind: "deferred", code: "HTTP_503", message: "later" }, "deferred"],
    [{ kind: "deferred", code: "CANCELLED", message: "stop" }, "cancelled"],
    [{ kind: "inDoubt", reason: "reset" }, "unknown"],
    [{ kind: "skipped", reason: "no record matches" }, "skipped"],
    [{ kind: "transferred", reason: "held elsewhere" }, "transferred"],
  ] as const)("%o is %s, noted and no refusal", (settled, state) => {
    const recorded = ack(settled);
    expect(recorded).toMatchObject({
      ack: { state, remoteId: null, created: null, kept: null },
      note: { state },
      reject: null,
    });
  });
});

describe("counts", () => {
  test("planned = applied + skipped + transferred + rejected + deferred + cancelled; altered are among the applied", () => {
    const tally = newTally();
    const ends: Settled[] = [
      applied(),
      applied([{ field: "a", sent: "1", kept: "2" }]),
      rejected(),
      { kind: "deferred", code: "X", message: "" },
      { kind: "deferred", code: "CANCELLED", message: "" },
      { kind: "inDoubt", reason: "" },
      { kind: "skipped", reason: "" },
    ];
    ends.forEach((settled, index) => {
      const row = aRow({ key: `${index}` });
      const recorded = toAck(row, settled, "run_1", NOW_MS, hash);
      tally.add(row, recorded.ack, recorded.note?.code);
    });
    const archived = aRow({ key: "9", operation: "archive", change: "removed", remoteId: "4" });
    tally.add(archived, toAck(archived, { kind: "transferred", reason: "" }, "run_1", NOW_MS, hash).ack);
    tally.addMany("archive", { cancelled: 3 });
    expect(tally.operations()).toEqual({
      upsert: {
        applied: 2,
        altered: 1,
        skipped: 1,
        superseded: 0,
        suppressed: 0,
        transferred: 0,
        rejected: 1,
        deferred: 2,
        cancelled: 1,
      },
      archive: {
        applied: 0,
        altered: 0,
        skipped: 0,
        superseded: 0,
        suppressed: 0,
        transferred: 1,
        rejected: 0,
        deferred: 0,
        cancelled: 3,
      },
    });
    expect(tally).toMatchObject({ rejected: 1, created: 2, adopted: 0, inDoubt: 1, done: 11 });
    expect([...tally.newRejects]).toEqual([["BAD", 1]]);
  });

  test("a row refused before is no new refusal; a record that was there is adopted, a linked one is neither (S9, S21)", () => {
    const tally = newTally();
    const again = aRow({ key: "1", attempts: 1 });
    tally.add(again, toAck(again, rejected(), "run_1", NOW_MS, hash).ack, "BAD");
    const found = { state: "applied", remoteId: "5", created: false, kept: null } as const;
    tally.add(aRow({ key: "2", remoteId: "5", adopted: true }), found);
    tally.add(aRow({ key: "3" }), found);
    tally.add(aRow({ key: "4", remoteId: "5" }), found);
    expect([...tally.newRejects]).toEqual([]);
    expect(tally).toMatchObject({ rejected: 1, created: 0, adopted: 2 });
  });
});
