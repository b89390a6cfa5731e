// Proves what goes out in one call: one kind, no record twice, at most so many rows, in plan order.
import fc from "fast-check";
import { expect, test } from "vitest";
import { callOf, cutBatches, kindOf, targetOf } from "../../../src/delivery/cut-batches.ts";
import { aRow, rowsOf } from "./samples.ts";

test.each([
  ["a new record", {}, "upsert"],
  ["a new record of insert", { operation: "insert" }, "create"],
  ["a linked row", { remoteId: "7" }, "update"],
  ["a linked row of update", { operation: "update", remoteId: "7" }, "update"],
  ["an adopted record without anything to send", { remoteId: "7", fields: {} }, null],
  ["a skipped row", { settled: "skipped" }, null],
  ["a transferred row", { operation: "archive", remoteId: "7", settled: "transferred" }, null],
  ["an archive", { operation: "archive", remoteId: "7", fields: {}, change: "removed" }, "archive"],
  ["a clear", { operation: "clear", remoteId: "7", fields: { a: null }, change: "removed" }, "update"],
  ["a clear of nothing", { operation: "clear", remoteId: "7", fields: {}, change: "removed" }, null],
] as const)("%s", (_, part, call) => {
  expect(callOf(aRow({ key: "1", ...part }))).toBe(call);
});

test("removals never share a batch with living rows, though both are updates", () => {
  const rows = [
    aRow({ key: "0", remoteId: "7" }),
    aRow({ key: "1", remoteId: "8", change: "removed", operation: "set", fields: { a: "gone" } }),
  ];
  const batches = cutBatches(rows, 100);
  expect(batches.map((batch) => [batch.call, batch.rows.length])).toEqual([
    ["update", 1],
    ["update", 1],
  ]);
  expect(new Set(batches.map(kindOf)).size).toBe(2);
});

test("rows that name one record go in different batches", () => {
  const rows = rowsOf(3, { remoteId: "7" });
  expect(cutBatches(rows, 100)).toHaveLength(3);
  const byMatch = rowsOf(2).map((row) => ({ ...row, match: [{ ext: "same" }] }));
  expect(cutBatches(byMatch, 100)).toHaveLength(2);
});

test("every row is in one batch, in order; no batch is too large, mixed, or names a record twice", () => {
  const row = fc.record({
    operation: fc.constantFrom("upsert", "insert", "archive", "set"),
    id: fc.option(fc.integer({ min: 0, max: 9 }), { nil: null }),
    settled: fc.constantFrom(null, null, null, "skipped"),
  });
  fc.assert(
    fc.property(fc.array(row, { maxLength: 60 }), fc.integer({ min: 1, max: 9 }), (specs, size) => {
      const rows = specs.map(({ operation, id, settled }, index) =>
        aRow({
          key: `${index}`,
          operation,
          settled,
          remoteId: id === null && operation !== "archive" ? null : `${id ?? 0}`,
          change: operation === "archive" || operation === "set" ? "removed" : "changed",
        }),
      );
      const batches = cutBatches(rows, size);
      expect(batches.flatMap((batch) => batch.rows)).toEqual(rows);
      for (const batch of batches) {
        expect(batch.rows.length).toBeLessThanOrEqual(size);
        expect(new Set(batch.rows.map(targetOf)).size).toBe(batch.rows.length);
        expect(new Set(batch.rows.map((one) => `${callOf(one)} ${one.change === "removed"}`)).size).toBe(1);
      }
    }),
  );
});
