import { validateDetailed } from "node-cron";
import { DAY_MS } from "./zone-time.ts";

/** A cron expression, read. */
export type Cron = {
  /** Sorted, each once. */
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  /** 1..12. */
  readonly months: ReadonlySet<number>;
  /** 1..31, `L`, `L-2`, `15W`, `LW`. */
  readonly monthDays: readonly (number | string)[];
  /** 0 Sunday … 6 Saturday, `5#2`, `5L`. */
  readonly weekdays: readonly (number | string)[];
  /** A day of month or a day of week is enough. */
  readonly isEitherDay: boolean;
};

export type CronTrouble = { readonly message: string; readonly fix: string };

export type CronReading =
  | { readonly ok: true; readonly cron: Cron }
  | { readonly ok: false; readonly troubles: readonly CronTrouble[] };

type Field = { readonly key: string; readonly name: string; readonly size: number; readonly allowed: string };

const FIELDS: readonly Field[] = [
  { key: "minute", name: "minute", size: 60, allowed: "0-59, as in 5, 0,30, 10-20 or */15" },
  { key: "hour", name: "hour", size: 24, allowed: "0-23, as in 5, 6,18, 8-17 or */2" },
  {
    key: "dayOfMonth",
    name: "day of month",
    size: 31,
    allowed: "1-31, L (the last day), L-2 (two before it), 15W (the weekday nearest to the 15th) or LW",
  },
  { key: "month", name: "month", size: 12, allowed: "1-12 or jan-dec, as in 1,7, 4-9 or */3" },
  {
    key: "dayOfWeek",
    name: "day of week",
    size: 7,
    allowed: "0-7 (0 and 7 are Sunday) or sun-sat, as in mon-fri, 5#2 (the second Friday) or 5L (the last one)",
  },
];
const FIELD_NAMES = FIELDS.map(({ name }) => name).join(", ");

const NICKNAMES: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

/** Reads five fields, or a nickname such as @daily; all that is wrong with them at once. */
export function readCron(text: string): CronReading {
  const trimmed = text.trim();
  const parts = (NICKNAMES[trimmed.toLowerCase()] ?? trimmed).split(/\s+/);
  if (parts.length !== FIELDS.length) {
    const seconds = parts.length === 6 ? "; seconds are not possible" : "";
    const message = `must be five fields, not ${trimmed === "" ? 0 : parts.length}${seconds}`;
    return refused([{ message, fix: `${FIELD_NAMES}: */15 * * * *` }]);
  }
  const early = FIELDS.flatMap((field, index) => roughTrouble(field, parts[index] ?? ""));
  if (early.length > 0) return refused(early);
  const { valid, errors, fields } = validateDetailed(parts.join(" "));
  if (!valid || fields === undefined) {
    const never = errors.length === 1 && errors[0]?.message.includes("impossible") === true;
    if (never) return refused([neverComes(parts)]);
    return refused(errors.flatMap((error) => FIELDS.filter(({ key }) => key === error.field).map(wrong(parts))));
  }
  const [, , monthDay = "", , weekday = ""] = parts;
  const cron: Cron = {
    minutes: sorted(fields.minute),
    hours: sorted(fields.hour),
    months: new Set(fields.month),
    monthDays: fields.dayOfMonth,
    weekdays: fields.dayOfWeek,
    // As in the cron of every Unix: the days add up where both fields name some, and a field that begins with * names none.
    // node-cron itself always wants both to fit.
    isEitherDay: !/^[*?]/.test(monthDay) && !/^[*?]/.test(weekday),
  };
  return comes(cron) ? { ok: true, cron } : refused([neverComes(parts)]);
}

function refused(troubles: readonly CronTrouble[]): CronReading {
  return { ok: false, troubles };
}

const wrong =
  (parts: readonly string[]) =>
  (field: Field): CronTrouble => ({
    message: `${field.name} "${parts[FIELDS.indexOf(field)] ?? ""}" is not possible`,
    fix: `${field.name}: ${field.allowed}`,
  });

/** What the library would take without a word, or choke on. */
function roughTrouble(field: Field, part: string): CronTrouble[] {
  const fix = `${field.name}: ${field.allowed}`;
  const isStrange = !/^[a-zA-Z0-9*,/#?-]+$/.test(part) || /\d{3}/.test(part);
  if (isStrange) return [{ message: `${field.name} "${part.slice(0, 60)}" is not possible`, fix }];
  const step = [...part.matchAll(/\/(\d+)/g)].map(([, digits]) => Number(digits)).find((size) => size > field.size);
  if (step === undefined) return [];
  const message = `${field.name} "${part}" has a step of ${step} in a range of ${field.size}: it would not be ${step} apart`;
  return [{ message, fix: field.key === "minute" ? "use every: for an interval, such as every: 90m" : fix }];
}

function neverComes(parts: readonly string[]): CronTrouble {
  const message = `never comes: day of month "${parts[2]}", month "${parts[3]}", day of week "${parts[4]}" is no day of any year`;
  return { message, fix: "name a day that there is; L is the last day of a month" };
}

function sorted(values: readonly number[]): number[] {
  return [...new Set(values)].sort((a, b) => a - b);
}

const LEAP_CYCLE_DAYS = 28 * 366;

/** Within 28 years every date has fallen on every weekday. */
function comes(cron: Cron): boolean {
  const first = Date.UTC(2024, 0, 1) / DAY_MS;
  for (let day = first; day < first + LEAP_CYCLE_DAYS; day += 1) if (isCronDay(cron, day)) return true;
  return false;
}

/** Whether the expression names a day, given as days since the epoch. */
export function isCronDay(cron: Cron, day: number): boolean {
  const date = new Date(day * DAY_MS);
  const month = date.getUTCMonth() + 1;
  if (!cron.months.has(month)) return false;
  const last = new Date(Date.UTC(date.getUTCFullYear(), month, 0)).getUTCDate();
  const weekday = date.getUTCDay();
  const fitsMonth = cron.monthDays.some((token) => isMonthDay(token, date.getUTCDate(), weekday, last));
  if (fitsMonth === cron.isEitherDay) return fitsMonth;
  return cron.weekdays.some((token) => isWeekday(token, date.getUTCDate(), weekday, last));
}

function isMonthDay(token: number | string, day: number, weekday: number, last: number): boolean {
  if (typeof token === "number") return token === day;
  if (token.endsWith("W")) {
    const target = token === "LW" ? last : Number(token.slice(0, -1));
    return target <= last && nearestWeekday(target, day, weekday, last) === day;
  }
  return day === last - (token === "L" ? 0 : Number(token.slice(2)));
}

/** Monday to Friday nearest to `target`, within its month; `weekday` is that of `day`. */
function nearestWeekday(target: number, day: number, weekday: number, last: number): number {
  const there = (((weekday + target - day) % 7) + 7) % 7;
  if (there === 6) return target === 1 ? 3 : target - 1;
  if (there === 0) return target === last ? last - 2 : target + 1;
  return target;
}

function isWeekday(token: number | string, day: number, weekday: number, last: number): boolean {
  if (typeof token === "number") return token === weekday;
  if (Number(token.slice(0, 1)) % 7 !== weekday) return false;
  const nth = token.split("#")[1];
  return nth === undefined ? day + 7 > last : Math.ceil(day / 7) === Number(nth);
}
