// Proves that quoting cannot be broken out of and that type texts are understood.
import { expect, it } from "vitest";
import { columnOf, confinement, quoteName, quoteText } from "../../../src/core/duckdb-sql.ts";

it("quotes names and texts", () => {
  expect(quoteName('a"; drop table x--')).toBe('"a""; drop table x--"');
  expect(quoteText("it's")).toBe("'it''s'");
  expect(quoteText("")).toBe("''");
  expect(quoteText("a\0'b")).toBe("('a' || chr(0) || '''b')");
});

it.each([
  ["UHUGEINT", "integer", false, false],
  ["DECIMAL(18,3)", "decimal", false, false],
  ["FLOAT", "float", false, false],
  ["VARCHAR", "text", false, false],
  ["ENUM('DATE', 'a[]')", "text", false, false],
  ["TIME WITH TIME ZONE", "text", false, false],
  ["TIMESTAMP WITH TIME ZONE", "timestamp", true, false],
  ["TIMESTAMP_NS", "timestamp", false, false],
  ["VARCHAR[]", "json", false, true],
  ["ENUM('a', 'b')[3]", "json", false, true],
  ["INTEGER[][]", "json", false, false],
  ["STRUCT(a INTEGER)[]", "json", false, false],
  ["JSON[]", "json", false, false],
  ['STRUCT("a b" DECIMAL(4,1), c VARCHAR[])', "json", false, false],
  ["MAP(VARCHAR, INTEGER)", "json", false, false],
  ["BLOB", "binary", false, false],
  ["GEOMETRY", "text", false, false],
])("knows %s", (nativeType, type, zoned, isList) => {
  expect(columnOf("c", nativeType)).toEqual({ name: "c", type, nativeType, zoned, isList });
});

it("confines to folders, external access off at the end", () => {
  const statements = confinement("/srv/it's", ["/data/"]);
  expect(statements).toContain("set allowed_directories = ['/srv/it''s/', '/data/']");
  expect(statements.at(-1)).toBe("set enable_external_access = false");
});
