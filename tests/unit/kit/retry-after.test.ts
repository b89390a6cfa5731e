// Proves that a Retry-After header in any form becomes a wait between 0 and 24 hours, or nothing.
import { expect, test } from "vitest";
import { retryAfterMs } from "../../../src/kit/retry-after.ts";

const NOW = Date.parse("2026-03-01T12:00:00Z");

test.each([
  ["seconds", "7", 7_000],
  ["fractions of a second", "0.5", 500],
  ["nothing to wait for", "0", 0],
  ["a negative number", "-5", 0],
  ["a date to come", "Sun, 01 Mar 2026 12:00:30 GMT", 30_000],
  ["a date in the past", "Sat, 28 Feb 2026 12:00:00 GMT", 0],
  ["a huge number", "99999999999", 86_400_000],
  ["a date years ahead", "Fri, 01 Mar 2030 12:00:00 GMT", 86_400_000],
  ["blanks around it", " 2 ", 2_000],
])("%s", (_, header, expected) => {
  expect(retryAfterMs(header, NOW)).toBe(expected);
});

test.each(["", "soon", "12 parsecs", "NaN", "2026", null, undefined])("%s says nothing", (header) => {
  const expected = header === "2026" ? 2_026_000 : null;
  expect(retryAfterMs(header, NOW)).toBe(expected);
});
