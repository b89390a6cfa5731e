import type { Schedule } from "../contract/schedule.ts";

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** A schedule in a few words: `cron 0 6 * * * (Europe/Berlin)`. */
export function scheduleText({ starts }: Schedule): string {
  if (starts.kind === "cron") return `cron ${starts.cron} (${starts.timezone})`;
  if (starts.kind === "every") return `every ${durationText(starts.everyMs)}`;
  return `after ${starts.syncs.join(" and ")} (${starts.on})`;
}

function durationText(ms: number): string {
  if (ms % HOUR_MS === 0) return `${ms / HOUR_MS}h`;
  return ms % MINUTE_MS === 0 ? `${ms / MINUTE_MS}m` : `${ms / 1000}s`;
}
