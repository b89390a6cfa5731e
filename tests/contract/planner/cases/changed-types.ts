import { expect } from "vitest";
import { type Case, rowsSql } from "../subject.ts";
import { sent, syncOn } from "../sync.ts";

const numeric = (type: string, ...amounts: (string | null)[]) =>
  rowsSql(
    { id: "bigint", amount: type },
    amounts.map((amount, index) => [`${index + 1}`, amount]),
  );
const FIELDS = { id: {}, amount: { type: "number" } } as const;

export const changedTypes: readonly Case[] = [
  {
    title: "another scale of a decimal is no change, and the new hashes stand at once",
    run: async (subject) => {
      const sync = syncOn(subject, { fields: FIELDS });
      await sync.run(numeric("decimal(8,1)", "1.0", "2.5", null));
      const [before] = (await subject.planner.metas()).filter((meta) => meta.sync === sync.name);
      const wider = await sync.run(numeric("decimal(12,3)", "1.0", "2.5", null));
      expect(wider.rows).toEqual([]);
      const [after] = (await subject.planner.metas()).filter((meta) => meta.sync === sync.name);
      expect(after?.hashVersion).not.toBe(before?.hashVersion);
      const next = await sync.run(numeric("decimal(12,3)", "1.0", "2.501", null));
      expect(sent(next)).toEqual({ 2: { amount: "2.501" } });
    },
  },
  {
    title: "another type of a column compares values: only rows whose value differs are planned (S23)",
    run: async (subject) => {
      const sync = syncOn(subject, { fields: FIELDS });
      await sync.run(numeric("bigint", "1", "2", "3"));
      const planned = await sync.run(numeric("double", "1", "2.5", "3"));
      expect(sent(planned)).toEqual({ 2: { amount: "2.5" } });
      expect(planned.rows[0]?.before).toEqual({ amount: "2" });
    },
  },
  {
    title: "a change of type whose rows were not acknowledged is found again by the next plan (S4)",
    run: async (subject) => {
      const sync = syncOn(subject, { fields: FIELDS });
      await sync.run(numeric("bigint", "1", "2"));
      await sync.plan(numeric("double", "1", "2.5"));
      expect(sent(await sync.plan(numeric("double", "1", "2.5")))).toEqual({ 2: { amount: "2.5" } });
      expect((await sync.plan(numeric("double", "1", "2"))).rows).toEqual([]);
    },
  },
  {
    title: "another constant goes to every row, also to those that did not get it at the first try (S4, S23)",
    run: async (subject) => {
      const name = "constant";
      const rows = rowsSql({ id: "bigint" }, [["1"], ["2"], ["3"]]);
      const with_ = (value: string) => syncOn(subject, { name, account: name, fields: { id: {}, source: { value } } });
      await with_("warehouse").run(rows);
      const planned = await with_("lake").plan(rows);
      expect(sent(planned)).toEqual({ 1: { source: "lake" }, 2: { source: "lake" }, 3: { source: "lake" } });
      await with_("lake").accept(planned, [{ seq: 0, state: "applied", remoteId: "R-1", created: false, kept: null }]);
      expect(sent(await with_("lake").run(rows))).toEqual({ 2: { source: "lake" }, 3: { source: "lake" } });
      expect((await with_("lake").plan(rows)).rows).toEqual([]);
    },
  },
  {
    title: "another time zone of a zoneless column moves every value, also after an interrupted run",
    run: async (subject) => {
      const name = "zone";
      const rows = rowsSql({ id: "bigint", at_: "timestamp" }, [["1", "2026-07-01 12:00:00"]]);
      const zone = (timezone: string) =>
        syncOn(subject, {
          name,
          account: name,
          fields: { id: {}, at: { column: "at_", type: "timestamp", timezone } },
        });
      await zone("UTC").run(rows);
      const expected = { 1: { at: "2026-07-01T10:00:00.000Z" } };
      expect(sent(await zone("Europe/Berlin").plan(rows))).toEqual(expected);
      expect(sent(await zone("Europe/Berlin").plan(rows))).toEqual(expected);
    },
  },
  {
    title:
      "a field that is mapped anew goes to every row and nothing else does; a field that is dropped is left alone (S23)",
    run: async (subject) => {
      const name = "mapping";
      const rows = rowsSql({ id: "bigint", a: "text", b: "text" }, [
        ["1", "a1", "b1"],
        ["2", "a2", null],
      ]);
      const mapped = (...fields: string[]) =>
        syncOn(subject, { name, account: name, fields: Object.fromEntries(fields.map((field) => [field, {}])) });
      await mapped("id", "a").run(rows);
      const wider = await mapped("id", "a", "b").run(rows);
      expect(sent(wider)).toEqual({ 1: { b: "b1" } });
      expect((await mapped("id", "b").run(rows)).rows).toEqual([]);
      expect((await mapped("id", "b").entry("1"))?.payload).toMatchObject({ a: "a1", b: "b1" });
    },
  },
  {
    title: "renaming a column that feeds the same field is no change",
    run: async (subject) => {
      const name = "rename";
      const with_ = (column: string) => syncOn(subject, { name, account: name, fields: { id: {}, mail: { column } } });
      await with_("email").run(rowsSql({ id: "bigint", email: "text" }, [["1", "a"]]));
      expect((await with_("e_mail").run(rowsSql({ id: "bigint", e_mail: "text" }, [["1", "a"]]))).rows).toEqual([]);
    },
  },
];
