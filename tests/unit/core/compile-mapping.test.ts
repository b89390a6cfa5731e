// Proves that a mapping is refused for every reason at once, before anything is sent, and compiled as it was meant.
import { describe, expect, it } from "vitest";
import type { RemoteField } from "../../../src/contract/destination.ts";
import type { FieldMapping, Sync } from "../../../src/contract/project.ts";
import { compileMapping } from "../../../src/core/compile-mapping.ts";
import { columnOf } from "../../../src/core/duckdb-sql.ts";
import { aSync } from "../delivery/samples.ts";

const info = (name: string, part: Partial<RemoteField> = {}): RemoteField => ({
  name,
  type: "text",
  vendorType: part.type ?? "string",
  creatable: true,
  updatable: true,
  required: false,
  unique: false,
  upsertKey: part.unique ?? false,
  findable: true,
  options: null,
  maxLength: null,
  matchForm: "exact",
  ...part,
});

const READ_ONLY = { creatable: false, updatable: false };

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
  info("created_at", READ_ONLY),
  info("record_id", { ...READ_ONLY, unique: true, type: "number" }),
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
  others: readonly RemoteField[] = [],
  children: readonly string[] = [],
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
  const object = {
    object: "contacts",
    children,
    fields: new Map([...FIELDS, ...others].map((field) => [field.name, field])),
  };
  const { mapping, problems } = compileMapping({ sync, model, columns: COLUMNS, object, timezone });
  return { mapping, codes: problems.map((problem) => problem.code), problems };
}

describe("refused", () => {
  it.each([
    ["an unknown field", { emial: "email" }, "UNKNOWN_FIELD", /no field "emial"/, /^did you mean "email"\?/],
    ["a read-only field", { created_at: "at_zoned" }, "READ_ONLY_FIELD", /read-only/],
    ["a date into a number", { amount: "born" }, "WRONG_TYPE", /born/],
    ["a decimal into an option", { stage: "price" }, "WRONG_TYPE", /price/],
    ["a struct into a set", { tags: "nested" }, "WRONG_TYPE", /nested/],
    ["a number into a boolean", { active: "id" }, "WRONG_TYPE", /id/],
    ["bytes into a date", { born: "blob" }, "WRONG_TYPE", /blob/],
    ["a zoneless timestamp without anybody's zone", { seen: "at" }, "TIMEZONE_NEEDED", /whose clock/],
    ["a timestamp as a day of nobody", { born: "at_zoned" }, "TIMEZONE_NEEDED", /whose day/],
    ["an unknown option", { stage: { value: "leed" } }, "UNKNOWN_OPTION", /no option "leed"/, /^did you mean "lead"\?/],
    ["one unknown option of several", { tags: { value: "a;x" } }, "UNKNOWN_OPTION", /"x"/],
    ["a constant that is no number", { amount: { value: "many" } }, "WRONG_VALUE", /no number/],
    ["a blank for a number", { amount: { value: " " } }, "WRONG_VALUE", /no number/],
    ["a constant that is no boolean", { active: { value: "yes" } }, "WRONG_VALUE", /neither/],
    ["a constant that is no date", { born: { value: "1.2.2024" } }, "WRONG_VALUE", /no date/],
  ] as const)("%s", (_, fields, code, message, fix: RegExp = /\w/) => {
    const { codes, problems, mapping } = compile(fields);
    expect(codes).toEqual([code]);
    expect(problems[0]).toMatchObject({
      severity: "error",
      file: "syncs/people.yml",
      message: expect.stringMatching(message),
      fix: expect.stringMatching(fix),
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

  it.each(["upsert", "insert"] as const)(
    "a read-only first match entry of %s: no new record could have it",
    (write) => {
      const match = [[{ field: "record_id", column: "id" }]];
      const { codes, problems } = compile({ email: "email" }, { match, write });
      expect(codes).toEqual(["READ_ONLY_FIELD"]);
      expect(problems[0]?.fix).toBe("use write: update, or use a unique one: customer_id, email");
    },
  );

  it("a first match column that its field cannot take, once, mapped or not", () => {
    const others = [info("number", { type: "number", unique: true })];
    const match = [[{ field: "number", column: "born" }]];
    expect(compile({}, { match }, null, others).codes).toEqual(["WRONG_TYPE"]);
    expect(compile({ number: "born" }, { match }, null, others).codes).toEqual(["WRONG_TYPE"]);
  });

  it("a removal that takes other records along, unless that is said", () => {
    const removal = (part: Partial<Sync>, children = ["Contact", "Opportunity"]) =>
      compile({ email: "email" }, part, null, [], children);
    for (const kind of ["archive", "delete"] as const) {
      const { codes, problems } = removal({ onRemoved: { kind } });
      expect(codes).toEqual(["CASCADE_REFUSED"]);
      expect(problems[0]?.message).toContain("Contact, Opportunity");
      expect(removal({ onRemoved: { kind }, allowCascade: true }).codes).toEqual([]);
      expect(removal({ onRemovedAdopted: { kind } }).codes).toEqual(["CASCADE_REFUSED"]);
      expect(removal({ onRemoved: { kind } }, []).codes).toEqual([]);
    }
    expect(removal({ onRemoved: { kind: "clear" } }).codes).toEqual([]);
  });

  it("nothing, but a warning, where the vendor upserts by a field that is not unique", () => {
    const key = info("Email", { unique: false, upsertKey: true });
    const match = [[{ field: "Email", column: "email" }]];
    const { mapping, problems } = compile({ phone: "email" }, { match }, null, [key]);
    expect(mapping).not.toBeNull();
    expect(problems).toMatchObject([{ severity: "warning", code: "KEY_NOT_UNIQUE" }]);
    expect(problems[0]?.fix).toContain("customer_id or email");
  });

  it("a field that can only be given at creation, but for insert", () => {
    const once = [info("source", { updatable: false })];
    expect(compile({ source: "email" }, {}, null, once).codes).toEqual(["CREATE_ONLY_FIELD"]);
    expect(compile({ source: "email" }, { write: "insert" }, null, once).codes).toEqual([]);
  });

  it("a field without which no record can be made, unless none is made or it is read-only", () => {
    const required = [info("name", { required: true }), info("made", { required: true, ...READ_ONLY })];
    const { codes, problems } = compile({ email: "email" }, {}, null, required);
    expect(codes).toEqual(["REQUIRED_FIELD"]);
    expect(problems[0]?.message).toContain('"name"');
    expect(compile({ email: "email" }, { write: "update" }, null, required).codes).toEqual([]);
    expect(compile({ name: "email" }, {}, null, required).codes).toEqual([]);
    const match = [[{ field: "key", column: "id" }]];
    const key = info("key", { required: true, unique: true });
    expect(compile({ email: "email" }, { match }, null, [key]).codes).toEqual([]);
  });

  it("a removal's wrong field once, though adopted records take the same by default (S12)", () => {
    const onRemoved = { kind: "set", fields: { nofield: "x" } } as const;
    expect(compile({}, { onRemoved, onRemovedAdopted: onRemoved }).codes).toEqual(["UNKNOWN_FIELD"]);
    expect(compile({}, { onRemoved, onRemovedAdopted: { ...onRemoved } }).codes).toHaveLength(2);
  });
});

describe("options that another field decides about", () => {
  const when = [
    { value: "shop", options: ["silver", "bronze"] },
    { value: "guest", options: [] },
  ];
  const all = ["gold", "silver", "bronze"];
  const others = [
    info("kind", { type: "option", options: ["shop", "guest", "buyer"] }),
    info("tier", { type: "option", options: { field: "kind", when, all } }),
    info("tiers", { type: "set", options: { field: "kind", when, all } }),
  ];
  const compiled = (fields: Parameters<typeof compile>[0], part: Partial<Sync> = {}) =>
    compile(fields, part, null, others);
  const optionsOf = (fields: Parameters<typeof compile>[0]) => compiled(fields).mapping?.fields[0]?.options;

  it("are those of the constant that the sync gives it, for constants and columns (S2)", () => {
    expect(optionsOf({ tier: "email", kind: { value: "shop" } })).toEqual(["silver", "bronze"]);
    expect(optionsOf({ tier: "email", kind: { value: "buyer" } })).toEqual(all);
    const { problems } = compiled({
      kind: { value: "shop" },
      tier: { value: "gilver" },
      tiers: { value: "silver;gold" },
    });
    expect(problems).toMatchObject([
      {
        code: "UNKNOWN_OPTION",
        message: 'field "tier" has no option "gilver" where kind is "shop"',
        fix: 'did you mean "silver"? Otherwise use one of: silver, bronze',
      },
      { code: "UNKNOWN_OPTION", message: 'field "tiers" has no option "gold" where kind is "shop"' },
    ]);
    const none = compiled({ kind: { value: "guest" }, tier: { value: "gold" } });
    expect(none.problems).toMatchObject([{ code: "UNKNOWN_OPTION", fix: "remove it from fields" }]);
  });

  it("are left to the rows where a column decides, constants too", () => {
    const { mapping, codes } = compiled({ tier: "email", tiers: { value: "gold" }, kind: "email" });
    expect(codes).toEqual([]);
    const by = mapping?.fields[2];
    expect(by).toMatchObject({ field: "kind", options: ["shop", "guest", "buyer"] });
    expect(mapping?.fields[0]?.options).toEqual({ by, when, all });
    expect(mapping?.fields[1]?.options).toEqual({ by, when, all });
    expect(compiled({ tier: { value: "iron" }, kind: "email" }).codes).toEqual(["UNKNOWN_OPTION"]);
  });

  it("are all of them where the sync does not say, since found records have a value of their own", () => {
    expect(optionsOf({ tier: "email" })).toEqual(all);
    expect(compiled({ tier: { value: "gold" } }).codes).toEqual([]);
    expect(compiled({ tier: { value: "iron" } }).codes).toEqual(["UNKNOWN_OPTION"]);
  });

  it("hold for what a removal sets, which may set the deciding field as well (S12)", () => {
    const removal = (fields: Readonly<Record<string, string>>) =>
      compiled({ kind: { value: "shop" } }, { onRemoved: { kind: "set", fields } }).codes;
    expect(removal({ tier: "gold" })).toEqual(["UNKNOWN_OPTION"]);
    expect(removal({ tier: "gold", kind: "buyer" })).toEqual([]);
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

  it("the first match key keeps its field's limits, and is left out where it is read-only (S7)", () => {
    const limited = [info("code", { unique: true, maxLength: 10, options: ["a"] })];
    const byCode = [[{ field: "code", column: "email" }]];
    const { mapping } = compile({ email: "email" }, { match: byCode }, "Europe/Berlin", limited);
    expect(mapping?.fields[1]).toMatchObject({
      field: "code",
      maxLength: 10,
      options: ["a"],
      timezone: "Europe/Berlin",
    });
    const match = [[{ field: "record_id", column: "id" }]];
    const updated = compile({ email: "email" }, { match, write: "update" });
    expect(updated.mapping?.fields.map((field) => field.field)).toEqual(["email"]);
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
