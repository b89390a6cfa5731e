// Proves when syncs start by themselves (S26): by time, after others, once after a stop however long; what keeps a start from
// beginning a run; and that nothing is lost or doubled when files change or the process dies.
import { symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { RunState } from "../../../src/contract/run.ts";
import { type Clockwork, START_MS, startClockwork } from "./clockwork.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const SLUICE = `version: 1
connections:
  warehouse: { type: duckdb }
  crm: { type: hubspot, access_token: "\${env:TOKEN}" }
`;
const MODEL = "/*---\nconnection: warehouse\nprimary_key: id\n---*/\nselect 1 as id, 'a' as email\n";
const sync = (object: string, schedule: string | null): string => `model: people
destination: { connection: crm, object: ${object} }
match: { email: email }
fields: { email: email }
${schedule === null ? "" : `schedule: ${schedule}`}
`;

const open: Clockwork[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

/** Syncs by name, each with its schedule. */
async function works(schedules: Readonly<Record<string, string | null>>): Promise<Clockwork> {
  const files = Object.entries(schedules).map(([name, schedule]) => [`syncs/${name}.yml`, sync(`x_${name}`, schedule)]);
  const one = await startClockwork({ "sluice.yml": SLUICE, "models/people.sql": MODEL, ...Object.fromEntries(files) });
  open.push(one);
  return one;
}

const startsOf = async (clockwork: Clockwork, name: string): Promise<number[]> =>
  (await clockwork.runs(name)).map(({ startedAt }) => startedAt);

describe("by time", () => {
  it("every 15 minutes: every 15 minutes, one run each", async () => {
    const clockwork = await works({ a: "{ every: 15m }" });
    const due: number[] = [];
    for (let i = 0; i < 5; i++) due.push(await clockwork.passToStart("a"));
    expect(await startsOf(clockwork, "a")).toEqual(due);
    expect(due.slice(1).map((at, index) => at - (due[index] ?? 0))).toEqual([1, 1, 1, 1].map((n) => n * 15 * MINUTE));
    expect((due[0] ?? 0) - START_MS).toBeLessThanOrEqual(15 * MINUTE);
    expect((await clockwork.runs("a")).map(({ trigger, state }) => [trigger, state])).toEqual(
      due.map(() => ["schedule", "succeeded"]),
    );
    expect(await clockwork.state.schedule("a")).toMatchObject({ firedAt: due.at(-1), passed: null });
  });

  it("cron: at the wall clock's time of its zone", async () => {
    const clockwork = await works({ a: '{ cron: "0 6 * * *", timezone: Europe/Berlin }' });
    expect(new Date(await clockwork.passToStart("a")).toISOString()).toBe("2027-01-16T05:00:00.000Z");
    expect(new Date(await clockwork.passToStart("a")).toISOString()).toBe("2027-01-17T05:00:00.000Z");
    expect(await startsOf(clockwork, "a")).toHaveLength(2);
  });

  it("not before its time", async () => {
    const clockwork = await works({ a: '{ cron: "0 9 * * *" }' });
    await clockwork.pass(HOUR - 1);
    expect(await clockwork.runs("a")).toEqual([]);
    await clockwork.pass(1);
    expect(await startsOf(clockwork, "a")).toEqual([START_MS + HOUR]);
  });

  it("many syncs: each by its own", async () => {
    const names = Array.from({ length: 20 }, (_, index) => `s${index}`);
    const clockwork = await works(Object.fromEntries(names.map((name) => [name, "{ every: 1h }"])));
    const due = (await clockwork.state.schedules()).map(({ nextAt }) => nextAt ?? 0);
    expect(new Set(due).size).toBeGreaterThan(10);
    for (let i = 0; i < 60; i++) await clockwork.pass(MINUTE);
    for (const name of names) expect(await clockwork.runs(name)).toHaveLength(1);
  });

  it("a start while a run waits joins it", async () => {
    const clockwork = await works({ a: "{ every: 15m }" });
    clockwork.fates.set("a", null);
    for (let i = 0; i < 3; i++) await clockwork.passToStart("a");
    expect((await clockwork.runs("a")).map(({ state }) => state)).toEqual(["queued"]);
  });
});

describe("after a stop", () => {
  it.each([
    ["every 15 minutes", "{ every: 15m }"],
    ["cron, every 10 minutes", '{ cron: "*/10 * * * *" }'],
  ])("of six hours there is exactly one run: %s", async (_, schedule) => {
    const clockwork = await works({ a: schedule });
    const first = await clockwork.passToStart("a");
    const due = (await clockwork.state.schedule("a"))?.nextAt ?? 0;
    await clockwork.stopFor(6 * HOUR);
    expect(await startsOf(clockwork, "a")).toEqual([first, first + 6 * HOUR]);
    const lateMs = clockwork.now() - due;
    expect(clockwork.events).toContainEqual(
      expect.objectContaining({ kind: "schedule.missed", sync: "a", detail: { late_ms: lateMs } }),
    );
    expect(clockwork.told).toMatchObject([{ event: "missed", dueAt: due, cameAt: clockwork.now() }]);
    const next = (await clockwork.state.schedule("a"))?.nextAt ?? 0;
    expect(next).toBeGreaterThan(clockwork.now());
    expect(next - clockwork.now()).toBeLessThanOrEqual(15 * MINUTE);
    await clockwork.pass(MINUTE);
    expect(await clockwork.runs("a")).toHaveLength(next - clockwork.now() > 0 ? 2 : 3);
  });

  it("of no start at all there is none too many", async () => {
    const clockwork = await works({ a: '{ cron: "0 20 * * *" }' });
    await clockwork.stopFor(HOUR);
    await clockwork.stopFor(HOUR);
    expect(await clockwork.runs("a")).toEqual([]);
    expect(clockwork.told).toEqual([]);
    await clockwork.passToStart("a");
    expect(await clockwork.runs("a")).toHaveLength(1);
  });

  it("a machine that slept makes up for it once as well", async () => {
    const clockwork = await works({ a: "{ every: 15m }" });
    await clockwork.pass(6 * HOUR);
    expect(await clockwork.runs("a")).toHaveLength(1);
  });

  it("a paused sync makes up for nothing", async () => {
    const clockwork = await works({ a: "{ every: 15m }" });
    await clockwork.state.putSchedule("a", { paused: true, pausedBy: "Ann" });
    await clockwork.stopFor(6 * HOUR);
    expect(await clockwork.runs("a")).toEqual([]);
    expect(clockwork.told).toEqual([]);
  });
});

describe("after other syncs", () => {
  const ENDS: readonly RunState[] = ["succeeded", "partial", "failed", "blocked", "cancelled"];
  it.each([
    ["b", ["succeeded"]],
    ["{ syncs: b, on: partial }", ["succeeded", "partial"]],
    ["{ syncs: b, on: always }", ENDS],
  ])("after: %s counts what ended as %s", async (after, counting) => {
    const clockwork = await works({ a: `{ after: ${after} }`, b: null });
    let wanted = 0;
    for (const end of ENDS) {
      await clockwork.run("b", end);
      if (counting.includes(end)) wanted++;
      expect([end, (await clockwork.runs("a")).length]).toEqual([end, wanted]);
    }
    expect((await clockwork.runs("a"))[0]?.trigger).toBe("after b");
  });

  it("several: once all have ended since it began last, in any order and however often", async () => {
    const clockwork = await works({ a: "{ after: [b, c] }", b: null, c: null });
    await clockwork.run("b", "succeeded");
    await clockwork.run("b", "succeeded");
    expect(await clockwork.runs("a")).toEqual([]);
    await clockwork.run("c", "succeeded");
    expect(await clockwork.runs("a")).toHaveLength(1);
    await clockwork.run("c", "succeeded");
    expect(await clockwork.runs("a")).toHaveLength(1);
    await clockwork.run("b", "succeeded");
    expect(await clockwork.runs("a")).toHaveLength(2);
  });

  it("several that end at the same moment: none of them is overlooked", async () => {
    const clockwork = await works({ a: "{ after: [b, c, d] }", b: null, c: null, d: null });
    await Promise.all(["b", "c", "d"].map((name) => clockwork.run(name, "succeeded")));
    expect(await clockwork.runs("a")).toHaveLength(1);
  });

  it("a chain of three runs through", async () => {
    const clockwork = await works({ a: "{ every: 1h }", b: "{ after: a }", c: "{ after: { syncs: b, on: always } }" });
    await clockwork.passToStart("a");
    await clockwork.pass(0);
    for (const name of ["a", "b", "c"]) expect(await clockwork.runs(name)).toHaveLength(1);
  });

  it("an end that comes while it begins counts for the next time", async () => {
    const clockwork = await works({ a: "{ after: [b, c] }", b: null, c: null });
    const { state } = clockwork.parts();
    const request = state.request;
    vi.spyOn(state, "request").mockImplementationOnce(async (...asked) => {
      await state.arrive("a", { sync: "b", run: "the next one" });
      return request(...asked);
    });
    await clockwork.run("b", "succeeded");
    await clockwork.run("c", "succeeded");
    expect(await clockwork.runs("a")).toHaveLength(1);
    await clockwork.run("c", "succeeded");
    expect(await clockwork.runs("a")).toHaveLength(2);
  });

  it("arrivals outlive the process", async () => {
    const clockwork = await works({ a: "{ after: [b, c] }", b: null, c: null });
    await clockwork.run("b", "succeeded");
    await clockwork.stopFor(HOUR);
    await clockwork.run("c", "succeeded");
    expect(await clockwork.runs("a")).toHaveLength(1);
  });

  it("what ended while nobody could tell of it is told at the next start, once", async () => {
    const clockwork = await works({ a: "{ after: b }", b: null });
    await clockwork.run("b", "succeeded");
    await clockwork.pass(1);
    await clockwork.runUntold("b", "succeeded");
    await clockwork.stopFor(MINUTE);
    expect(await clockwork.runs("a")).toHaveLength(2);
    await clockwork.stopFor(MINUTE);
    expect(await clockwork.runs("a")).toHaveLength(2);
  });

  it("also where that was the first run ever", async () => {
    const clockwork = await works({ a: "{ after: b }", b: null });
    await clockwork.runUntold("b", "succeeded");
    await clockwork.stopFor(MINUTE);
    expect(await clockwork.runs("a")).toHaveLength(1);
  });

  it("what ended before anybody came after it starts nothing", async () => {
    const clockwork = await works({ a: null, b: null });
    await clockwork.run("b", "succeeded");
    await clockwork.write({ "syncs/a.yml": sync("x_a", "{ after: b }") });
    await clockwork.stopFor(MINUTE);
    expect(await clockwork.runs("a")).toEqual([]);
    await clockwork.run("b", "succeeded");
    expect(await clockwork.runs("a")).toHaveLength(1);
  });

  it("within a blackout it is put off to its end", async () => {
    const clockwork = await works({ a: '{ after: b, blackout: [{ from: "08:00", to: "10:00" }] }', b: null });
    await clockwork.run("b", "succeeded");
    expect(await clockwork.runs("a")).toEqual([]);
    await clockwork.pass(2 * HOUR - 1);
    expect(await clockwork.runs("a")).toEqual([]);
    await clockwork.pass(1);
    expect(await startsOf(clockwork, "a")).toEqual([START_MS + 2 * HOUR]);
  });
});

describe("a start that passes", () => {
  it("of a paused sync begins nothing and says why; from resuming on it starts again", async () => {
    const clockwork = await works({ a: "{ every: 1h }" });
    await clockwork.state.putSchedule("a", { paused: true, pausedBy: "Ann" });
    const due = await clockwork.passToStart("a");
    expect(await clockwork.runs("a")).toEqual([]);
    expect(await clockwork.state.schedule("a")).toMatchObject({ passed: "paused by Ann", firedAt: due });
    expect(clockwork.events).toContainEqual(
      expect.objectContaining({ kind: "schedule.passed", sync: "a", detail: { reason: "paused by Ann" } }),
    );
    await clockwork.state.putSchedule("a", { paused: false, pausedBy: null });
    expect(await clockwork.runs("a")).toEqual([]);
    await clockwork.passToStart("a");
    expect(await clockwork.runs("a")).toHaveLength(1);
    expect((await clockwork.state.schedule("a"))?.passed).toBeNull();
  });

  it.each<[string, boolean, RegExp | null]>([
    ["select true", true, null],
    ["select 1", true, null],
    ["select 2.5", true, null],
    ["select 12::bigint", true, null],
    ["select -1", true, null],
    ["select -1::hugeint", true, null],
    ["select 'true'", true, null],
    ["select true, false", true, null],
    ["select count(*) > 0 from range(3)", true, null],
    ["select false", false, /something else than true/],
    ["select 0", false, /something else than true/],
    ["select 0::bigint", false, /something else than true/],
    ["select 0.0", false, /something else than true/],
    ["select null", false, /something else than true/],
    ["select 'no'", false, /something else than true/],
    ["select 1 where false", false, /gives no row/],
    ["select * from no_such_table", false, /failed: .*no_such_table/],
    ["selec", false, /failed/],
    ["select 1; drop table x", false, /failed/],
    ["select error('told')", false, /failed/],
  ])("when: %s holds: %s", async (text, holds, why) => {
    const clockwork = await works({ a: `{ every: 1h, when: [{ sql: ${JSON.stringify(text)} }] }` });
    await clockwork.passToStart("a");
    expect(await clockwork.runs("a")).toHaveLength(holds ? 1 : 0);
    const { passed } = (await clockwork.state.schedule("a")) ?? {};
    if (why === null) expect(passed).toBeNull();
    else expect(passed).toMatch(why);
  });

  it("when: a file, that must be there at that moment and lie within the project", async () => {
    const clockwork = await works({ a: "{ every: 1h, when: [{ sql: select true }, { file: flags/ready }] }" });
    await clockwork.passToStart("a");
    expect(await clockwork.state.schedule("a")).toMatchObject({ passed: "when: flags/ready is not there" });
    await clockwork.write({ "flags/ready": "" });
    await clockwork.passToStart("a");
    expect(await clockwork.runs("a")).toHaveLength(1);
    await clockwork.remove("flags/ready");
    await symlink(tmpdir(), join(clockwork.dir, "flags/ready"));
    await clockwork.passToStart("a");
    expect(await clockwork.runs("a")).toHaveLength(1);
    expect(await clockwork.state.schedule("a")).toMatchObject({ passed: "when: flags/ready is not there" });
  });

  it("when: the first check that fails is told, and the later ones are not asked", async () => {
    const clockwork = await works({ a: "{ every: 1h, when: [{ file: nowhere }, { sql: select error('asked') }] }" });
    await clockwork.passToStart("a");
    expect(await clockwork.state.schedule("a")).toMatchObject({ passed: "when: nowhere is not there" });
  });
});

describe("files that change", () => {
  it("another schedule is planned anew; the former one rings no more", async () => {
    const clockwork = await works({ a: '{ cron: "0 9 * * *" }' });
    await clockwork.write({ "syncs/a.yml": sync("x_a", '{ cron: "0 10 * * *" }') });
    await clockwork.reload();
    expect((await clockwork.state.schedule("a"))?.nextAt).toBe(START_MS + 2 * HOUR);
    await clockwork.pass(HOUR);
    expect(await clockwork.runs("a")).toEqual([]);
    await clockwork.pass(HOUR);
    expect(await clockwork.runs("a")).toHaveLength(1);
  });

  it("that leave a schedule as it is leave its next start as it is, also where it is due", async () => {
    const clockwork = await works({ a: "{ every: 1h }" });
    const before = await clockwork.state.schedule("a");
    await clockwork.write({ "syncs/a.yml": `${sync("x_a", "{ every: 1h }")}description: another\n` });
    await clockwork.reload();
    expect(await clockwork.state.schedule("a")).toEqual(before);
    await clockwork.stopFor(HOUR);
    await clockwork.reload();
    expect(await clockwork.runs("a")).toHaveLength(1);
  });

  it("a sync that is gone, or has no schedule any more, starts no more; when it comes back it is planned anew", async () => {
    const clockwork = await works({ a: "{ every: 1h }", b: "{ every: 1h }" });
    await clockwork.remove("syncs/a.yml");
    await clockwork.write({ "syncs/b.yml": sync("x_b", null) });
    await clockwork.reload();
    expect(await clockwork.state.schedules()).toMatchObject([
      { sync: "a", spec: "", nextAt: null },
      { sync: "b", spec: "", nextAt: null },
    ]);
    await clockwork.pass(DAY);
    expect([...(await clockwork.runs("a")), ...(await clockwork.runs("b"))]).toEqual([]);
    await clockwork.write({ "syncs/a.yml": sync("x_a", "{ every: 1h }") });
    await clockwork.reload();
    const at = await clockwork.passToStart("a");
    expect(at).toBeGreaterThan(START_MS + DAY);
    expect(await clockwork.runs("a")).toHaveLength(1);
  });

  it("a pause outlives them, and the process", async () => {
    const clockwork = await works({ a: "{ every: 1h }" });
    await clockwork.state.putSchedule("a", { paused: true, pausedBy: "Ann" });
    await clockwork.write({ "syncs/a.yml": sync("x_a", "{ every: 2h }") });
    await clockwork.reload();
    await clockwork.stopFor(MINUTE);
    await clockwork.pass(DAY);
    expect(await clockwork.runs("a")).toEqual([]);
    expect(await clockwork.state.schedule("a")).toMatchObject({ paused: true, pausedBy: "Ann" });
  });
});

it("a ring for a sync that nobody knows is taken back", async () => {
  const clockwork = await works({ a: null });
  await clockwork.parts().bell.schedule("fire:ghost", clockwork.now());
  await clockwork.pass(DAY);
  expect(await clockwork.parts().bell.stats()).toMatchObject({ planned: 0, waiting: 0 });
});
