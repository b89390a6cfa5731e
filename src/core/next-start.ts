import type { Schedule } from "../contract/schedule.ts";
import { afterBlackout, blackoutBegin } from "./blackouts.ts";
import { nextCron } from "./cron-times.ts";
import { readCron } from "./read-cron.ts";
import { fractionOf } from "./small-hash.ts";

export { afterBlackout, inBlackout } from "./blackouts.ts";

export type StartOf = {
  readonly sync: string;
  /** ms since the epoch. */
  readonly afterMs: number;
  /** When the last start was due; null: there was none. */
  readonly lastMs: number | null;
};

/**
 * The first start after `afterMs`, ms since the epoch; null where the schedule has none, or comes after other syncs.
 * What was due while nobody looked is one start: ask from the last one, and from now on once that is made up for.
 * A start that jitter or a blackout puts off beyond `afterMs` is still found, though its own time has passed.
 */
export function nextStart(schedule: Schedule, of: StartOf): number | null {
  const planned = plannedTimes(schedule, of);
  if (planned === null) return null;
  const jittered = (at: number) => at + Math.floor(fractionOf(`${of.sync}@${at}`) * (schedule.jitterMs + 1));
  // All starts of a blackout are put off to the same moment, so those of its beginning count as well.
  const begin = blackoutBegin(schedule, of.afterMs);
  const from = begin === of.afterMs ? of.afterMs : begin - 1;
  let first: number | null = null;
  let at = planned(from - schedule.jitterMs);
  while (at !== null && (first === null || at < first)) {
    const start = jittered(at);
    if (start > from && (first === null || start < first)) first = start;
    at = planned(at);
  }
  return first === null ? null : afterBlackout(schedule, first);
}

/** The times before jitter and blackouts: answers the first after a moment. */
function plannedTimes(schedule: Schedule, { sync, lastMs }: StartOf): ((afterMs: number) => number | null) | null {
  const { starts } = schedule;
  if (starts.kind === "after") return null;
  if (starts.kind === "cron") {
    const reading = readCron(starts.cron);
    return reading.ok ? (afterMs) => nextCron(reading.cron, starts.timezone, afterMs) : null;
  }
  const { everyMs } = starts;
  // From a start that was put off the grid would move on with it, and all syncs that wait for a blackout would go on together.
  const isPutOff = schedule.jitterMs > 0 || schedule.blackouts.length > 0;
  const anchor = lastMs === null || isPutOff ? Math.floor(fractionOf(sync) * everyMs) : lastMs;
  return (afterMs) => anchor + (Math.floor((afterMs - anchor) / everyMs) + 1) * everyMs;
}
