// Proves that rows and why say what is true of runs that were held, cancelled or killed, and of keys of several parts.
import { describe, expect, it } from "vitest";
import { callsHeld, killInMidRun } from "./killed.ts";
import { CUSTOMER_ID, crowd, PEOPLE_SQL, peopleProject } from "./people.ts";
import { type Portal, portalMaker } from "./portal.ts";
import { type Project, projectMaker } from "./project.ts";

const newProject = projectMaker();
const newPortal = portalMaker();

const OTHER_SYNC = {
  model: "people",
  destination: { connection: "crm", object: "contacts" },
  match: { customer_id: "id" },
  fields: { customer_id: "id" },
};

type Rows = {
  state: string;
  planned: number;
  applied: number;
  groups: { state: string; code: string | null; count: number; examples: { key: string; message: string }[] }[];
};
type Why = { planned: object | null; key: string; story: { state: string; record: string | null }[] };

describe.concurrent("looking at", () => {
  it("a held run: nothing was sent", async () => {
    const { project } = await world(20, { guards: { created: 5 } });
    expect(await project.run("people")).toMatchObject({ status: 4 });
    const { stdout } = await project.sluice(["rows", "last"]);
    expect(stdout).toMatch(/held: guard created.*nothing was sent, 20 planned rows wait for an approval/);
    expect(stdout).not.toContain("every planned row applied");
    const rows = await project.json<Rows>(["rows", "last", "--state", "applied"]);
    expect(rows.document).toMatchObject({ state: "blocked", planned: 20, applied: 0, groups: [] });
    const why = await project.json<Why>(["why", "people", "3"]);
    expect(why.document).toMatchObject({ planned: { customer_id: "3" }, story: [{ state: "held" }] });
  });

  it("a cancelled run: what applied, and what was never sent", async () => {
    const { portal, project } = await world(3_000, { guards: "off" });
    await portal.hold("/batch/upsert", 2);
    const running = project.start(["run", "people", "--json"]);
    await callsHeld(portal, running);
    running.child.kill("SIGINT");
    await portal.noFaults();
    expect((await running.ended).status).toBe(130);
    await proveApart(project, portal, 3_000, "cancelled", "not sent");
    expect((await project.sluice(["rows", "last"])).stdout).toMatch(/cancelled: .*\d+ of 3,000 planned rows applied/);
  });

  it("a killed run, before and after the next one found it", async () => {
    const { portal, project } = await world(3_000, { guards: "off" });
    await killInMidRun(project, portal, { answered: 16 });
    const open = await project.sluice(["rows", "last"]);
    expect(open.stdout).toMatch(/not finished: \d[\d,]* of 3,000 planned rows applied so far/);
    const killed = (await project.json<{ run: string }>(["rows", "last"])).document.run;
    const before = await project.json<Rows>(["rows", "last", "--state", "applied", "--limit", "3000"]);
    expect(before.document.groups[0]?.examples ?? []).toHaveLength(before.document.applied);
    expect(await project.run("people")).toMatchObject({ status: 0 });
    const after = await project.json<Rows>(["rows", killed]);
    expect(after.document).toMatchObject({ state: "succeeded", applied: 3_000, groups: [] });
    const told = before.document.groups[0]?.examples.map(({ key }) => key) ?? [];
    const untold = crowd(3_000).find(({ id }) => !told.includes(String(id)));
    for (const key of [told[0] ?? "", String(untold?.id)]) {
      const why = await project.json<Why>(["why", "people", key]);
      expect(why.document.story.map(({ state }) => state)).toEqual(["applied"]);
    }
  });

  it("keys of several parts, in one form that why takes back", async () => {
    const portal = await newPortal();
    await portal.addFields("contacts", [CUSTOMER_ID]);
    const sql = PEOPLE_SQL.replace("primary_key: id", "primary_key: [id, city]");
    const people = crowd(3).map((row) => ({ ...row, city: row.id === 2 ? "Oslo, east" : "Oslo" }));
    const project = newProject({ ...peopleProject(portal.url, people), "models/people.sql": sql });
    const expected = ["1,Oslo", '["2","Oslo, east"]', "3,Oslo"];
    const plan = await project.plan("people");
    expect(plan.sample.map(({ key }) => key)).toEqual(expected);
    expect((await project.sluice(["plan", "people"])).stdout).toContain(`'["2","Oslo, east"]'`);
    await project.run("people");
    const rows = await project.json<Rows>(["rows", "last", "--state", "applied"]);
    expect(rows.document.groups[0]?.examples.map(({ key }) => key)).toEqual(expected);
    for (const key of expected) {
      const why = await project.json<Why>(["why", "people", key]);
      expect(why.document).toMatchObject({ key, story: [{ state: "applied" }] });
    }
  });

  it("invalid rows in the words of the plan, and removals that wait for a key", async () => {
    const { project } = await world(3, { on_removed: "archive" });
    await project.run("people");
    project.write({ "people.json": [...crowd(2), { id: null }] });
    const plan = await project.plan("people");
    const run = await project.sluice(["run", "people"]);
    expect(run.stderr).toMatch(/warning: people: removals are postponed while there are rows without a key/);
    const rows = await project.json<Rows>(["rows", "last", "--state", "invalid"]);
    expect(rows.document.groups[0]?.examples[0]?.message).toBe(plan.invalid[0]?.message);
  });

  it("names that nobody knows, and syncs whose file is gone", async () => {
    const { project } = await world(2);
    await project.run("people");
    for (const args of [
      ["runs", "poeple"],
      ["why", "poeple", "1"],
    ]) {
      const { status, document } = await project.json<{ error: object }>(args);
      expect({ status, error: document.error }).toMatchObject({
        status: 2,
        error: { code: "USAGE", message: 'there is no sync "poeple"', fix: 'did you mean "people"?' },
      });
    }
    const unknown = await project.sluice(["why", "people", "404"]);
    expect(unknown).toMatchObject({ status: 0, stdout: expect.stringMatching(/last 30 kept runs.*no row.*nothing/) });
    project.remove("syncs/people.yml");
    project.write({ "syncs/others.yml": OTHER_SYNC });
    expect((await project.json<{ runs: object[] }>(["runs", "people"])).document.runs).toHaveLength(1);
  });
});

/** Each row is told by `rows` as applied or as never sent, and `why` says the same of it. */
async function proveApart(project: Project, portal: Portal, count: number, state: string, end: string) {
  const limit = ["--limit", String(count)];
  const applied = await project.json<Rows>(["rows", "last", "--state", "applied", ...limit]);
  const rest = await project.json<Rows>(["rows", "last", "--state", state, ...limit]);
  const keysOf = ({ groups }: Rows) => groups.flatMap((group) => group.examples.map(({ key }) => key));
  const sent = (await portal.dump()).map(({ properties }) => properties.customer_id);
  expect(keysOf(applied.document).sort()).toEqual(sent.sort());
  expect(keysOf(rest.document)).toHaveLength(count - sent.length);
  const stories = await Promise.all(
    [keysOf(applied.document)[0] ?? "", keysOf(rest.document).at(-1) ?? ""].map((key) =>
      project.json<Why>(["why", "people", key]),
    ),
  );
  expect(stories.map(({ document }) => document.story[0]?.state)).toEqual(["applied", end]);
}

async function world(count: number, sync: object = {}): Promise<{ portal: Portal; project: Project }> {
  const portal = await newPortal();
  await portal.addFields("contacts", [CUSTOMER_ID]);
  return { portal, project: newProject(peopleProject(portal.url, crowd(count), sync)) };
}
