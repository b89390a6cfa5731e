import { resolve } from "node:path";
import type { Sync } from "../contract/project.ts";
import type { Blackout, Starts, When } from "../contract/schedule.ts";
import { hint } from "../core/suggest.ts";
import { replaceVars } from "./model-vars.ts";
import { problem } from "./problem.ts";
import type { Work } from "./resolve-sync.ts";
import { type ScheduleSetting, WEEKDAYS } from "./schedule-schema.ts";
import { durationMs } from "./schema-parts.ts";

type WhenSetting = NonNullable<ScheduleSetting["when"]>[number];

/** When a sync starts by itself; null where it says nothing that could be understood. `model` is the name of its model. */
export function resolveSchedule(work: Work, model: string): Sync["schedule"] {
  const setting = work.layers.merged.schedule;
  if (setting === undefined) return null;
  const timezone = setting.timezone ?? work.timezone ?? "UTC";
  const starts = startsOf(setting, timezone);
  if (starts === null) return null;
  return {
    starts,
    jitterMs: setting.jitter === undefined ? 0 : durationMs(setting.jitter),
    blackouts: (setting.blackout ?? []).map(blackoutOf),
    timezone,
    when: (setting.when ?? []).map((one, index) => whenOf(work, one, index, model)),
  };
}

function startsOf(setting: ScheduleSetting, timezone: string): Starts | null {
  if (setting.cron !== undefined) return { kind: "cron", cron: setting.cron.trim(), timezone };
  if (setting.every !== undefined) return { kind: "every", everyMs: durationMs(setting.every) };
  const { after } = setting;
  if (after === undefined) return null;
  const syncs = [...new Set(namesOf(after).map(({ name }) => name))];
  const on = typeof after === "object" && !Array.isArray(after) ? after.on : undefined;
  return { kind: "after", syncs, on: on ?? "success" };
}

/** The syncs that are named after `after:`, each with where it stands below the sync's file. */
export function namesOf(after: NonNullable<ScheduleSetting["after"]>): { name: string; path: (string | number)[] }[] {
  const root = ["schedule", "after"];
  if (typeof after === "string") return [{ name: after, path: root }];
  if (Array.isArray(after)) return after.map((name, index) => ({ name, path: [...root, index] }));
  if (typeof after.syncs === "string") return [{ name: after.syncs, path: [...root, "syncs"] }];
  return after.syncs.map((name, index) => ({ name, path: [...root, "syncs", index] }));
}

function blackoutOf({ days, from, to }: NonNullable<ScheduleSetting["blackout"]>[number]): Blackout {
  const numbers = (days ?? WEEKDAYS).map((day) => WEEKDAYS.indexOf(day));
  return { days: [...new Set(numbers)], fromMinute: minuteOf(from), toMinute: minuteOf(to) };
}

/** 24:00 is the next day's 0:00. */
function minuteOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return (hours % 24) * 60 + minutes;
}

function whenOf(work: Work, setting: WhenSetting, index: number, model: string): When {
  const { file, sql: written = "" } = setting;
  if (file !== undefined) return { kind: "file", path: resolve(work.scope?.projectDir ?? "", file) };
  const connection = setting.connection ?? work.connectionOf(model) ?? "";
  if (work.scope === null) return { kind: "sql", sql: written, connection };
  const vars = work.scope.vars ?? new Map();
  const { sql, troubles } = replaceVars(written, (name) => {
    const fix = hint(name, vars.keys(), "vars");
    return vars.get(name) ?? { offset: 0, code: "UNKNOWN_VAR", message: `there is no var "${name}"`, fix };
  });
  const place = work.layers.place(["schedule", "when", index, "sql"]);
  work.problems.push(...troubles.map(({ code, message, fix }) => problem(place, code, message, fix)));
  return { kind: "sql", sql, connection };
}
