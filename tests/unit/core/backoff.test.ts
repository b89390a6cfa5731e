// Proves full jitter within a doubling, capped bound, and the pauses of refused rows (S17).
import { expect, it } from "vitest";
import { backoffMs, rejectPauseMs } from "../../../src/core/backoff.ts";

it.each([
  [0, 500],
  [1, 1000],
  [5, 16_000],
  [6, 30_000],
  [60, 30_000],
])("attempt %i waits between 0 and %i ms", (attempt, most) => {
  expect(backoffMs(attempt, () => 0)).toBe(0);
  expect(backoffMs(attempt, () => 0.5)).toBe(most / 2);
  expect(backoffMs(attempt, () => 1 - Number.EPSILON)).toBe(most);
});

it.each([
  [0, 1],
  [1, 1],
  [2, 2],
  [5, 16],
  [6, 24],
  [900, 24],
])("after %i refusals a row rests %i h", (attempts, hours) => {
  expect(rejectPauseMs(attempts)).toBe(hours * 3_600_000);
});
