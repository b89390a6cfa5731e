// Proves when a cron expression starts: the calendar, both clock changes of three zones by rule (a skipped time once, a repeated one
// once, every hour in real time), and, against a scan of every minute, that no start is missed or doubled.
import fc from "fast-check";
import { createTask } from "node-cron";
import { describe, expect, it, vi } from "vitest";
import { nextCron } from "../../../src/core/cron-times.ts";
import { type Cron, readCron } from "../../../src/core/read-cron.ts";
import { nextShift } from "../../../src/core/zone-time.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;

function cronOf(text: string): Cron {
  const reading = readCron(text);
  if (!reading.ok) throw new Error(`${text}: ${reading.troubles.map(({ message }) => message).join(", ")}`);
  return reading.cron;
}

/** The starts in (from, to], at most 200. */
function startsOf(text: string, zone: string, from: number, to: number): number[] {
  const cron = cronOf(text);
  const found: number[] = [];
  let at = nextCron(cron, zone, from);
  while (at !== null && at <= to && found.length < 200) {
    found.push(at);
    at = nextCron(cron, zone, at);
  }
  return found;
}

const short = (ms: number) => new Date(ms).toISOString().slice(0, 16);

/** The first starts after a moment, as `2026-03-28T01:30` in UTC. */
const first = (text: string, zone: string, after: string, count: number) =>
  startsOf(text, zone, Date.parse(`${after}:00Z`), Number.MAX_SAFE_INTEGER / 2)
    .slice(0, count)
    .map(short);

type Row = [cron: string, zone: string, after: string, starts: string[]];

const BERLIN = "Europe/Berlin";
const NEW_YORK = "America/New_York";
const LORD_HOWE = "Australia/Lord_Howe";

describe("the clock is put forward", () => {
  // Berlin: 29 March 2026, 2:00 -> 3:00 at 01:00 UTC. New York: 8 March, 2:00 -> 3:00 at 07:00 UTC. Lord Howe: 4 October, 2:00 -> 2:30
  // at 15:30 UTC of the day before.
  const rows: Row[] = [
    ["30 2 * * *", BERLIN, "2026-03-28T00:00", ["2026-03-28T01:30", "2026-03-29T01:00", "2026-03-30T00:30"]],
    ["0,30 2 * * *", BERLIN, "2026-03-28T12:00", ["2026-03-29T01:00", "2026-03-30T00:00"]],
    ["0 2,3 * * *", BERLIN, "2026-03-28T12:00", ["2026-03-29T01:00", "2026-03-30T00:00"]],
    ["0 3 * * *", BERLIN, "2026-03-28T12:00", ["2026-03-29T01:00", "2026-03-30T01:00"]],
    ["59 1 * * *", BERLIN, "2026-03-28T12:00", ["2026-03-29T00:59", "2026-03-29T23:59"]],
    ["0 * * * *", BERLIN, "2026-03-28T23:00", ["2026-03-29T00:00", "2026-03-29T01:00", "2026-03-29T02:00"]],
    ["*/15 * * * *", BERLIN, "2026-03-29T00:31", ["2026-03-29T00:45", "2026-03-29T01:00", "2026-03-29T01:15"]],
    ["*/15 0-6 * * *", BERLIN, "2026-03-29T00:31", ["2026-03-29T00:45", "2026-03-29T01:00", "2026-03-29T01:15"]],
    ["30 2 * * *", NEW_YORK, "2026-03-07T00:00", ["2026-03-07T07:30", "2026-03-08T07:00", "2026-03-09T06:30"]],
    ["30 2 8 3 *", NEW_YORK, "2026-01-01T00:00", ["2026-03-08T07:00", "2027-03-08T07:30"]],
    ["*/15 * * * *", NEW_YORK, "2026-03-08T06:31", ["2026-03-08T06:45", "2026-03-08T07:00", "2026-03-08T07:15"]],
    ["30 * * * *", NEW_YORK, "2026-03-08T05:30", ["2026-03-08T06:30", "2026-03-08T07:30"]],
    ["15 2 * * *", LORD_HOWE, "2026-10-02T20:00", ["2026-10-03T15:30", "2026-10-04T15:15"]],
    ["0-29 2 * * *", LORD_HOWE, "2026-10-03T15:00", ["2026-10-03T15:30", "2026-10-04T15:00"]],
    ["15 * * * *", LORD_HOWE, "2026-10-03T14:00", ["2026-10-03T14:45", "2026-10-03T16:15"]],
    ["*/15 * * * *", LORD_HOWE, "2026-10-03T15:00", ["2026-10-03T15:15", "2026-10-03T15:30", "2026-10-03T15:45"]],
    ["30 2 * * *", "UTC", "2026-03-28T12:00", ["2026-03-29T02:30", "2026-03-30T02:30"]],
  ];
  it.each(rows)("%s in %s after %s", (cron, zone, after, starts) => {
    expect(first(cron, zone, after, starts.length)).toEqual(starts);
  });
});

describe("the clock is put back", () => {
  // Berlin: 25 October 2026, 3:00 -> 2:00 at 01:00 UTC. New York: 1 November, 2:00 -> 1:00 at 06:00 UTC. Lord Howe: 5 April, 2:00 -> 1:30
  // at 15:00 UTC of the day before.
  const rows: Row[] = [
    ["30 2 * * *", BERLIN, "2026-10-24T12:00", ["2026-10-25T00:30", "2026-10-26T01:30"]],
    ["30 2 * * *", BERLIN, "2026-10-25T01:00", ["2026-10-26T01:30"]],
    ["0 3 * * *", BERLIN, "2026-10-24T12:00", ["2026-10-25T02:00", "2026-10-26T02:00"]],
    ["*/30 2 * * *", BERLIN, "2026-10-24T12:00", ["2026-10-25T00:00", "2026-10-25T00:30", "2026-10-26T01:00"]],
    ["0 * * * *", BERLIN, "2026-10-24T23:00", ["2026-10-25T00:00", "2026-10-25T01:00", "2026-10-25T02:00"]],
    [
      "*/15 * * * *",
      BERLIN,
      "2026-10-25T00:31",
      ["2026-10-25T00:45", "2026-10-25T01:00", "2026-10-25T01:15", "2026-10-25T01:30"],
    ],
    ["30 1 * * *", NEW_YORK, "2026-10-31T12:00", ["2026-11-01T05:30", "2026-11-02T06:30"]],
    ["30 * * * *", NEW_YORK, "2026-11-01T04:30", ["2026-11-01T05:30", "2026-11-01T06:30", "2026-11-01T07:30"]],
    ["45 1 * * *", LORD_HOWE, "2026-04-04T10:00", ["2026-04-04T14:45", "2026-04-05T15:15"]],
    ["45 * * * *", LORD_HOWE, "2026-04-04T14:00", ["2026-04-04T14:45", "2026-04-04T15:15", "2026-04-04T16:15"]],
    ["*/15 * * * *", LORD_HOWE, "2026-04-04T14:40", ["2026-04-04T14:45", "2026-04-04T15:00", "2026-04-04T15:15"]],
    ["30 2 * * *", "UTC", "2026-10-24T12:00", ["2026-10-25T02:30", "2026-10-26T02:30"]],
  ];
  it.each(rows)("%s in %s after %s", (cron, zone, after, starts) => {
    expect(first(cron, zone, after, starts.length)).toEqual(starts);
  });
});

describe("the calendar", () => {
  const rows: Row[] = [
    ["0 0 29 2 *", "UTC", "2026-01-01T00:00", ["2028-02-29T00:00", "2032-02-29T00:00"]],
    ["0 0 29 2 *", "UTC", "2097-01-01T00:00", ["2104-02-29T00:00"]],
    ["0 0 31 * *", "UTC", "2026-01-31T00:00", ["2026-03-31T00:00", "2026-05-31T00:00"]],
    ["0 0 L * *", "UTC", "2026-01-31T00:00", ["2026-02-28T00:00", "2026-03-31T00:00"]],
    ["0 0 L-2 2 *", "UTC", "2026-01-01T00:00", ["2026-02-26T00:00", "2027-02-26T00:00", "2028-02-27T00:00"]],
    ["0 0 1W * *", "UTC", "2026-07-15T00:00", ["2026-08-03T00:00", "2026-09-01T00:00"]],
    ["0 0 15W * *", "UTC", "2026-08-01T00:00", ["2026-08-14T00:00", "2026-09-15T00:00"]],
    ["0 0 LW * *", "UTC", "2026-05-01T00:00", ["2026-05-29T00:00", "2026-06-30T00:00"]],
    ["0 0 * * 5#2", "UTC", "2026-01-01T00:00", ["2026-01-09T00:00", "2026-02-13T00:00"]],
    ["0 0 * * monL", "UTC", "2026-01-01T00:00", ["2026-01-26T00:00", "2026-02-23T00:00"]],
    ["0 0 * * 7", "UTC", "2026-01-01T00:00", ["2026-01-04T00:00", "2026-01-11T00:00"]],
    ["0 22-1 * * fri-mon", "UTC", "2026-01-01T00:00", ["2026-01-02T00:00", "2026-01-02T01:00", "2026-01-02T22:00"]],
    // Both named: either is enough. A field that begins with * names none: both must fit.
    ["0 0 13 * fri", "UTC", "2026-01-03T00:00", ["2026-01-09T00:00", "2026-01-13T00:00", "2026-01-16T00:00"]],
    ["0 0 */2 * fri", "UTC", "2026-01-03T00:00", ["2026-01-09T00:00", "2026-01-23T00:00"]],
    ["@weekly", BERLIN, "2026-01-01T00:00", ["2026-01-03T23:00"]],
    ["0 0 * * *", "Africa/Cairo", "2026-04-22T12:00", ["2026-04-22T22:00", "2026-04-23T22:00", "2026-04-24T21:00"]],
    ["0 12 30 12 *", "Pacific/Apia", "2011-12-01T00:00", ["2011-12-30T10:00", "2012-12-29T22:00"]],
  ];
  it.each(rows)("%s in %s after %s", (cron, zone, after, starts) => {
    expect(first(cron, zone, after, starts.length)).toEqual(starts);
  });

  it("has no start strictly at the moment that is asked from", () => {
    const at = Date.UTC(2026, 0, 1, 8);
    expect(nextCron(cronOf("0 8 * * *"), "UTC", at - 1)).toBe(at);
    expect(nextCron(cronOf("0 8 * * *"), "UTC", at)).toBe(at + DAY);
    expect(nextCron(cronOf("0 * * * *"), "UTC", at)).toBe(at + 3_600_000);
    expect(nextCron(cronOf("* * * * *"), "UTC", at + 1)).toBe(at + MINUTE);
  });

  it.each(["30 2", "31 4,6,9,11", "L-30 2"])("refuses days that never come: %s", (days) => {
    const [day, month] = days.split(" ");
    expect(readCron(`0 0 ${day} ${month} *`)).toMatchObject({ ok: false });
  });
});

/** What a minute shows on the wall, by way of other code than that under test. */
const tables = new Map<string, { at: number; wall: number }[]>();
function minutesOf(zone: string, from: number, days: number) {
  const key = `${zone} ${from}`;
  const known = tables.get(key);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" });
  const table = Array.from({ length: days * 1440 }, (_, minute) => {
    const at = from + minute * MINUTE;
    return { at, wall: Date.parse(`${format.format(at).replace(" ", "T")}Z`) };
  });
  tables.set(key, table);
  return table;
}

type Fields = { minutes: number[]; hours: number[] | null; monthDays: number[] | null; weekdays: number[] | null };

const textOf = ({ minutes, hours, monthDays, weekdays }: Fields) =>
  [minutes, hours, monthDays, null, weekdays].map((field) => field?.join(",") ?? "*").join(" ");

function names({ minutes, hours, monthDays, weekdays }: Fields, wall: number): boolean {
  const date = new Date(wall);
  const isDay = monthDays?.includes(date.getUTCDate()) ?? true;
  const isWeekday = weekdays?.includes(date.getUTCDay()) ?? true;
  const fits = monthDays !== null && weekdays !== null ? isDay || isWeekday : isDay && isWeekday;
  return fits && minutes.includes(date.getUTCMinutes()) && (hours?.includes(date.getUTCHours()) ?? true);
}

/** The rule, minute by minute. */
function scanned(fields: Fields, table: readonly { at: number; wall: number }[]): number[] {
  const isEveryHour = fields.hours === null || new Set(fields.hours).size === 24;
  if (isEveryHour) return table.filter(({ wall }) => names(fields, wall)).map(({ at }) => at);
  const found: number[] = [];
  let shown = (table[0]?.wall ?? 0) - MINUTE;
  for (const { at, wall } of table) {
    let isStart = false;
    for (let passed = shown + MINUTE; passed <= wall; passed += MINUTE) isStart ||= names(fields, passed);
    if (isStart) found.push(at);
    shown = Math.max(shown, wall);
  }
  return found;
}

const some = (from: number, to: number, most: number) =>
  fc.uniqueArray(fc.integer({ min: from, max: to }), { minLength: 1, maxLength: most });

describe("any expression in any year", () => {
  it("misses no start and doubles none, within two days of a clock change", () => {
    const zones = [BERLIN, NEW_YORK, LORD_HOWE, "UTC", "Africa/Casablanca", "America/St_Johns", "Asia/Beirut"];
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: 2005, max: 2035 }),
        fc.integer({ min: 0, max: 11 }),
        fc.record<Fields>({
          minutes: some(0, 59, 4),
          hours: fc.oneof(fc.constant(null), some(0, 4, 3), some(0, 23, 24)),
          monthDays: fc.oneof(fc.constant(null), some(1, 31, 20)),
          weekdays: fc.oneof(fc.constant(null), some(0, 6, 5)),
        }),
        (zone, year, month, fields) => {
          const begin = Date.UTC(year, month, 1);
          const shift = nextShift(zone, begin, begin + 400 * DAY) ?? begin + 10 * DAY;
          const from = Math.floor(shift / DAY) * DAY - 2 * DAY;
          const table = minutesOf(zone, from, 4);
          const to = from + 4 * DAY - MINUTE;
          expect(startsOf(textOf(fields), zone, from - 1, to).map(short)).toEqual(
            scanned(fields, table).slice(0, 200).map(short),
          );
        },
      ),
      { numRuns: 300, seed: 20260329 },
    );
  });

  it("differs from what the library's own timers would do: once it does not, they may be used", () => {
    vi.useFakeTimers({ now: Date.UTC(2026, 2, 28, 12) });
    try {
      const theirs = (text: string) =>
        createTask(text, () => undefined, { timezone: BERLIN })
          .getNextRuns(2)
          .map((run) => short(run.getTime()));
      expect(theirs("30 2 * * *")).toEqual(["2026-03-30T00:30", "2026-03-31T00:30"]);
      vi.setSystemTime(Date.UTC(2026, 9, 24, 23, 50));
      expect(theirs("*/15 * * * *")).toEqual(["2026-10-25T01:00", "2026-10-25T01:15"]);
    } finally {
      vi.useRealTimers();
    }
  });

  it("answers a thousand syncs without counting for minutes", () => {
    const zones = [BERLIN, NEW_YORK, LORD_HOWE];
    const begin = performance.now();
    for (let sync = 0; sync < 1000; sync += 1) {
      const cron = cronOf(sync % 2 === 0 ? `${sync % 60} ${sync % 24} * * 1-5` : `${sync % 60} * * * *`);
      nextCron(cron, zones[sync % 3] ?? "UTC", Date.UTC(2026, 5, 1) + sync);
    }
    expect(performance.now() - begin).toBeLessThan(10_000);
  });
});
