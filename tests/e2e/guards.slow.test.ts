// Proves S22: a plan over a limit is held whole, sends nothing, and goes out only as the set that somebody approved.
import { describe, expect, it } from "vitest";
import { CUSTOMER_ID, crowd, expected, type Person, peopleProject, shown } from "./people.ts";
import { portalMaker } from "./portal.ts";
import { projectMaker } from "./project.ts";

const newProject = projectMaker();
const newPortal = portalMaker();

async function world(people: readonly Person[], sync: object = {}) {
  const portal = await newPortal();
  await portal.addFields("contacts", [CUSTOMER_ID]);
  return { portal, project: newProject(peopleProject(portal.url, people, sync)) };
}

async function synced(people: readonly Person[], sync: object = {}) {
  const { portal, project } = await world(people, sync);
  expect(await project.run("people")).toMatchObject({ status: 0 });
  await portal.forgetRequests();
  return { portal, project };
}

describe.concurrent("guards", () => {
  it("hold creations over the limit; an approval sends that set; a larger set is held again", async () => {
    const { portal, project } = await world(crowd(12), { guards: { created: 10 } });
    const plan = await project.plan("people");
    expect(plan.guards).toContainEqual({ guard: "created", held: true, value: 12, of: 12, limit: "10 rows" });
    const held = await project.run("people");
    expect(held).toMatchObject({
      status: 4,
      run: { state: "blocked", code: "HELD", reason: expect.stringContaining("created: 12") },
    });
    expect(await portal.writes()).toEqual([]);
    const status = await project.sluice(["status"]);
    expect(status.stdout).toMatch(/held by created.*--approve/s);
    // Eleven more than what was held: the approval of the twelve does not cover them.
    project.write({ "people.json": crowd(23) });
    expect(await project.run("people", "--approve")).toMatchObject({ status: 4, run: { state: "blocked" } });
    expect(await portal.writes()).toEqual([]);
    expect(await project.run("people", "--approve")).toMatchObject({ status: 0, run: { created: 23 } });
    expect(shown(await portal.dump())).toEqual(expected(crowd(23)));
  });

  it("keep an approval for its set though a larger one was held after it", async () => {
    const { portal, project } = await world(crowd(12), { guards: { created: 10 } });
    await project.run("people");
    project.write({ "people.json": crowd(23) });
    expect(await project.run("people", "--approve")).toMatchObject({ status: 4 });
    project.write({ "people.json": crowd(12) });
    expect(await project.run("people")).toMatchObject({ status: 0, run: { created: 12 } });
    expect(shown(await portal.dump())).toEqual(expected(crowd(12)));
  });

  it("are lifted by `approve RUN` from elsewhere: the next run sends the set, and `holds` tells who released it", async () => {
    const { portal, project } = await world(crowd(12), { guards: { created: 10 } });
    const held = await project.run("people");
    const listed = await project.json<{ holds: object[] }>(["holds"]);
    expect(listed.document.holds).toMatchObject([
      { sync: "people", run: held.run.id, guards: ["created"], until: null },
    ]);
    expect(await project.json(["approve", "nobody"])).toMatchObject({ status: 2 });
    const approved = await project.json<{ hold: object }>(["approve", held.run.id]);
    expect(approved).toMatchObject({
      status: 0,
      document: { hold: { run: held.run.id, approved_by: expect.any(String) } },
    });
    expect(await portal.writes()).toEqual([]);
    expect((await project.sluice(["holds", "people"])).stdout).toMatch(/approved by .* until 2/);
    // Eleven more than what was approved are held again; the twelve alone go out.
    project.write({ "people.json": crowd(23) });
    expect(await project.run("people")).toMatchObject({ status: 4 });
    project.write({ "people.json": crowd(11) });
    expect(await project.run("people")).toMatchObject({ status: 0, run: { created: 11 } });
    expect(shown(await portal.dump())).toEqual(expected(crowd(11)));
  });

  it("let exactly the limit pass", async () => {
    const { portal, project } = await world(crowd(10), { guards: { created: 10 } });
    expect(await project.run("people")).toMatchObject({ status: 0, run: { created: 10 } });
    expect(await portal.dump()).toHaveLength(10);
  });

  it("hold a first run of more than 1,000 creations, as delivered", async () => {
    const { portal, project } = await world(crowd(1_001));
    expect(await project.run("people")).toMatchObject({ status: 4, run: { state: "blocked" } });
    expect(await portal.writes()).toEqual([]);
    expect(await project.run("people", "--approve")).toMatchObject({ status: 0, run: { created: 1_001 } });
  });

  it("hold removals over 5 rows and 5 %, and remove them once approved", async () => {
    const { portal, project } = await synced(crowd(40), { on_removed: "archive" });
    // Four rows are 10 %, but no more than 5 rows.
    project.write({ "people.json": crowd(36) });
    expect(await project.run("people")).toMatchObject({ status: 0, run: { operations: { archive: { applied: 4 } } } });
    project.write({ "people.json": crowd(30) });
    expect(await project.run("people")).toMatchObject({ status: 4, run: { state: "blocked", code: "HELD" } });
    expect(await portal.dump()).toHaveLength(36);
    expect(await project.run("people", "--approve")).toMatchObject({
      status: 0,
      run: { operations: { archive: { applied: 6 } } },
    });
    expect(shown(await portal.dump())).toEqual(expected(crowd(30)));
  });

  it("with `partial: true`, hold only the rows they speak of and send the rest; an approval sends just those", async () => {
    const { portal, project } = await synced(crowd(40), { on_removed: "archive", guards: { partial: true } });
    const renamed = crowd(30).map((row) => (row.id === 1 ? { ...row, last: "New" } : row));
    project.write({ "people.json": renamed });
    const held = await project.run("people");
    expect(held).toMatchObject({
      status: 4,
      run: {
        state: "blocked",
        code: "HELD",
        reason: expect.stringContaining("10 rows held"),
        operations: { upsert: { applied: 1 }, archive: { applied: 0, deferred: 10 } },
      },
    });
    expect(await portal.dump()).toHaveLength(40);
    expect(shown(await portal.dump())).toContainEqual(expected(renamed)[0]);
    expect(await project.run("people")).toMatchObject({ status: 4, run: { calls: expect.any(Number) } });
    const story = await project.json<{ why: { chapters: object[] } }>(["why", "people", "40"]);
    expect(JSON.stringify(story.document)).toContain("held by guard removed");
    expect(await project.json(["approve", held.run.id])).toMatchObject({ status: 0 });
    expect(await project.run("people")).toMatchObject({
      status: 0,
      run: { operations: { archive: { applied: 10, deferred: 0 } } },
    });
    expect(shown(await portal.dump())).toEqual(expected(renamed));
  });

  it("hold the whole plan where a broken join nulls a column", async () => {
    const people = crowd(30);
    const { portal, project } = await synced(people);
    project.write({
      "people.json": people.map((row) => ({ ...row, city: null, last: row.id === 1 ? "New" : row.last })),
    });
    const held = await project.run("people");
    expect(held).toMatchObject({ status: 4, run: { state: "blocked" } });
    expect(held.run.guards).toContainEqual(
      expect.objectContaining({ guard: "cleared", field: "city", held: true, value: 30 }),
    );
    expect(await portal.writes()).toEqual([]);
    expect(shown(await portal.dump())).toEqual(expected(people));
    // Mended: nothing is held any more, and only what changed goes out.
    project.write({ "people.json": people.map((row) => (row.id === 1 ? { ...row, last: "New" } : row)) });
    expect(await project.run("people")).toMatchObject({ status: 0, run: { operations: { upsert: { applied: 1 } } } });
    expect((await project.sluice(["status"])).stdout).not.toContain("held");
  });

  it("hold an emptied model, and remove all of it once approved", async () => {
    const { portal, project } = await synced(crowd(3), { on_removed: "archive" });
    project.write({ "people.json": [] });
    const held = await project.run("people");
    expect(held).toMatchObject({ status: 4, run: { state: "blocked", reason: expect.stringContaining("empty") } });
    expect(await portal.dump()).toHaveLength(3);
    expect(await project.run("people", "--approve")).toMatchObject({
      status: 0,
      run: { operations: { archive: { applied: 3 } } },
    });
    expect(await portal.dump()).toEqual([]);
  });

  it("hold changes of over 500 rows and 30 %", async () => {
    const people = crowd(600);
    const { portal, project } = await synced(people);
    project.write({ "people.json": people.map((row) => ({ ...row, city: "Bergen" })) });
    expect(await project.run("people")).toMatchObject({
      status: 4,
      run: { state: "blocked", reason: expect.stringContaining("changed") },
    });
    expect(await portal.writes()).toEqual([]);
  });

  it("stop a run in which over 20 % of 200 and more rows fail", async () => {
    const people = crowd(3_000).map((row) => ({ ...row, email: `no address ${row.id}` }));
    const { portal, project } = await world(people, { match: { customer_id: "id" }, guards: { created: "off" } });
    const ended = await project.run("people");
    expect(ended).toMatchObject({ status: 4, run: { state: "blocked" } });
    const { rejected = 0, deferred = 0 } = ended.run.operations.upsert ?? {};
    expect(rejected).toBeGreaterThan(200);
    expect(rejected).toBeLessThan(3_000);
    expect(rejected + deferred).toBe(3_000);
    expect(await portal.dump()).toEqual([]);
  });

  it("let a run go on whose invalid rows are few of all, though many of the first batch", async () => {
    const twice = crowd(75, 5_000);
    const { project } = await world([...crowd(850), ...twice, ...twice], { guards: { created: "off" } });
    expect(await project.run("people")).toMatchObject({
      status: 3,
      run: { state: "partial", counts: { invalid: 150 }, operations: { upsert: { applied: 850 } } },
    });
  });

  it("say nothing where they are off", async () => {
    const { portal, project } = await synced(crowd(20), { on_removed: "archive", guards: "off" });
    project.write({ "people.json": [] });
    expect(await project.run("people")).toMatchObject({
      status: 0,
      run: { guards: [], operations: { archive: { applied: 20 } } },
    });
    expect(await portal.dump()).toEqual([]);
  });
});
