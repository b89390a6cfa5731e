import { expect } from "vitest";
import { type Case, rowsSql } from "../subject.ts";
import { aReject, sent, syncOn } from "../sync.ts";

const COLUMNS = { id: "bigint", email: "text", amount: "decimal(20,2)" };
const FIELDS = { id: {}, email: {}, amount: { type: "number" } } as const;
const ROWS = [
  ["1", "a@x.example", "1.50"],
  ["2", "b@x.example", null],
];
const model = (rows: readonly (readonly (string | null)[])[]) => rowsSql(COLUMNS, rows);

export const resentRows: readonly Case[] = [
  {
    title: "every linked row goes again by id with all it has; nulls that were never ours wipe nothing (S24, S13)",
    run: async (subject) => {
      const sync = syncOn(subject, { fields: FIELDS });
      await sync.run(model(ROWS));
      const again = await sync.run(model(ROWS), { resend: true });
      expect(sent(again)).toEqual({
        1: { id: "1", email: "a@x.example", amount: "1.50" },
        2: { id: "2", email: "b@x.example" },
      });
      expect(again.rows.map((row) => [row.change, row.remoteId])).toEqual([
        ["changed", `R-${again.rows[0]?.key}`],
        ["changed", `R-${again.rows[1]?.key}`],
      ]);
      expect(again.rows.find((row) => row.key === "1")?.before).toEqual({
        id: "1",
        email: "a@x.example",
        amount: "1.50",
      });
      expect(again.facts).toMatchObject({ creates: 0, writesById: 2, counts: { read: 2, changed: 2, unchanged: 0 } });
      expect(again.guards).toMatchObject({ changed: 2 });
      expect((await sync.plan(model(ROWS))).rows).toEqual([]);
    },
  },
  {
    title: "a value of ours that is null now is cleared, new rows are created, and rows that are gone are removed",
    run: async (subject) => {
      const sync = syncOn(subject, { fields: FIELDS, onRemoved: { kind: "archive" } });
      await sync.run(model(ROWS));
      const again = await sync.run(
        model([
          ["1", "a@x.example", null],
          ["3", "c@x.example", "3"],
        ]),
        { resend: true },
      );
      expect(sent(again)).toEqual({
        1: { id: "1", email: "a@x.example", amount: null },
        2: {},
        3: { id: "3", email: "c@x.example", amount: "3.00" },
      });
      expect(again.facts).toMatchObject({ creates: 1, removals: 1, counts: { added: 1, changed: 1, removed: 1 } });
    },
  },
  {
    title: "a row without a record is looked for once more, and an adopted one stays adopted",
    run: async (subject) => {
      const sync = syncOn(subject, { fields: FIELDS, write: "update" });
      const find = ({ key }: { key: string }) =>
        key === "1" ? { entry: 0, remoteId: "77", present: { email: "typed@x.example" } } : null;
      await sync.run(model(ROWS), { find });
      const again = await sync.run(model(ROWS), { find, resend: true });
      // The row without a record is looked for once more, though it has not changed.
      expect(again.unlinked.map((row) => row.key)).toEqual(["2"]);
      expect(again.rows.find((row) => row.key === "2")).toMatchObject({ settled: "skipped" });
      expect(again.rows.find((row) => row.key === "1")).toMatchObject({ remoteId: "77", origin: "adopted" });
    },
  },
  {
    title: "a refused row goes again where its refusal carries no hash, a suppressed one never does (S17)",
    run: async (subject) => {
      const sync = syncOn(subject, { fields: FIELDS });
      await sync.run(model(ROWS));
      const rejects = [aReject({ key: "1" }), aReject({ key: "2", nextTryAt: null })];
      const again = await sync.plan(model(ROWS), { resend: true, rejects });
      expect(again.rows.map((row) => row.key)).toEqual(["1"]);
      expect(again.facts.counts).toMatchObject({ waiting: 1, changed: 1 });
    },
  },
];
