/**
 * Wall clocks of time zones. A wall time is written as the ms since the epoch at which a clock in UTC would show the same.
 * Shifts that are taken back within two weeks are not seen; no zone has had any.
 */

export const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;
const LONGEST_LOOK_MS = 14 * DAY_MS;

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(timezone: string): Intl.DateTimeFormat {
  const known = formatters.get(timezone);
  if (known !== undefined) return known;
  const two = "2-digit";
  const made = new Intl.DateTimeFormat("en-US", {
    timeZone: timezone,
    hourCycle: "h23",
    year: "numeric",
    month: two,
    day: two,
    hour: two,
    minute: two,
    second: two,
  });
  formatters.set(timezone, made);
  return made;
}

/** The wall time at an instant. RangeError for a zone that there is not. */
export function wallAt(timezone: string, ms: number): number {
  // Seconds and what is below them are the same everywhere.
  const [month = 1, day = 1, year = 0, hour = 0, minute = 0, second = 0] = (
    formatterOf(timezone).format(ms).match(/\d+/g) ?? []
  ).map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second) + (((ms % 1000) + 1000) % 1000);
}

/** How far the wall clock is ahead of UTC, ms. */
function offsetAt(timezone: string, ms: number): number {
  return wallAt(timezone, ms) - ms;
}

/** The first instant after `low` with another offset than `low` has; the one at `high` is another. */
function shiftBetween(timezone: string, low: number, high: number): number {
  const offset = offsetAt(timezone, low);
  let [before, from] = [low, high];
  while (from - before > 1) {
    const middle = Math.floor((before + from) / 2);
    if (offsetAt(timezone, middle) === offset) before = middle;
    else from = middle;
  }
  return from;
}

/** When the clock is put forward or back first in (`fromMs`, `toMs`]; null: not within. */
export function nextShift(timezone: string, fromMs: number, toMs: number): number | null {
  const offset = offsetAt(timezone, fromMs);
  let low = fromMs;
  while (low < toMs) {
    const high = Math.min(toMs, low + LONGEST_LOOK_MS);
    if (offsetAt(timezone, high) !== offset) return shiftBetween(timezone, low, high);
    low = high;
  }
  return null;
}

/**
 * The first instant at which the wall clock shows `wall` or later: of a time that is shown twice the first, of one that is
 * skipped the end of the gap. A later wall time never has an earlier instant.
 */
export function firstInstant(timezone: string, wall: number): number {
  // No zone is a day from UTC, so a shift that matters lies between these two.
  const before = offsetAt(timezone, wall - DAY_MS);
  const after = offsetAt(timezone, wall + DAY_MS);
  const early = wall - before;
  if (before === after || offsetAt(timezone, early) === before) return early;
  const late = wall - after;
  if (offsetAt(timezone, late) === after) return late;
  return shiftBetween(timezone, late, early);
}
