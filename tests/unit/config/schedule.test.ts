// Proves what a schedule becomes (defaults, zones, environments), that it decides nothing of what is sent, and that what can
// never start or does not exist is said with its place, its reason and a way out.
import { symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadFolder, loadSound, loadSync, SLUICE, SOUND, SYNC, show, shown, writeFolder } from "./project-folder.ts";

const DAILY = { fromMinute: 480, toMinute: 1080 };
const EVERY_DAY = [0, 1, 2, 3, 4, 5, 6];
const withSchedule = (text: string) => `${SYNC}schedule: ${text}\n`;
const others = { "syncs/one.yml": SYNC.replace("contacts", "a"), "syncs/two.yml": SYNC.replace("contacts", "b") };

describe("a schedule", () => {
  it.each([
    ["{ every: 90m }", { starts: { kind: "every", everyMs: 5_400_000 }, timezone: "UTC" }],
    [
      "{ cron: ' */15 8-18 * * mon-fri ', timezone: Europe/Berlin }",
      { starts: { kind: "cron", cron: "*/15 8-18 * * mon-fri", timezone: "Europe/Berlin" }, timezone: "Europe/Berlin" },
    ],
    ['{ cron: "@daily" }', { starts: { kind: "cron", cron: "@daily", timezone: "UTC" } }],
    ["{ after: one }", { starts: { kind: "after", syncs: ["one"], on: "success" } }],
    ["{ after: [one, two, one] }", { starts: { kind: "after", syncs: ["one", "two"], on: "success" } }],
    ["{ after: { syncs: two, on: partial } }", { starts: { kind: "after", syncs: ["two"], on: "partial" } }],
    [
      "{ after: { syncs: [one, two], on: always } }",
      { starts: { kind: "after", syncs: ["one", "two"], on: "always" } },
    ],
    ["{ every: 1h, jitter: 5m }", { jitterMs: 300_000, blackouts: [], when: [] }],
    ['{ every: 1h, blackout: [{ from: "08:00", to: "18:00" }] }', { blackouts: [{ days: EVERY_DAY, ...DAILY }] }],
    [
      '{ every: 1h, timezone: Asia/Tokyo, blackout: [{ days: [fri, sat, fri], from: "22:00", to: "24:00" }] }',
      { blackouts: [{ days: [5, 6], fromMinute: 1320, toMinute: 0 }], timezone: "Asia/Tokyo" },
    ],
    [
      "{ every: 1h, when: [{ sql: select true }] }",
      { when: [{ kind: "sql", sql: "select true", connection: "warehouse" }] },
    ],
  ])("%s", async (text, wanted) => {
    expect((await loadSync(withSchedule(text), others)).schedule).toMatchObject(wanted);
  });

  it("is null where none is given, and where the environment says schedules: off", async () => {
    expect((await loadSync(SYNC)).schedule).toBeNull();
    const off = await loadSound({
      "sluice.yml": `${SLUICE}environments: { test: { schedules: off } }\n`,
      "syncs/people.yml": withSchedule("{ every: 1h }"),
    });
    expect(off.syncs.get("people")?.schedule).toBeNull();
  });

  it("means the project's zone where it names none", async () => {
    const sluice = { "sluice.yml": `${SLUICE}timezone: Europe/Paris\n` };
    const { schedule } = await loadSync(withSchedule('{ cron: "0 8 * * *" }'), sluice);
    expect(schedule).toMatchObject({ timezone: "Europe/Paris", starts: { timezone: "Europe/Paris" } });
  });

  it("asks another warehouse where that is named, fills in vars, and waits for a file of the project", async () => {
    const text = withSchedule(
      `{ every: 1h, when: [{ sql: "select \${var:n} > 0", connection: lake }, { file: flags/ready }] }`,
    );
    const sluice = SLUICE.replace("connections:", "vars: { n: -1 }\nconnections:\n  lake: { type: duckdb }");
    const files = {
      "sluice.yml": sluice,
      "models/people.sql": SOUND["models/people.sql"]?.replace("---*/", "connection: warehouse\n---*/") ?? "",
    };
    const project = await loadSound({ ...files, "syncs/people.yml": text });
    expect(project.syncs.get("people")?.schedule?.when).toEqual([
      { kind: "sql", sql: "select (-1) > 0", connection: "lake" },
      { kind: "file", path: join(project.dir, "flags/ready") },
    ]);
  });

  it("is taken over whole from defaults or a base, and moves no hash", async () => {
    const files = {
      "sluice.yml": `${SLUICE}defaults: { schedule: { every: 1h, jitter: 5m } }\n`,
      "syncs/own.yml": withSchedule("{ every: 2h }").replace("contacts", "companies"),
    };
    const project = await loadSound(files);
    expect(project.syncs.get("people")?.schedule).toMatchObject({ starts: { everyMs: 3_600_000 }, jitterMs: 300_000 });
    expect(project.syncs.get("own")?.schedule).toMatchObject({ starts: { everyMs: 7_200_000 }, jitterMs: 0 });
    expect(project.syncs.get("people")?.configHash).toBe((await loadSync(SYNC)).configHash);
  });
});

const FIELD = {
  minute: "minute: 0-59, as in 5, 0,30, 10-20 or */15",
  hour: "hour: 0-23, as in 5, 6,18, 8-17 or */2",
  weekday:
    "day of week: 0-7 (0 and 7 are Sunday) or sun-sat, as in mon-fri, 5#2 (the second Friday) or 5L (the last one)",
};
const NEVER = "name a day that there is; L is the last day of a month";

describe("problems of a schedule", () => {
  it.each([
    ["{}", ["6:1 WRONG_VALUE schedule needs cron, every or after | give exactly one of cron, every, after"]],
    [
      "{ every: 15m, after: peopel, timezone: UTC }",
      [
        "6:1 WRONG_VALUE schedule has every and after | give exactly one of cron, every, after",
        '6:32 UNKNOWN_SYNC there is no sync "peopel" | did you mean "people"?',
        "6:40 WRONG_VALUE schedule.timezone goes with cron or blackout | remove it",
      ],
    ],
    [
      '{ cron: "60 24 * foo 8", timezone: Mars }',
      ["6:46 WRONG_VALUE schedule.timezone must be the name of a time zone, such as Europe/Berlin or UTC"],
    ],
    [
      '{ cron: "60 24 * * 8" }',
      [
        `6:19 WRONG_VALUE schedule.cron: minute "60" is not possible | ${FIELD.minute}`,
        `6:19 WRONG_VALUE schedule.cron: hour "24" is not possible | ${FIELD.hour}`,
        `6:19 WRONG_VALUE schedule.cron: day of week "8" is not possible | ${FIELD.weekday}`,
      ],
    ],
    [
      "{ cron: hourly }",
      [
        "6:19 WRONG_VALUE schedule.cron must be five fields, not 1 | minute, hour, day of month, month, day of week: */15 * * * *",
      ],
    ],
    [
      '{ cron: "0 0 8 * * *" }',
      [
        "6:19 WRONG_VALUE schedule.cron must be five fields, not 6; seconds are not possible | minute, hour, day of month, month, day of week: */15 * * * *",
      ],
    ],
    [
      '{ cron: "*/90 1-999999999 * * *" }',
      [
        '6:19 WRONG_VALUE schedule.cron: minute "*/90" has a step of 90 in a range of 60: it would not be 90 apart | use every: for an interval, such as every: 90m',
        '6:19 WRONG_VALUE schedule.cron: hour "1-999999999" is not possible | hour: 0-23, as in 5, 6,18, 8-17 or */2',
      ],
    ],
    [
      '{ cron: "0 0 30 2 *" }',
      [
        `6:19 WRONG_VALUE schedule.cron: never comes: day of month "30", month "2", day of week "*" is no day of any year | ${NEVER}`,
      ],
    ],
    [
      '{ cron: "0 0 L-30 feb *" }',
      [
        `6:19 WRONG_VALUE schedule.cron: never comes: day of month "L-30", month "feb", day of week "*" is no day of any year | ${NEVER}`,
      ],
    ],
    ["{ every: 30s }", ["6:20 WRONG_VALUE schedule.every must be at least 1m, not 30s | write every: 1m, or longer"]],
    ["{ every: 0 }", ["6:20 WRONG_VALUE schedule.every must be a length of time, such as 90s, 15m, 24h or 7d"]],
    [
      "{ after: { syncs: [one, three], on: failure } }",
      ['6:47 WRONG_VALUE schedule.after.on must be one of success, partial, always, not "failure"'],
    ],
    ["{ after: { syncs: [one, three] } }", ['6:35 UNKNOWN_SYNC there is no sync "three" | syncs: one, people, two']],
    ["{ after: [one, thre] }", ['6:26 UNKNOWN_SYNC there is no sync "thre" | syncs: one, people, two']],
    [
      "{ after: people }",
      [
        '6:20 SCHEDULE_CIRCLE sync "people" comes after itself | remove it from after, or use every: to start it again and again',
      ],
    ],
    [
      "{ after: one, jitter: 5m }",
      [
        "6:25 WRONG_VALUE schedule.jitter goes with cron or every | remove it: a sync that comes after others starts at once",
      ],
    ],
    ["{ every: 7d, jitter: 2d }", ["6:32 WRONG_VALUE schedule.jitter must be at most 24h, not 2d | make it shorter"]],
    [
      "{ every: 15m, jitter: 20m }",
      [
        "6:33 WRONG_VALUE schedule.jitter of 20m is as long as the time between two starts | make it shorter: starts must not overtake one another",
      ],
    ],
    [
      '{ cron: "0 8,9 * * *", jitter: 60m }',
      [
        "6:42 WRONG_VALUE schedule.jitter of 60m is as long as the time between two starts | make it shorter: starts must not overtake one another",
      ],
    ],
    [
      '{ every: 1h, blackout: [{ days: [monday], from: "8:00", to: 18 }] }',
      [
        '6:44 WRONG_VALUE schedule.blackout[1].days[1] must be one of sun, mon, tue, wed, thu, fri, sat, not "monday"',
        '6:59 WRONG_VALUE schedule.blackout[1].from must be a time of day in quotes, such as "08:00"',
        '6:71 WRONG_VALUE schedule.blackout[1].to must be a time of day in quotes, such as "08:00"',
      ],
    ],
    [
      '{ every: 1h, blackout: [{ from: "08:00", to: "20:00" }, { from: "20:00", to: "08:00" }] }',
      ["6:24 WRONG_VALUE schedule.blackout leaves no time to start in the whole week | shorten one of them"],
    ],
    [
      "{ every: 1h, when: [{ sql: select 1, connection: crn }, { sql: select 1, connection: crm }] }",
      [
        '6:60 UNKNOWN_CONNECTION there is no connection "crn" | did you mean "crm"?',
        '6:96 NOT_A_WAREHOUSE connection "crm" is no warehouse: HubSpot cannot answer a query | remove connection to ask the model\'s own',
      ],
    ],
    [
      `{ every: 1h, when: [{ sql: "select \${var:x}, '\${var:y}', \${env:Z}" }] }`,
      [
        "6:38 QUOTED_REFERENCE ${var:y} stands within quotes | leave the quotes out: a text is quoted by itself; || joins texts",
        '6:38 UNKNOWN_REFERENCE "${env:…}" is not available in SQL | declare it under vars: in sluice.yml, and write ${var:…}',
        '6:38 UNKNOWN_VAR there is no var "x" | there are no vars',
      ],
    ],
    [
      '{ every: 1h, when: [{ file: ../x }, { file: /etc/hosts }, { file: "a\\0b" }, { file: "a\\\\..\\\\b" }] }',
      [
        '6:39 OUTSIDE_PROJECT the file "../x" cannot be waited for: it lies outside the project | name a file of the project by its path from sluice.yml',
        '6:55 OUTSIDE_PROJECT the file "/etc/hosts" cannot be waited for: it lies outside the project | name a file of the project by its path from sluice.yml',
        '6:77 OUTSIDE_PROJECT the file "a\\u0000b" cannot be waited for: its name holds a control character | name a file of the project by its path from sluice.yml',
        '6:95 OUTSIDE_PROJECT the file "a\\\\..\\\\b" cannot be waited for: it lies outside the project | name a file of the project by its path from sluice.yml',
      ],
    ],
    [
      '{ every: 1h, blackouts: [], blackout: [{ from: "24:00" }] }',
      [
        '6:24 UNKNOWN_KEY unknown key "blackouts" in schedule | did you mean "blackout"? Times without a start; one that would be is put off to the end.',
        '6:50 MISSING_KEY missing key "to" in schedule.blackout[1] | Its end, such as "18:00" or "24:00"; not later than from: on the next day.',
        '6:58 WRONG_VALUE schedule.blackout[1].from must be a time of day in quotes, such as "08:00"',
      ],
    ],
    [
      "{ every: 1h, when: [{ connection: warehouse }, { file: a, sql: b }, { file: a, connection: warehouse }] }",
      [
        "6:31 WRONG_VALUE schedule.when[1] needs sql or file, one of the two",
        "6:58 WRONG_VALUE schedule.when[2] needs sql or file, one of the two",
        "6:79 WRONG_VALUE schedule.when[3] needs no connection for a file",
      ],
    ],
  ])("%s", async (text, wanted) => {
    const files = { ...others, "syncs/people.yml": withSchedule(text) };
    expect((await shown(files)).filter((one) => !one.includes("SHARED_FIELD"))).toEqual(
      wanted.map((one) => `syncs/people.yml:${one}`),
    );
  });

  it("names each circle of syncs that come after one another, also where nothing is scheduled", async () => {
    const after = (object: string, names: string) =>
      `${SYNC.replace("contacts", object)}schedule: { after: ${names} }\n`;
    const files = {
      "sluice.yml": `${SLUICE}environments: { test: { schedules: off } }\n`,
      "syncs/people.yml": after("p", "[first]"),
      "syncs/first.yml": after("f", "{ syncs: [second, free] }"),
      "syncs/second.yml": after("s", "people"),
      "syncs/free.yml": SYNC.replace("contacts", "x"),
      "syncs/a.yml": after("y", "b"),
      "syncs/b.yml": after("z", "[free, a]"),
    };
    expect(await shown(files)).toEqual([
      "syncs/a.yml:6:20 SCHEDULE_CIRCLE these syncs come after one another in a circle: a -> b -> a | start one of them by cron or every",
      "syncs/first.yml:6:20 SCHEDULE_CIRCLE these syncs come after one another in a circle: first -> second -> people -> first | start one of them by cron or every",
    ]);
  });

  it("takes no chain, however long, for a circle", async () => {
    const chain = Array.from({ length: 300 }, (_, at) => {
      const before = at === 0 ? "{ every: 1h }" : `{ after: s${at - 1} }`;
      return [`syncs/s${at}.yml`, `${SYNC.replace("contacts", `o${at}`)}schedule: ${before}\n`];
    });
    expect(await shown(Object.fromEntries(chain))).toEqual([]);
  });

  it("lets no link lead a file that is waited for out of the project", async () => {
    const files = {
      "syncs/people.yml": withSchedule("{ every: 1h, when: [{ file: out/flag }, { file: new/flag }, { file: gone }] }"),
    };
    const folder = await writeFolder({ ...SOUND, ...files });
    try {
      await symlink(tmpdir(), join(folder.dir, "out"));
      await symlink(join(tmpdir(), "absent", "flag"), join(folder.dir, "gone"));
      expect((await loadFolder(folder.dir)).problems.map(show)).toEqual([
        'syncs/people.yml:6:39 OUTSIDE_PROJECT the file "out/flag" cannot be waited for: a link leads out of the project | name a file of the project by its path from sluice.yml',
        'syncs/people.yml:6:79 OUTSIDE_PROJECT the file "gone" cannot be waited for: it is a link that leads nowhere | name a file of the project by its path from sluice.yml',
      ]);
    } finally {
      await folder.remove();
    }
  });
});
