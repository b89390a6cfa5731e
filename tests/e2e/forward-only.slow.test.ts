// Proves S23 for `on_mapping_change`: a new field is backfilled, or goes only with rows that change, and the plan says which.
import { expect, it } from "vitest";
import { byCustomer, CUSTOMER_ID, crowd, PEOPLE_SYNC, peopleProject } from "./people.ts";
import { portalMaker } from "./portal.ts";
import { projectMaker } from "./project.ts";

const newProject = projectMaker();
const newPortal = portalMaker();

it("forward_only sends a new field with rows that change, and a resync sends the rest", async () => {
  const portal = await newPortal();
  await portal.addFields("contacts", [CUSTOMER_ID]);
  const people = crowd(6);
  const { city: _, ...fewer } = PEOPLE_SYNC.fields;
  const forward = { on_mapping_change: "forward_only" };
  const project = newProject(peopleProject(portal.url, people, { ...forward, fields: fewer }));
  expect(await project.run("people")).toMatchObject({ status: 0, run: { created: 6 } });
  const changed = people.map((row) => (row.id === 1 ? { ...row, first: "New" } : row));
  project.write({ "syncs/people.yml": { ...PEOPLE_SYNC, ...forward }, "people.json": changed });
  const plan = await project.sluice(["plan", "people"]);
  expect(plan.stdout).toContain("new city (from now on, with rows that change)");
  expect(await project.run("people")).toMatchObject({
    status: 0,
    run: { planned: 1, counts: { changed: 1, unchanged: 5 } },
  });
  const cities = async () => [...byCustomer(await portal.dump()).values()].map((of) => of.city ?? null).sort();
  expect(await cities()).toEqual(["Oslo", null, null, null, null, null]);
  expect(await project.run("people")).toMatchObject({ status: 0, run: { planned: 0 } });
  expect(await project.sluice(["resync", "people", "--yes"])).toMatchObject({ status: 0 });
  expect(await cities()).toEqual(Array(6).fill("Oslo"));
});

it("backfill, as delivered, names its price and sends the field of every row", async () => {
  const portal = await newPortal();
  await portal.addFields("contacts", [CUSTOMER_ID]);
  const { city: _, ...fewer } = PEOPLE_SYNC.fields;
  const project = newProject(peopleProject(portal.url, crowd(6), { fields: fewer }));
  await project.run("people");
  project.write({ "syncs/people.yml": PEOPLE_SYNC });
  expect((await project.sluice(["plan", "people"])).stdout).toContain("new city (6 rows change)");
  expect(await project.run("people")).toMatchObject({ status: 0, run: { planned: 6 } });
});
