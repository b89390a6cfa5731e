import type { Blackout, Schedule } from "../contract/schedule.ts";
import { DAY_MS, firstInstant, MINUTE_MS, wallAt } from "./zone-time.ts";

type Windows = Pick<Schedule, "blackouts" | "timezone">;
type Span = { readonly fromMs: number; readonly toMs: number };

/** More than a week and the day that a window may reach into the next. */
const LONGEST_MS = 9 * DAY_MS;
/** More than any clock is put back. */
const SLACK_MS = 3 * 60 * MINUTE_MS;

function spanAt(blackout: Blackout, timezone: string, ms: number, wall: number): Span | null {
  const today = Math.floor(wall / DAY_MS);
  // A window ends a day after it began at the latest; where the clock is put back over midnight, tomorrow was there before.
  for (const day of [today - 1, today, today + 1]) {
    if (!blackout.days.includes(new Date(day * DAY_MS).getUTCDay())) continue;
    const from = day * DAY_MS + blackout.fromMinute * MINUTE_MS;
    const reach = blackout.toMinute <= blackout.fromMinute ? DAY_MS : 0;
    const to = day * DAY_MS + blackout.toMinute * MINUTE_MS + reach;
    if (wall < from - SLACK_MS || wall >= to + SLACK_MS) continue;
    const span = { fromMs: firstInstant(timezone, from), toMs: firstInstant(timezone, to) };
    if (span.fromMs <= ms && ms < span.toMs) return span;
  }
  return null;
}

/** One window that `ms` is in; others may adjoin. */
function windowAt({ blackouts, timezone }: Windows, ms: number): Span | null {
  if (blackouts.length === 0) return null;
  const wall = wallAt(timezone, ms);
  for (const blackout of blackouts) {
    const span = spanAt(blackout, timezone, ms, wall);
    if (span !== null) return span;
  }
  return null;
}

export function inBlackout(schedule: Windows, ms: number): boolean {
  return windowAt(schedule, ms) !== null;
}

/** `ms` itself where no blackout is, else the end of what it is in; null where blackouts leave no time at all. */
export function afterBlackout(schedule: Windows, ms: number): number | null {
  let at = ms;
  for (let found = windowAt(schedule, at); found !== null; found = windowAt(schedule, at)) {
    at = found.toMs;
    if (at - ms > LONGEST_MS) return null;
  }
  return at;
}

/** When the blackouts began that `ms` is in; `ms` itself where it is in none. */
export function blackoutBegin(schedule: Windows, ms: number): number {
  let at = ms;
  for (let found = windowAt(schedule, at); found !== null; found = windowAt(schedule, at - 1)) {
    at = found.fromMs;
    if (ms - at > LONGEST_MS) return at;
  }
  return at;
}
