import { lstatSync, realpathSync } from "node:fs";
import { dirname, isAbsolute, resolve } from "node:path";
import type { Sync } from "../contract/project.ts";
import type { Schedule } from "../contract/schedule.ts";
import { afterBlackout } from "../core/blackouts.ts";
import { nextCron } from "../core/cron-times.ts";
import { readCron } from "../core/read-cron.ts";
import { hint } from "../core/suggest.ts";
import type { Report, Surroundings } from "./check-sync.ts";
import { isInside, reasonOf } from "./read-text.ts";
import { namesOf } from "./resolve-schedule.ts";
import type { Work } from "./resolve-sync.ts";
import type { ScheduleSetting } from "./schedule-schema.ts";
import { durationMs } from "./schema-parts.ts";

const SHORTEST_MS = 60_000;
const LONGEST_JITTER_MS = 24 * 3_600_000;
/** Schedules are judged from here on: what is said of a file must not change with the day. */
const SOME_DAY_MS = Date.UTC(2024, 0, 1);

/** Whether a schedule says when, can ever start, and names only what there is. */
export function checkSchedule(work: Work, sync: Sync, around: Surroundings, report: Report): void {
  const setting = work.layers.merged.schedule;
  if (setting === undefined) return;
  checkKinds(setting, report);
  checkCron(setting, report);
  if (setting.every !== undefined && durationMs(setting.every) < SHORTEST_MS) {
    const message = `schedule.every must be at least 1m, not ${setting.every}`;
    report(["schedule", "every"], "WRONG_VALUE", message, "write every: 1m, or longer");
  }
  checkAfter(setting, around, report);
  checkJitter(setting, sync.schedule, report);
  checkBlackouts(sync.schedule, report);
  checkWhen(work, setting, around, report);
}

function checkKinds(setting: ScheduleSetting, report: Report): void {
  const kinds = (["cron", "every", "after"] as const).filter((key) => setting[key] !== undefined);
  if (kinds.length !== 1) {
    const message = kinds.length === 0 ? "schedule needs cron, every or after" : `schedule has ${kinds.join(" and ")}`;
    report(["schedule"], "WRONG_VALUE", message, "give exactly one of cron, every, after", "key");
  }
  if (setting.timezone !== undefined && setting.cron === undefined && setting.blackout === undefined) {
    const message = "schedule.timezone goes with cron or blackout";
    report(["schedule", "timezone"], "WRONG_VALUE", message, "remove it", "key");
  }
}

function checkCron({ cron }: ScheduleSetting, report: Report): void {
  if (cron === undefined) return;
  const reading = readCron(cron);
  if (reading.ok) return;
  for (const { message, fix } of reading.troubles) {
    const colon = message.startsWith("must ") ? "" : ":";
    report(["schedule", "cron"], "WRONG_VALUE", `schedule.cron${colon} ${message}`, fix);
  }
}

function checkAfter({ after }: ScheduleSetting, { syncNames }: Surroundings, report: Report): void {
  for (const { name, path } of after === undefined ? [] : namesOf(after)) {
    if (syncNames.has(name)) continue;
    report(path, "UNKNOWN_SYNC", `there is no sync "${name}"`, hint(name, syncNames, "syncs"));
  }
}

function checkJitter({ jitter }: ScheduleSetting, schedule: Schedule | null, report: Report): void {
  if (jitter === undefined || schedule === null) return;
  const refuse = (message: string, fix: string, part: "key" | "value" = "value") =>
    report(["schedule", "jitter"], "WRONG_VALUE", message, fix, part);
  if (schedule.starts.kind === "after") {
    refuse(
      "schedule.jitter goes with cron or every",
      "remove it: a sync that comes after others starts at once",
      "key",
    );
    return;
  }
  if (schedule.jitterMs > LONGEST_JITTER_MS) {
    refuse(`schedule.jitter must be at most 24h, not ${jitter}`, "make it shorter");
    return;
  }
  const gapMs = gapOf(schedule);
  if (gapMs === null || schedule.jitterMs < gapMs) return;
  const fix = "make it shorter: starts must not overtake one another";
  refuse(`schedule.jitter of ${jitter} is as long as the time between two starts`, fix);
}

const STARTS_SEEN = 24;

/** The shortest time between two starts that follow each other; null where that cannot be told. */
function gapOf({ starts }: Schedule): number | null {
  if (starts.kind === "every") return starts.everyMs;
  const reading = starts.kind === "cron" ? readCron(starts.cron) : null;
  if (starts.kind !== "cron" || reading?.ok !== true) return null;
  let shortest: number | null = null;
  let last = nextCron(reading.cron, "UTC", SOME_DAY_MS);
  for (let seen = 0; seen < STARTS_SEEN && last !== null; seen += 1) {
    const next = nextCron(reading.cron, "UTC", last);
    if (next !== null) shortest = Math.min(shortest ?? next - last, next - last);
    last = next;
  }
  return shortest;
}

function checkBlackouts(schedule: Schedule | null, report: Report): void {
  if (schedule === null || afterBlackout(schedule, SOME_DAY_MS) !== null) return;
  const message = "schedule.blackout leaves no time to start in the whole week";
  report(["schedule", "blackout"], "WRONG_VALUE", message, "shorten one of them", "key");
}

function checkWhen(work: Work, { when }: ScheduleSetting, { settings }: Surroundings, report: Report): void {
  when?.forEach((one, index) => {
    const path = ["schedule", "when", index];
    if (one.file !== undefined) {
      const why = work.scope === null ? null : strayReason(work.scope.projectDir, one.file);
      if (why === null) return;
      const message = `the file ${JSON.stringify(one.file)} cannot be waited for: ${why}`;
      report([...path, "file"], "OUTSIDE_PROJECT", message, "name a file of the project by its path from sluice.yml");
      return;
    }
    if (one.connection === undefined || settings === null) return;
    const declared = settings.declared.get(one.connection);
    const at = [...path, "connection"];
    if (declared === undefined) {
      const fix = hint(one.connection, settings.declared.keys(), "connections");
      report(at, "UNKNOWN_CONNECTION", `there is no connection "${one.connection}"`, fix);
    } else if (declared.connector !== null && declared.connector.warehouse === null) {
      const message = `connection "${one.connection}" is no warehouse: ${declared.connector.title} cannot answer a query`;
      report(at, "NOT_A_WAREHOUSE", message, "remove connection to ask the model's own");
    }
  });
}

/** Why a path is none within the project; null where it is. What is not there yet may come. */
function strayReason(root: string, path: string): string | null {
  if (/\p{Cc}/u.test(path)) return "its name holds a control character";
  if (isAbsolute(path) || path.split(/[\\/]/).includes("..")) return "it lies outside the project";
  for (let there = resolve(root, path); isInside(root, there) && there !== root; there = dirname(there)) {
    try {
      return isInside(root, realpathSync(there)) ? null : "a link leads out of the project";
    } catch (error) {
      const isAbsent = error instanceof Error && "code" in error && error.code === "ENOENT";
      if (!isAbsent) return reasonOf(error);
      if (lstatSync(there, { throwIfNoEntry: false })?.isSymbolicLink() === true)
        return "it is a link that leads nowhere";
    }
  }
  return null;
}
