import { expect } from "vitest";
import type { CompiledField, CompiledOptions } from "../../../../src/contract/mapping.ts";
import { columnOf } from "../../../../src/core/duckdb-sql.ts";
import { type Case, rowsSql } from "../subject.ts";
import { invalid, syncOn } from "../sync.ts";

type Trial = {
  readonly what: string;
  readonly type: string;
  readonly field: Partial<CompiledField>;
  readonly good: readonly (readonly [text: string, canonical: string])[];
  readonly bad: readonly string[];
  readonly code: string;
};

const TRIALS: readonly Trial[] = [
  {
    what: "numbers in text",
    type: "text",
    field: { type: "number" },
    good: [
      ["12.50", "12.50"],
      [" -3 ", "-3"],
      ["1e3", "1e3"],
      ["9007199254740993", "9007199254740993"],
    ],
    bad: ["twelve", "1,5", "0x1f", "--1", "NaN", "."],
    code: "NOT_A_NUMBER",
  },
  {
    what: "numbers that are none",
    type: "double",
    field: { type: "number" },
    good: [
      ["0.1", "0.1"],
      ["1e300", "1e+300"],
    ],
    bad: ["nan", "inf", "-inf"],
    code: "NOT_FINITE",
  },
  {
    what: "infinite numbers in a text field",
    type: "float",
    field: { type: "text" },
    good: [["0.1", "0.1"]],
    bad: ["nan"],
    code: "NOT_FINITE",
  },
  {
    what: "booleans in text",
    type: "text",
    field: { type: "boolean" },
    good: [
      ["TRUE", "true"],
      [" false ", "false"],
    ],
    bad: ["yes", "1", "t"],
    code: "NOT_A_BOOLEAN",
  },
  {
    what: "dates in text",
    type: "text",
    field: { type: "date" },
    good: [
      ["2024-02-29", "2024-02-29"],
      ["0001-01-01", "0001-01-01"],
    ],
    bad: ["2023-02-29", "29.02.2024", "2024-2-9", "02/29/2024", "2024-02-29 00:00:00", "infinity"],
    code: "NOT_A_DATE",
  },
  {
    what: "dates beyond the calendar",
    type: "date",
    field: { type: "date" },
    good: [["9999-12-31", "9999-12-31"]],
    bad: ["10000-01-01", "0044-03-15 (BC)"],
    code: "NOT_A_DATE",
  },
  {
    what: "infinite dates",
    type: "date",
    field: { type: "date" },
    good: [],
    bad: ["infinity", "-infinity"],
    code: "NOT_FINITE",
  },
  {
    what: "timestamps in text",
    type: "text",
    field: { type: "timestamp" },
    good: [
      ["2024-02-29T12:00:00+02:00", "2024-02-29T10:00:00.000Z"],
      ["2024-02-29 12:00:00.123456Z", "2024-02-29T12:00:00.123456Z"],
    ],
    bad: ["2024-02-29T12:00:00", "2024-02-30T12:00:00Z", "today", "2024-02-29"],
    code: "NOT_A_TIMESTAMP",
  },
  {
    what: "infinite timestamps",
    type: "timestamptz",
    field: { type: "timestamp" },
    good: [["2024-01-01 00:00:00.000001+00", "2024-01-01T00:00:00.000001Z"]],
    bad: ["infinity"],
    code: "NOT_FINITE",
  },
  {
    what: "options",
    type: "text",
    field: { type: "option", options: ["lead", "it's"] },
    good: [
      ["lead", "lead"],
      ["it's", "it's"],
    ],
    bad: ["Lead", "customer", " lead"],
    code: "INVALID_OPTION",
  },
  {
    what: "options in a set",
    type: "varchar[]",
    field: { type: "set", options: ["a", "b"] },
    good: [
      ["[b, a]", '["a","b"]'],
      ["[b]", '["b"]'],
    ],
    bad: ["[a, c]"],
    code: "INVALID_OPTION",
  },
  {
    what: "texts that are too long",
    type: "text",
    field: { type: "text", maxLength: 3 },
    good: [["äöü", "äöü"]],
    bad: ["abcd"],
    code: "TOO_LONG",
  },
];

const aTrial = ({ what, type, field, good, bad, code }: Trial): Case => ({
  title: `${what}: bad values are invalid with code and field, good ones are spelled canonically (S2)`,
  run: async (subject) => {
    const sync = syncOn(subject, { fields: { id: {}, value: field } });
    const texts = [...good.map(([text]) => text), ...bad];
    const rows = texts.map((text, index) => [`${index}`, text]);
    const planned = await sync.run(rowsSql({ id: "bigint", value: type }, rows));
    expect(invalid(planned)).toEqual([[code, "value", bad.length]]);
    expect(planned.facts.invalidGroups[0]?.message).toMatch(/^the /);
    const values = Object.fromEntries(planned.rows.map((row) => [row.key, row.fields["value"]]));
    expect(values).toEqual(Object.fromEntries(good.map(([, canonical], index) => [`${index}`, canonical])));
  },
});

/** A shop takes less than the rest, "it's" less than a shop. */
const BY_KIND: CompiledOptions = {
  by: {
    field: "kind",
    type: "option",
    from: { column: columnOf("kind", "VARCHAR") },
    timezone: null,
    options: ["shop", "it's", "buyer"],
    maxLength: null,
    onNull: "clear_ours",
    onBlank: "as_null",
  },
  when: [
    { value: "shop", options: ["a", "b"] },
    { value: "it's", options: [] },
  ],
  all: ["a", "b", "c"],
};

const dependentOptions: readonly Case[] = [
  {
    title:
      "options that another field of the row decides about are those of its value; of an unknown one all hold (S2)",
    run: async (subject) => {
      const tags = { type: "set", options: BY_KIND } as const;
      const sync = syncOn(subject, { fields: { id: {}, tier: { type: "option", options: BY_KIND }, tags, kind: {} } });
      const columns = { id: "bigint", kind: "text", tier: "text", tags: "varchar[]" };
      const good = [
        ["1", "shop", "a", "[b]"],
        ["2", "buyer", "c", "[c, a]"],
        ["3", null, "c", null],
        ["4", "", "c", "[]"],
        ["5", "it's", null, null],
      ];
      const bad = [
        ["11", "shop", "c", null],
        ["12", "it's", "a", null],
        ["13", "buyer", "d", null],
        ["14", null, "d", null],
        ["15", "shop", null, "[a, c]"],
        ["16", null, null, "[d]"],
      ];
      const planned = await sync.run(rowsSql(columns, [...good, ...bad]));
      expect(invalid(planned).sort()).toEqual([
        ["INVALID_OPTION", "tags", 2],
        ["INVALID_OPTION", "tier", 4],
      ]);
      expect(planned.rows.map((row) => row.key).sort()).toEqual(good.map(([key]) => key));
      const moved = rowsSql(columns, [...good.slice(0, 4), ["5", "it's", null, "[a]"]]);
      expect(invalid(await sync.plan(moved))).toEqual([["INVALID_OPTION", "tags", 1]]);
    },
  },
  {
    title: "a constant is checked row by row where a column decides about its options (S2)",
    run: async (subject) => {
      const sync = syncOn(subject, {
        fields: {
          id: {},
          tier: { type: "option", value: "b", options: BY_KIND },
          tags: { type: "set", value: "a;c", options: BY_KIND },
          kind: {},
        },
      });
      const rows = [
        ["1", "buyer"],
        ["2", "shop"],
        ["3", "it's"],
      ];
      const planned = await sync.run(rowsSql({ id: "bigint", kind: "text" }, rows));
      expect(invalid(planned).sort()).toEqual([
        ["INVALID_OPTION", "tags", 1],
        ["INVALID_OPTION", "tier", 1],
      ]);
      expect(planned.rows.map(({ key, fields }) => [key, fields["tags"]])).toEqual([["1", '["a","c"]']]);
    },
  },
];

export const invalidValues: readonly Case[] = [
  ...dependentOptions,
  ...TRIALS.map(aTrial),
  {
    title: "a text with NUL is invalid; its neighbours go (S2)",
    run: async (subject) => {
      const sync = syncOn(subject, { fields: { id: {}, value: {} } });
      const planned = await sync.run(
        "select 1::bigint as id, 'a' || chr(0) || 'b' as value union all select 2, 'fine'",
      );
      expect(invalid(planned)).toEqual([["INVALID_TEXT", "value", 1]]);
      expect(planned.rows.map((row) => row.key)).toEqual(["2"]);
    },
  },
  {
    title: "an invalid value neither removes its row nor changes what was accepted; mended it is sent (S2, S4)",
    run: async (subject) => {
      const sync = syncOn(subject, { fields: { id: {}, value: { type: "number" } }, onRemoved: { kind: "archive" } });
      const model = (value: string | null) =>
        rowsSql({ id: "bigint", value: "text" }, [
          ["1", value],
          ["2", "5"],
        ]);
      await sync.run(model("1"));
      const broken = await sync.run(model("one"));
      expect(broken.rows).toEqual([]);
      expect(broken.facts.counts).toMatchObject({ invalid: 1, unchanged: 1, removed: 0 });
      expect((await sync.entry("1"))?.payload).toMatchObject({ value: "1" });
      expect((await sync.plan(model("1"))).rows).toEqual([]);
      expect((await sync.run(model("2"))).rows[0]?.fields).toEqual({ value: "2" });
    },
  },
  {
    title: "the first field that is wrong is the one that is named",
    run: async (subject) => {
      const sync = syncOn(subject, {
        fields: { id: {}, "it's": { type: "number", column: "a" }, b: { type: "date" } },
      });
      const planned = await sync.run(
        rowsSql({ id: "bigint", a: "text", b: "text" }, [
          ["1", "x", "y"],
          ["2", "1", "y"],
        ]),
      );
      expect(invalid(planned).sort()).toEqual([
        ["NOT_A_DATE", "b", 1],
        ["NOT_A_NUMBER", "it's", 1],
      ]);
    },
  },
  {
    title: "a row without any match value is invalid, unless it is linked (S2, S6)",
    run: async (subject) => {
      const sync = syncOn(subject, { match: [{ email: "email" }], fields: { email: {}, name: {} } });
      const columns = { id: "bigint", email: "text", name: "text" };
      const first = await sync.run(
        rowsSql(columns, [
          ["1", "a@x", "n"],
          ["2", null, "n"],
          ["3", "", "n"],
        ]),
      );
      expect(invalid(first)).toEqual([["NO_MATCH_VALUE", "email", 2]]);
      const later = await sync.run(rowsSql(columns, [["1", null, "m"]]));
      expect(later.rows[0]?.fields).toEqual({ email: null, name: "m" });
    },
  },
];
