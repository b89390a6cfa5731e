// Proves that several syncs of one command share the account's budget: no 429, exit by the gravest, one document for all.
import { expect, it } from "vitest";
import { CUSTOMER_ID, crowd, expected, PEOPLE_SYNC, peopleProject, shown } from "./people.ts";
import { portalMaker } from "./portal.ts";
import { projectMaker, type RunDocument } from "./project.ts";

const newProject = projectMaker();
const newPortal = portalMaker();

it("runs two syncs within one budget of the free tier without a 429", async () => {
  const portal = await newPortal({ tier: "free" });
  await portal.addFields("contacts", [CUSTOMER_ID]);
  await portal.addFields("companies", [CUSTOMER_ID]);
  const people = crowd(5_200);
  const project = newProject({
    ...peopleProject(portal.url, people, { guards: "off", tags: ["crm"], match: { customer_id: "id" } }),
    "syncs/firms.yml": {
      ...PEOPLE_SYNC,
      destination: { connection: "crm", object: "companies" },
      match: { customer_id: "id" },
      fields: { customer_id: "id", name: "first", city: "city" },
      guards: "off",
      tags: ["crm"],
    },
  });
  const { status, document } = await project.json<{ runs: RunDocument[] }>(["run", "--select", "tag:crm"]);
  expect(status).toBe(0);
  expect(document.runs.map((run) => `${run.sync} ${run.created}`).sort()).toEqual(["firms 5200", "people 5200"]);
  const requests = await portal.requests();
  expect(requests.filter((request) => request.status === 429)).toEqual([]);
  expect(document.runs.map((run) => run.throttled)).toEqual([0, 0]);
  // More than the 100 calls of a window, so that both had to wait for one budget.
  const calls = document.runs.reduce((sum, run) => sum + run.calls, 0);
  expect(calls).toBe(requests.length);
  expect(calls).toBeGreaterThan(100);
  expect(shown(await portal.dump("contacts"))).toEqual(expected(people));
  expect(await portal.dump("companies")).toHaveLength(5_200);
});

it("ends as the gravest of its syncs, and tells of each", async () => {
  const portal = await newPortal();
  await portal.addFields("contacts", [CUSTOMER_ID]);
  const broken = {
    ...PEOPLE_SYNC,
    destination: { connection: "crm", object: "companies" },
    match: { domain: "email" },
  };
  const project = newProject({ ...peopleProject(portal.url, crowd(3)), "syncs/broken.yml": broken });
  const { status, document } = await project.json<{ runs: { sync: string; state: string; error?: object }[] }>([
    "run",
    "--all",
  ]);
  expect(status).toBe(2);
  expect(document.runs).toContainEqual(expect.objectContaining({ sync: "people", state: "succeeded" }));
  expect(document.runs.find((run) => run.sync === "broken")).toMatchObject({ error: { code: "CONFIG_INVALID" } });
  expect(await portal.dump()).toHaveLength(3);
});
