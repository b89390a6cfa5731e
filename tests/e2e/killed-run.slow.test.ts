// Proves that a run killed in mid-delivery is told as what it is, and that the next start goes on with it: each row once.
import { expect, it } from "vitest";
import { killInMidRun } from "./killed.ts";
import { CUSTOMER_ID, crowd, expected, peopleProject, shown } from "./people.ts";
import { portalMaker } from "./portal.ts";
import { projectMaker, type RunDocument } from "./project.ts";

const newProject = projectMaker();
const newPortal = portalMaker();

type Status = { readonly syncs: readonly { readonly last: RunDocument; readonly interrupted: string | null }[] };

it("status and plan say so, rows tell what is in doubt, and the next run brings every row home", async () => {
  const portal = await newPortal();
  await portal.addFields("contacts", [CUSTOMER_ID]);
  const people = crowd(2_000);
  const project = newProject(peopleProject(portal.url, people, { guards: "off" }));
  await killInMidRun(project, portal, { answered: 8 });
  const landed = (await portal.dump()).length;
  expect(landed).toBeGreaterThan(0);
  expect(landed).toBeLessThan(people.length);
  await portal.forgetRequests();

  const { document } = await project.json<Status>(["status"]);
  const killed = document.syncs[0]?.last.id ?? "";
  expect(document).toMatchObject({ syncs: [{ last: { state: "writing", ended_at: null }, interrupted: killed }] });
  expect((await project.sluice(["status"])).stdout).toContain(`run ${killed} was interrupted`);
  const plan = await project.sluice(["plan", "people"]);
  expect(plan).toMatchObject({ status: 0, stdout: expect.stringContaining(`run ${killed} was interrupted`) });
  const rows = await project.json<{ groups: object[] }>(["rows", killed, "--state", "unknown"]);
  expect(rows.document.groups).toMatchObject([{ code: "IN_DOUBT" }]);
  expect(await portal.writes()).toEqual([]);

  const next = await project.json<{ run: RunDocument; earlier: RunDocument[] }>(["run", "people"]);
  expect(next).toMatchObject({
    status: 0,
    document: {
      run: { state: "succeeded", planned: 0 },
      earlier: [
        { id: killed, state: "succeeded", resumes: 1, operations: { upsert: { applied: 2_000, deferred: 0 } } },
      ],
    },
  });
  const [resumed] = next.document.earlier;
  expect((resumed?.created ?? 0) + (resumed?.adopted ?? 0)).toBe(2_000);
  expect(shown(await portal.dump())).toEqual(expected(people));
  expect((await project.json<Status>(["status"])).document).toMatchObject({ syncs: [{ interrupted: null }] });
  const { runs } = (await project.json<{ runs: RunDocument[] }>(["runs"])).document;
  expect(runs.find((run) => run.id === killed)).toMatchObject({ state: "succeeded", code: null, resumes: 1 });
  expect(await project.run("people")).toMatchObject({ status: 0, run: { planned: 0, counts: { unchanged: 2_000 } } });
});

it("with a destination that is down it stays open, says so and how it goes on, and goes on with the next start", async () => {
  const portal = await newPortal();
  await portal.addFields("contacts", [CUSTOMER_ID]);
  const people = crowd(1_000);
  const project = newProject(peopleProject(portal.url, people, { guards: "off" }));
  await killInMidRun(project, portal, { answered: 4 });
  await portal.fault({ times: null, fault: { status: 503, body: { message: "down" } } });
  for (const command of ["run", "resume"]) {
    const { status, document } = await project.json<{ error: { code: string; message: string; fix: string } }>([
      command,
      "people",
    ]);
    expect({ status, ...document.error }).toMatchObject({
      ...{ status: 1, code: "DESTINATION_ANSWER" },
      message: expect.stringMatching(/^run \w+ cannot go on yet and stays open: connection "crm": /),
      fix: "nothing is lost: `sluice run people` goes on with it (`sluice resume people` does only that), and a service tries again by itself",
    });
  }
  expect((await project.sluice(["status"])).stdout).toMatch(/interrupted: cannot go on yet: connection "crm": /);
  await portal.noFaults();
  expect(await project.json(["resume", "people"])).toMatchObject({
    status: 0,
    document: { run: { state: "succeeded", reason: null, operations: { upsert: { applied: 1_000 } } } },
  });
  expect(shown(await portal.dump())).toEqual(expected(people));
});

it("a run whose file is another since is given up, and what it may have sent is planned again", async () => {
  const portal = await newPortal();
  await portal.addFields("contacts", [CUSTOMER_ID]);
  const people = crowd(1_000);
  const files = peopleProject(portal.url, people, { guards: "off" });
  const project = newProject(files);
  await killInMidRun(project, portal, { answered: 4 });
  const { city: _, ...fields } = {
    customer_id: "id",
    email: "email",
    firstname: "first",
    lastname: "last",
    city: "city",
  };
  project.write({ "syncs/people.yml": { ...(files["syncs/people.yml"] as object), fields } });
  const next = await project.json<{ run: RunDocument; earlier: RunDocument[] }>(["run", "people"]);
  expect(next).toMatchObject({
    status: 0,
    document: {
      run: { state: "succeeded" },
      earlier: [{ state: "failed", code: "INTERRUPTED", reason: expect.stringContaining("file is another since") }],
    },
  });
  expect(await portal.dump()).toHaveLength(1_000);
  expect(await project.run("people")).toMatchObject({ status: 0, run: { planned: 0 } });
});

it("`resume` goes on with the run and plans nothing; a sync that dies again and again is left alone until then", async () => {
  const portal = await newPortal();
  await portal.addFields("contacts", [CUSTOMER_ID]);
  const project = newProject(peopleProject(portal.url, crowd(300), { guards: "off" }));
  // In the middle of its first call, which nobody ever hears of.
  for (let death = 0; death < 3; death++) await killInMidRun(project, portal);
  project.write({ "people.json": crowd(310) });
  const refused = await project.run("people");
  expect(refused).toMatchObject({
    status: 4,
    error: { code: "QUARANTINED", fix: expect.stringContaining("sluice resume people") },
  });
  const resumed = await project.json<{ run: RunDocument }>(["resume", "people"]);
  expect(resumed).toMatchObject({
    status: 0,
    document: { run: { state: "succeeded", operations: { upsert: { applied: 300 } } } },
  });
  expect(await portal.dump()).toHaveLength(300);
  expect(await project.json(["resume", "people"])).toMatchObject({ status: 0, document: { run: null } });
  expect(await project.run("people")).toMatchObject({ status: 0, run: { operations: { upsert: { applied: 10 } } } });
});

it("a run whose token belongs to another account meanwhile is not taken up there", async () => {
  const portal = await newPortal();
  const other = await newPortal({ seed: 77 });
  for (const one of [portal, other]) await one.addFields("contacts", [CUSTOMER_ID]);
  const files = peopleProject(portal.url, crowd(600), { guards: "off" });
  const project = newProject(files);
  await killInMidRun(project, portal, { answered: 2 });
  const elsewhere = peopleProject(other.url, crowd(600), { guards: "off" });
  project.write({ "sluice.yml": elsewhere["sluice.yml"] });
  for (const command of ["run", "resume"])
    expect(await project.json([command, "people"])).toMatchObject({
      status: 4,
      document: { error: { code: "DESTINATION_CHANGED" } },
    });
  expect(await other.writes()).toEqual([]);
  project.write({ "sluice.yml": files["sluice.yml"] });
  expect(await project.json(["resume", "people"])).toMatchObject({ status: 0, document: { run: { resumes: 1 } } });
  expect(await portal.dump()).toHaveLength(600);
});
