// Proves that what vendors send back becomes canonical text, and that values are compared by what they mean (S15).
import { expect, test } from "vitest";
import type { FieldType } from "../../../src/contract/value.ts";
import { canonicalDate, canonicalSet, canonicalTimestamp, setMembers } from "../../../src/kit/canonical.ts";
import { plainDecimal, sameNumber } from "../../../src/kit/decimal.ts";
import { sameValue } from "../../../src/kit/same-value.ts";

test.each([
  ["2026-03-01T10:00:00Z", "2026-03-01T10:00:00.000Z"],
  ["2026-03-01T10:00:00.123456Z", "2026-03-01T10:00:00.123456Z"],
  ["2026-03-01T10:00:00.120000Z", "2026-03-01T10:00:00.120Z"],
  ["2026-03-01 12:00:00+02:00", "2026-03-01T10:00:00.000Z"],
  ["2026-03-01T12:00:00.5+0200", "2026-03-01T10:00:00.500Z"],
  ["1772359200000", "2026-03-01T10:00:00.000Z"],
  ["0044-03-15T00:00:00Z", "0044-03-15T00:00:00.000Z"],
  ["yesterday", null],
  ["2026-03-01T10:00:00", null],
])("timestamp %s", (text, expected) => {
  expect(canonicalTimestamp(text)).toBe(expected);
});

test.each([
  ["2026-03-01", "2026-03-01"],
  ["1772323200000", "2026-03-01"],
  ["2026-03-01T00:00:00.000Z", "2026-03-01"],
  ["01/03/2026", null],
])("date %s", (text, expected) => {
  expect(canonicalDate(text)).toBe(expected);
});

test.each([
  ["1", "1.0", true],
  ["1", "1e0", true],
  ["0.10", ".1", true],
  ["-0", "0", true],
  ["1500", "1.5E3", true],
  ["9007199254740993", "9007199254740992", false],
  ["0.1", "0.10000000000000001", false],
  ["-1", "1", false],
  ["x", "x ", false],
])("number %s and %s", (left, right, expected) => {
  expect(sameNumber(left, right)).toBe(expected);
});

test.each([
  ["1.5e3", "1500"],
  ["-1.5E-3", "-0.0015"],
  ["1e21", "1000000000000000000000"],
  ["12.50", "12.50"],
  ["1e999999", "1e999999"],
])("%s without exponent", (text, expected) => {
  expect(plainDecimal(text)).toBe(expected);
});

test("a set has one order and keeps its members' bytes", () => {
  expect(canonicalSet(["b", "a", "é"])).toBe('["a","b","é"]');
  expect(setMembers('["a;b","c"]')).toEqual(["a;b", "c"]);
  expect(setMembers("a")).toEqual(["a"]);
});

test.each<[FieldType, string | null, string | null, boolean]>([
  ["number", "1", "1.00", true],
  ["boolean", "true", "TRUE", true],
  ["date", "2026-03-01", "1772323200000", true],
  ["timestamp", "2026-03-01T10:00:00.000Z", "2026-03-01T12:00:00+02:00", true],
  ["set", '["a","b"]', '["b","a"]', true],
  ["set", '["a"]', '["a","b"]', false],
  ["text", "1", "1.0", false],
  ["text", null, null, true],
  ["text", null, "a", false],
  ["option", "a", "A", false],
])("%s %s and %s", (type, left, right, expected) => {
  expect(sameValue(type, left, right)).toBe(expected);
});
