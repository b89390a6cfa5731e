import { expect } from "vitest";
import { keyForPeople, keyFromInput } from "../../../../src/core/key.ts";
import { type Case, rowsSql } from "../subject.ts";
import { invalid, syncOn } from "../sync.ts";

const COLUMNS = { id: "bigint", name: "text" };
const people = (...rows: (readonly (string | null)[])[]) => rowsSql(COLUMNS, rows);

export const keys: readonly Case[] = [
  {
    title: "a row without a key is invalid, and while there is one nothing is removed (S1, S2)",
    run: async (subject) => {
      const sync = syncOn(subject, { onRemoved: { kind: "archive" } });
      await sync.run(people(["1", "a"], ["2", "b"]));
      const planned = await sync.run(people(["1", "a"], [null, "b"], [null, "c"]));
      expect(planned.facts.counts).toMatchObject({ read: 3, invalid: 2, unchanged: 1, removed: 0 });
      expect(planned.facts.removalsPostponed).toBe(true);
      expect(invalid(planned)).toEqual([["NULL_KEY", null, 2]]);
      const mended = await sync.run(people(["1", "a"]));
      expect(mended.rows.map((row) => [row.operation, row.key])).toEqual([["archive", "2"]]);
      expect(mended.facts.removalsPostponed).toBe(false);
    },
  },
  {
    title: "every row of a repeated key is invalid and none of them a removal (S2)",
    run: async (subject) => {
      const sync = syncOn(subject, { onRemoved: { kind: "archive" } });
      await sync.run(people(["1", "a"], ["2", "b"]));
      const planned = await sync.run(people(["1", "a"], ["2", "x"], ["2", "y"], ["3", "z"], ["3", "z"]));
      expect(planned.rows).toEqual([]);
      expect(planned.facts.counts).toMatchObject({ read: 5, invalid: 4, unchanged: 1, removed: 0 });
      expect(invalid(planned)).toEqual([["REPEATED_KEY", null, 4]]);
      expect(planned.facts.newInvalid).toBe(4);
      const again = await sync.run(people(["1", "a"], ["2", "x"], ["2", "y"], ["3", "z"], ["3", "z"]));
      expect(again.facts.newInvalid).toBe(0);
      expect((await sync.entry("2"))?.payload).toEqual({ id: "2", name: "b" });
    },
  },
  {
    title: "a row that is invalid again, after a run that found nothing wrong and nothing to do, is news again",
    run: async (subject) => {
      const sync = syncOn(subject);
      const whole = people(["1", "a"]);
      const broken = people(["1", "a"], [null, "b"]);
      await sync.run(whole);
      expect((await sync.run(broken)).facts.newInvalid).toBe(1);
      const mended = await sync.run(whole);
      expect(mended.facts.counts).toMatchObject({ read: 1, unchanged: 1, invalid: 0 });
      expect(await subject.planner.readPlan(mended.file.path, 0, 10)).toEqual([]);
      expect((await sync.run(broken)).facts.newInvalid).toBe(1);
    },
  },
  {
    title: "the int 1 and the text 1 are spelled alike but 1, 1.0 and 1.00 of numeric columns are one key (S1)",
    run: async (subject) => {
      const sync = syncOn(subject, { fields: { name: {} } });
      await sync.run(rowsSql(COLUMNS, [["1", "a"]]));
      for (const type of ["decimal(10,2)", "double", "decimal(4,0)", "hugeint", "float"]) {
        const planned = await sync.run(
          rowsSql(
            { id: type, name: "text" },
            [["1.0", "a"]].map((row) => [...row]),
          ),
        );
        expect(planned.rows, type).toEqual([]);
        expect(planned.facts.counts.unchanged, type).toBe(1);
      }
      const text = syncOn(subject, { fields: { name: {} } });
      await text.run(
        rowsSql({ id: "text", name: "text" }, [
          ["1", "a"],
          ["1.0", "b"],
          ["01", "c"],
        ]),
      );
      expect(await text.entry("1.0")).not.toBeNull();
    },
  },
  {
    title: "one hundred is no key of one: only zeros behind the point are cut",
    run: async (subject) => {
      const sync = syncOn(subject, { fields: { name: {} } });
      const planned = await sync.run(
        rowsSql({ id: "decimal(12,2)", name: "text" }, [
          ["100", "a"],
          ["1", "b"],
          ["10.50", "c"],
          ["0", "d"],
        ]),
      );
      expect(planned.rows.map((row) => row.key).sort()).toEqual(["0", "1", "10.5", "100"]);
    },
  },
  {
    title: "a composite key keeps its parts apart, whatever they hold (S1)",
    run: async (subject) => {
      const sync = syncOn(subject, { key: ["country", "id"], match: [{ name: "name" }], fields: { name: {} } });
      const columns = { country: "text", id: "bigint", name: "text" };
      const odd = 'D"E,\\ü\n';
      const first = await sync.run(
        rowsSql(columns, [
          ["DE", "1", "a"],
          ["DE", "11", "b"],
          ["D", "1", "c"],
          [odd, "1", "d"],
          [null, "1", "e"],
          ["DE", null, "f"],
        ]),
      );
      expect(first.rows).toHaveLength(4);
      expect(invalid(first)).toEqual([["NULL_KEY", null, 2]]);
      expect((await sync.entry(keyFromInput("DE,11", 2)))?.payload).toEqual({ name: "b" });
      expect((await sync.entry(JSON.stringify([odd, "1"])))?.payload).toEqual({ name: "d" });
      expect(first.rows.map((row) => keyForPeople(row.key, 2))).toContain("D,1");
    },
  },
  {
    title: "keys of hostile text are kept as they are",
    run: async (subject) => {
      const sync = syncOn(subject, { fields: { name: {} }, match: [{ name: "name" }] });
      const hostile = ["o'hara", '"', "a\nb", "%_", "🙂", "a;--", " x ", "\u00c9", "E\u0301"];
      const rows = hostile.map((key, index) => [key, `n${index}`]);
      const first = await sync.run(rowsSql({ id: "text", name: "text" }, rows));
      expect(first.rows.map((row) => row.key).sort()).toEqual([...hostile].sort());
      for (const [index, key] of hostile.entries())
        expect(await sync.entry(key), key).toMatchObject({ key, payload: { name: `n${index}` } });
      expect((await sync.run(rowsSql({ id: "text", name: "text" }, rows))).rows).toEqual([]);
    },
  },
];
