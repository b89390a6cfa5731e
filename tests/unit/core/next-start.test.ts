// Proves when a sync starts next: its grid, catch-up as one start, jitter that is stable and bounded, blackouts that put a start
// off by the wall clock, and that a start which is put off survives a restart in between.
import { describe, expect, it } from "vitest";
import type { Blackout, Schedule, Starts } from "../../../src/contract/schedule.ts";
import { afterBlackout, inBlackout, nextStart } from "../../../src/core/next-start.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const EVERY_DAY = [0, 1, 2, 3, 4, 5, 6];

const utc = (text: string) => Date.parse(`${text}:00Z`);
const shown = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString().slice(0, 16));

const schedule = (starts: Starts, rest: Partial<Schedule> = {}): Schedule => ({
  starts,
  jitterMs: 0,
  blackouts: [],
  timezone: "UTC",
  when: [],
  ...rest,
});
const every = (everyMs: number, rest: Partial<Schedule> = {}) => schedule({ kind: "every", everyMs }, rest);
const cron = (text: string, rest: Partial<Schedule> = {}) =>
  schedule({ kind: "cron", cron: text, timezone: rest.timezone ?? "UTC" }, rest);
const window = (from: string, to: string, days: readonly number[] = EVERY_DAY): Blackout => {
  const minute = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
  return { days, fromMinute: minute(from), toMinute: minute(to) };
};

/** All starts in (from, to], each asked from the one before. */
function startsOf(of: Schedule, sync: string, from: number, to: number): number[] {
  const found: number[] = [];
  let at = nextStart(of, { sync, afterMs: from, lastMs: null });
  while (at !== null && at <= to) {
    found.push(at);
    at = nextStart(of, { sync, afterMs: at, lastMs: at });
  }
  return found;
}

describe("every", () => {
  it("goes on from the last start, and makes up for hours of standstill with one", () => {
    const of = every(15 * MINUTE);
    const lastMs = utc("2026-06-01T10:07");
    const due = nextStart(of, { sync: "a", afterMs: lastMs, lastMs });
    expect(shown(due)).toBe("2026-06-01T10:22");
    const nowMs = utc("2026-06-01T16:10");
    expect(shown(nextStart(of, { sync: "a", afterMs: nowMs, lastMs: due }))).toBe("2026-06-01T16:22");
  });

  it("spreads syncs that never started over the interval, each always alike", () => {
    const of = every(15 * MINUTE);
    const nowMs = utc("2026-06-01T10:00");
    const first = (sync: string) => nextStart(of, { sync, afterMs: nowMs, lastMs: null }) ?? 0;
    const perMinute = new Map<number, number>();
    for (let at = 0; at < 1000; at += 1) {
      const start = first(`sync_${at}`);
      expect(start).toBe(first(`sync_${at}`));
      expect(start).toBeGreaterThan(nowMs);
      expect(start).toBeLessThanOrEqual(nowMs + 15 * MINUTE);
      const minute = Math.floor((start - nowMs) / MINUTE);
      perMinute.set(minute, (perMinute.get(minute) ?? 0) + 1);
    }
    expect(Math.max(...perMinute.values())).toBeLessThan(110);
  });

  it("returns to its own grid after a start that was put off", () => {
    const of = every(15 * MINUTE, { blackouts: [window("08:00", "18:00")] });
    const own = nextStart(of, { sync: "a", afterMs: utc("2026-06-01T06:00"), lastMs: null }) ?? 0;
    const putOff = utc("2026-06-01T18:00");
    const next = nextStart(of, { sync: "a", afterMs: putOff, lastMs: putOff }) ?? 0;
    expect((next - own) % (15 * MINUTE)).toBe(0);
    expect(next - putOff).toBeLessThanOrEqual(15 * MINUTE);
  });
});

it("after other syncs, no time is known", () => {
  const of = schedule({ kind: "after", syncs: ["b"], on: "success" });
  expect(nextStart(of, { sync: "a", afterMs: 0, lastMs: null })).toBeNull();
});

describe("cron", () => {
  it("makes up for hours of standstill with one start, also on the day of a clock change", () => {
    const of = cron("*/15 * * * *", { timezone: "Europe/Berlin" });
    const lastMs = utc("2026-10-24T21:00");
    const due = nextStart(of, { sync: "a", afterMs: lastMs, lastMs });
    expect(shown(due)).toBe("2026-10-24T21:15");
    expect(shown(nextStart(of, { sync: "a", afterMs: utc("2026-10-25T03:07"), lastMs: due }))).toBe("2026-10-25T03:15");
  });

  it("has no start where the expression is none", () => {
    expect(nextStart(cron("whenever"), { sync: "a", afterMs: 0, lastMs: null })).toBeNull();
  });
});

describe("jitter", () => {
  const of = cron("0 * * * *", { jitterMs: 10 * MINUTE });
  const [from, to] = [utc("2026-06-01T00:30"), utc("2026-06-03T00:30")];

  it("puts each start off by the same for the same start, never by more than it says", () => {
    const starts = startsOf(of, "a", from, to);
    expect(starts).toHaveLength(48);
    expect(startsOf(of, "a", from, to)).toEqual(starts);
    const delays = starts.map((start) => start % HOUR);
    expect(Math.max(...delays)).toBeLessThanOrEqual(10 * MINUTE);
    expect(new Set(delays).size).toBeGreaterThan(40);
    expect(startsOf(of, "b", from, to)).not.toEqual(starts);
  });

  it("loses no start to a restart between its time and the time it was put off to", () => {
    for (const start of startsOf(of, "a", from, to)) {
      const planned = Math.floor(start / HOUR) * HOUR;
      for (const afterMs of [planned - 1, planned, Math.floor((planned + start) / 2)]) {
        if (afterMs < start) expect(nextStart(of, { sync: "a", afterMs, lastMs: null })).toBe(start);
      }
    }
  });
});

describe("blackouts", () => {
  const [SUNDAY, FRIDAY, SATURDAY] = [0, 5, 6];

  it.each([
    ["inside", [window("08:00", "18:00")], "2026-06-01T12:00", "2026-06-01T18:00"],
    ["at its beginning", [window("08:00", "18:00")], "2026-06-01T08:00", "2026-06-01T18:00"],
    ["at its end", [window("08:00", "18:00")], "2026-06-01T18:00", "2026-06-01T18:00"],
    ["before it", [window("08:00", "18:00")], "2026-06-01T07:59", "2026-06-01T07:59"],
    ["over midnight, before it", [window("22:00", "06:00")], "2026-06-01T23:00", "2026-06-02T06:00"],
    ["over midnight, after it", [window("22:00", "06:00")], "2026-06-02T05:59", "2026-06-02T06:00"],
    // 5 June 2026 is a Friday.
    [
      "of Friday night, on Saturday morning",
      [window("22:00", "06:00", [FRIDAY])],
      "2026-06-06T01:00",
      "2026-06-06T06:00",
    ],
    [
      "of Friday night, on Friday morning",
      [window("22:00", "06:00", [FRIDAY])],
      "2026-06-05T01:00",
      "2026-06-05T01:00",
    ],
    [
      "the weekend",
      [window("18:00", "00:00", [FRIDAY]), window("00:00", "00:00", [SATURDAY, SUNDAY])],
      "2026-06-05T19:00",
      "2026-06-08T00:00",
    ],
    [
      "one after the other",
      [window("12:00", "13:00"), window("08:00", "12:00")],
      "2026-06-01T09:00",
      "2026-06-01T13:00",
    ],
  ])("%s", (_, blackouts, at, open) => {
    const of = every(HOUR, { blackouts });
    expect(shown(afterBlackout(of, utc(at)))).toBe(open);
    expect(inBlackout(of, utc(at))).toBe(at !== open);
  });

  it.each([
    // Berlin's clock is put forward on 29 March 2026 at 01:00 UTC, back on 25 October at 01:00 UTC.
    ["ends in the gap: at its end", window("01:00", "02:30"), "2026-03-29T00:30", "2026-03-29T01:00"],
    ["is as short as that night", window("01:00", "05:00"), "2026-03-29T00:30", "2026-03-29T03:00"],
    ["lies in the gap: there is none", window("02:10", "02:50"), "2026-03-29T01:00", "2026-03-29T01:00"],
    ["ends in the repeated hour: the first time", window("01:00", "02:30"), "2026-10-25T00:10", "2026-10-25T00:30"],
    [
      "is over, though the clock shows its hours again",
      window("01:00", "02:30"),
      "2026-10-25T01:10",
      "2026-10-25T01:10",
    ],
    ["is as long as that night", window("01:00", "05:00"), "2026-10-25T00:30", "2026-10-25T04:00"],
  ])("on the day of a clock change one that %s", (_, blackout, at, open) => {
    const of = every(HOUR, { blackouts: [blackout], timezone: "Europe/Berlin" });
    expect(shown(afterBlackout(of, utc(at)))).toBe(open);
  });

  it("that cover the week leave no start", () => {
    const of = every(HOUR, { blackouts: [window("08:00", "20:00"), window("20:00", "08:00")] });
    expect(afterBlackout(of, utc("2026-06-01T00:00"))).toBeNull();
    expect(nextStart(of, { sync: "a", afterMs: utc("2026-06-01T00:00"), lastMs: null })).toBeNull();
  });

  it("turn all starts within into one at their end, jitter and all", () => {
    const of = cron("*/15 * * * *", { blackouts: [window("08:00", "18:00")], jitterMs: 5 * MINUTE });
    const starts = startsOf(of, "a", utc("2026-06-01T00:00"), utc("2026-06-02T00:00"));
    const within = starts.filter((start) => start % DAY >= 8 * HOUR && start % DAY < 18 * HOUR);
    expect(within).toEqual([]);
    expect(starts.filter((start) => start === utc("2026-06-01T18:00"))).toHaveLength(1);
    expect(new Set(starts).size).toBe(starts.length);
    expect(starts.length).toBeGreaterThan(54);
  });

  it("lose no start to a restart while it is put off, over a whole weekend", () => {
    const weekend = [window("18:00", "00:00", [FRIDAY]), window("00:00", "00:00", [SATURDAY, SUNDAY])];
    const of = cron("0 20 * * 5", { blackouts: weekend });
    for (const after of ["2026-06-05T17:00", "2026-06-05T21:00", "2026-06-06T12:00", "2026-06-07T23:59"]) {
      const next = nextStart(of, { sync: "a", afterMs: utc(after), lastMs: null });
      expect(shown(next), after).toBe("2026-06-08T00:00");
    }
    const next = nextStart(of, { sync: "a", afterMs: utc("2026-06-08T00:00"), lastMs: null });
    expect(shown(next)).toBe("2026-06-15T00:00");
  });
});
