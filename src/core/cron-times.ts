import { type Cron, isCronDay } from "./read-cron.ts";
import { DAY_MS, firstInstant, MINUTE_MS, nextShift, wallAt } from "./zone-time.ts";

const DAY_MINUTES = DAY_MS / MINUTE_MS;
/** 29 February may be eight years away. */
const MOST_DAYS = 8 * 366;

/**
 * The next start strictly after `afterMs` (ms since the epoch) on the clock of `timezone`; null: none in eight years.
 *
 * Where the hours are named, the fields mean the wall clock: a time that is skipped in spring is taken once, at the first
 * instant after the gap, together with the others of that gap; a time that is shown twice in autumn counts once, the first
 * time. Where every hour is meant, time itself is counted: both repeated hours have their starts, a skipped one has none.
 *
 * node-cron 4.6.0 reads the expressions but does not time the starts. In Europe/Berlin it leaves out `30 2 * * *` on
 * 29 March 2026, and a start every 15 minutes falls silent for an hour on 25 October, from 2:00 to the second 2:00.
 */
export function nextCron(cron: Cron, timezone: string, afterMs: number): number | null {
  return cron.hours.length === 24 ? nextOfEveryHour(cron, timezone, afterMs) : nextByTheClock(cron, timezone, afterMs);
}

function nextByTheClock(cron: Cron, timezone: string, afterMs: number): number | null {
  let wall = nextWall(cron, wallAt(timezone, afterMs) + 1);
  while (wall !== null) {
    const at = firstInstant(timezone, wall);
    if (at > afterMs) return at;
    wall = nextWall(cron, wall + MINUTE_MS);
  }
  return null;
}

function nextOfEveryHour(cron: Cron, timezone: string, afterMs: number): number | null {
  let from = afterMs + 1;
  for (;;) {
    const offset = wallAt(timezone, from) - from;
    const wall = nextWall(cron, from + offset);
    if (wall === null) return null;
    const at = wall - offset;
    const shift = nextShift(timezone, from, at);
    if (shift === null) return at;
    // Beyond it the clock shows something else.
    from = shift;
  }
}

/** The first wall time from `fromWall` on that the fields name. */
function nextWall(cron: Cron, fromWall: number): number | null {
  const from = Math.ceil(fromWall / MINUTE_MS);
  const first = Math.floor(from / DAY_MINUTES);
  for (let day = first; day < first + MOST_DAYS; day += 1) {
    if (!isCronDay(cron, day)) continue;
    const minute = firstOfDay(cron, day === first ? from - day * DAY_MINUTES : 0);
    if (minute !== null) return (day * DAY_MINUTES + minute) * MINUTE_MS;
  }
  return null;
}

/** Minutes since midnight. */
function firstOfDay(cron: Cron, fromMinute: number): number | null {
  for (const hour of cron.hours) {
    if (hour * 60 + 59 < fromMinute) continue;
    for (const minute of cron.minutes) if (hour * 60 + minute >= fromMinute) return hour * 60 + minute;
  }
  return null;
}
