// Proves that a mapping is refused for every reason at once, before anything is sent, and compiled as it was meant.
import { describe, expect, it } from "vitest";
import type { FieldInfo } from "../../../src/contract/destination.ts";
import type { FieldMapping, Sync } from "../../../src/contract/project.ts";
import { compileMapping } from "../../../src/core/compile-mapping.ts";
import { columnOf } from "../../../src/core/duckdb-sql.ts";
import { aSync } from "../delivery/samples.ts";

const info = (name: string, part: Partial<FieldInfo> = {}): FieldInfo => ({
  name,
  label: name,
  type: "text",
  vendorType: part.type ?? "string",
  writable: true,
  required: false,
  unique: false,
  options: null,
  maxLength: null,
  matchForm: "exact",
  ...part,
});

const FIELDS = [
  info("customer_id", { unique: true }),
  info("email", { unique: true, matchForm: "lower" }),
  info("phone"),
  info("amount", { type: "number" }),
  info("active", { type: "boolean" }),
  info("born", { type: "date" }),
  info("seen", { type: "timestamp" }),
  info("stage", { type: "option", options: ["lead", "customer"] }),
  info("tags", { type: "set", options: ["a", "b"] }),
  info("created_at", { writable: false }),
];

const COLUMNS = [
  columnOf("id", "BIGINT"),
  columnOf("email", "VARCHAR"),
  columnOf("born", "DATE"),
  columnOf("at", "TIMESTAMP"),
  columnOf("at_zoned", "TIMESTAMP WITH TIME ZONE"),
  columnOf("list", "VARCHAR[]"),
  columnOf("nested", "STRUCT(a INTEGER)"),
  columnOf("blob", "BLOB"),
  columnOf("flag", "BOOLEAN"),
  columnOf("price", "DECIMAL(10,2)"),
];

function compile(
  fields: Readonly<Record<string, string | { value: string }>>,
  part: Partial<Sync> = {},
  timezone: string | null = null,
) {
  const mappings = Object.entries(fields).map(
    ([field, from]): FieldMapping => ({
      field,
      from: typeof from === "string" ? { column: from } : from,
      onNull: "clear_ours",
      onBlank: "as_null",
    }),
  );
  const sync = aSync({ fields: mappings, match: [[{ field: "customer_id", column: "id" }]], ...part });
  const model = {
    name: "people",
    connection: "warehouse",
    primaryKey: ["id"],
    description: null,
    tags: [],
    timezone: null,
    sql: "",
    source: sync.source,
  };
  const object = { object: "contacts", fields: new Map(FIELDS.map((field) => [field.name, field])) };
  const { mapping, problems } = compileMapping({ sync, model, columns: COLUMNS, object, timezone });
  return { mapping, codes: problems.map((problem) => problem.code), problems };
}

describe("refused", () => {
  it.each([
    ["an unknown property", { emial: "email" }, "UNKNOWN_FIELD", /did you mean "email"/],
    ["a read-only property", { created_at: "at_zoned" }, "READ_ONLY_FIELD", /read-only/],
    ["a date into a number", { amount: "born" }, "WRONG_TYPE", /born/],
    ["a decimal into an option", { stage: "price" }, "WRONG_TYPE", /price/],
    ["a struct into a set", { tags: "nested" }, "WRONG_TYPE", /nested/],
    ["a number into a boolean", { active: "id" }, "WRONG_TYPE", /id/],
    ["bytes into a date", { born: "blob" }, "WRONG_TYPE", /blob/],
    ["a zoneless timestamp without anybody's zone", { seen: "at" }, "TIMEZONE_NEEDED", /whose clock/],
    ["a timestamp as a day of nobody", { born: "at_zoned" }, "TIMEZONE_NEEDED", /whose day/],
    ["an unknown option", { stage: { value: "leed" } }, "UNKNOWN_OPTION", /did you mean "lead"/],
    ["one unknown option of several", { tags: { value: "a;x" } }, "UNKNOWN_OPTION", /"x"/],
    ["a constant that is no number", { amount: { value: "many" } }, "WRONG_VALUE", /no number/],
    ["a blank for a number", { amount: { value: " " } }, "WRONG_VALUE", /no number/],
    ["a constant that is no boolean", { active: { value: "yes" } }, "WRONG_VALUE", /neither/],
    ["a constant that is no date", { born: { value: "1.2.2024" } }, "WRONG_VALUE", /no date/],
  ] as const)("%s", (_, fields, code, message) => {
    const { codes, problems, mapping } = compile(fields);
    expect(codes).toEqual([code]);
    expect(problems[0]).toMatchObject({
      severity: "error",
      file: "syncs/people.yml",
      message: expect.stringMatching(message),
    });
    expect(mapping).toBeNull();
  });

  it("every problem at once, in removals and groups too", () => {
    const { codes } = compile(
      { nope: "email", created_at: "at_zoned" },
      {
        onRemoved: { kind: "set", fields: { stage: "gone", created_at: "x" } },
        onRemovedAdopted: { kind: "set", fields: { nowhere: "x" } },
        sendTogether: [["nope", "absent"]],
      },
    );
    expect([...codes].sort()).toEqual(
      [
        "UNKNOWN_FIELD",
        "READ_ONLY_FIELD",
        "UNKNOWN_FIELD",
        "UNKNOWN_OPTION",
        "READ_ONLY_FIELD",
        "UNKNOWN_FIELD",
      ].sort(),
    );
  });

  it("a first match entry that is not unique, with those that are", () => {
    const { codes, problems } = compile({}, { match: [[{ field: "phone", column: "email" }]] });
    expect(codes).toEqual(["NOT_UNIQUE"]);
    expect(problems[0]?.fix).toBe("use a unique one: customer_id, email");
  });
});

describe("compiled", () => {
  it("the first match key is written though nobody mapped it, and never cleared (S7)", () => {
    const { mapping } = compile({ email: "email" });
    expect(mapping?.fields.map((field) => [field.field, field.onNull])).toEqual([
      ["email", "clear_ours"],
      ["customer_id", "skip"],
    ]);
    expect(compile({ customer_id: "id" }).mapping?.fields).toHaveLength(1);
  });

  it("match values know how the vendor compares them (S7)", () => {
    const match = [[{ field: "customer_id", column: "id" }], [{ field: "email", column: "email" }]];
    const { mapping } = compile({}, { match });
    expect(mapping?.match.flat().map((part) => [part.field, part.column.name, part.matchForm])).toEqual([
      ["customer_id", "id", "exact"],
      ["email", "email", "lower"],
    ]);
  });

  it("values that can be cast are let through, with the zone that was said", () => {
    const fields = {
      amount: "email",
      phone: "blob",
      tags: "list",
      seen: "at",
      born: "at",
      stage: { value: "lead" },
      active: "flag",
    };
    const { mapping, codes } = compile(fields, {}, "Europe/Berlin");
    expect(codes).toEqual([]);
    expect(mapping?.fields.find((field) => field.field === "seen")).toMatchObject({
      timezone: "Europe/Berlin",
      type: "timestamp",
    });
    expect(mapping?.primaryKey.map((column) => column.name)).toEqual(["id"]);
    expect(compile({ seen: "at_zoned" }).codes).toEqual([]);
  });
});
