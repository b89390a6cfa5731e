// Proves that what a database or a vendor says loses the values of rows, and keeps the names that people need (S27).
import { expect, it } from "vitest";
import { withoutAddresses, withoutValues } from "../../../src/core/without-values.ts";

it.each([
  [
    "Conversion Error: Could not convert string 'ann@x.example' to INT32 when casting from source column email\n\nLINE 1",
    "Conversion Error: Could not convert string '…' to INT32 when casting from source column email",
  ],
  [
    'Invalid Input Error: Could not parse string "Ann" according to format specifier "%d"',
    'Invalid Input Error: Could not parse string "…" according to format specifier "…"',
  ],
  ['IO Error: Could not read file "people.csv"', 'IO Error: Could not read file "people.csv"'],
  ["CSV Error on Line: 3\nOriginal Line: 7,ann@x.example", "CSV Error on Line: 3"],
])("%s", (message, kept) => {
  expect(withoutValues(message)).toBe(kept);
});

it("leaves out addresses alone, where names may stay", () => {
  expect(withoutAddresses("<ann.b@x.example>, 'c@d.example' has no scope a.b")).toBe("<…@…>, '…@…' has no scope a.b");
});
