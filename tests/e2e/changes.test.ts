// Proves S3, S14 and S16: only what changed is sent, and a newcomer with a linked row's e-mail does not freeze that row.
import { expect, it } from "vitest";
import { byCustomer, CUSTOMER_ID, crowd, expected, peopleProject, shown } from "./people.ts";
import { portalMaker } from "./portal.ts";
import { projectMaker } from "./project.ts";
import { wiretapMaker } from "./wiretap.ts";

const newProject = projectMaker();
const newPortal = portalMaker();
const newWiretap = wiretapMaker();

async function synced(sync: object = {}) {
  const portal = await newPortal();
  await portal.addFields("contacts", [CUSTOMER_ID]);
  const wire = await newWiretap(portal.url);
  const people = crowd(12);
  const project = newProject(peopleProject(wire.url, people, sync));
  expect(await project.run("people")).toMatchObject({ status: 0, run: { created: 12 } });
  expect(shown(await portal.dump())).toEqual(expected(people));
  await portal.forgetRequests();
  wire.forget();
  return { portal, wire, project, people };
}

it.concurrent("writes nothing where nothing has changed", async () => {
  const { portal, project } = await synced();
  const again = await project.run("people");
  expect(again).toMatchObject({
    status: 0,
    run: { state: "succeeded", counts: { read: 12, unchanged: 12 }, planned: 0 },
  });
  expect(await portal.writes()).toEqual([]);
});

it.concurrent("sends one changed column of one row as one write with that field only", async () => {
  const { portal, wire, project, people } = await synced();
  const [before] = (await portal.dump()).filter((record) => record.properties.customer_id === "5");
  await portal.edit("contacts", before?.id ?? "", { firstname: "typed by hand", phone: "+1 555 0100" });
  project.write({ "people.json": people.map((row) => (row.id === 5 ? { ...row, city: "Bergen" } : row)) });
  const plan = await project.plan("people");
  expect(plan.counts).toMatchObject({ unchanged: 11, changed: 1, added: 0 });
  expect(plan.sample).toMatchObject([{ key: "5", fields: [{ field: "city", old: "Oslo", new: "Bergen" }] }]);
  expect(await project.run("people")).toMatchObject({ status: 0, run: { operations: { upsert: { applied: 1 } } } });
  expect(wire.sent()).toEqual([{ operation: "update", id: before?.id, properties: { city: "Bergen" } }]);
  expect(byCustomer(await portal.dump()).get("5")).toMatchObject({ city: "Bergen", firstname: "typed by hand" });
});

it.concurrent("sends nothing for a column that is not mapped", async () => {
  const { portal, project, people } = await synced();
  project.write({ "people.json": people.map((row) => ({ ...row, note: `changed ${row.id}` })) });
  expect(await project.run("people")).toMatchObject({ status: 0, run: { counts: { unchanged: 12 }, planned: 0 } });
  expect(await portal.writes()).toEqual([]);
});

it.concurrent("keeps a linked row syncing when a second row brings its e-mail", async () => {
  const { portal, project, people } = await synced({ match: { email: "email" } });
  const twin = { ...people[2], id: 99, first: "Twin" };
  project.write({ "people.json": [...people.map((row) => (row.id === 3 ? { ...row, city: "Tromsø" } : row)), twin] });
  const ended = await project.run("people");
  expect(ended).toMatchObject({
    status: 3,
    run: { state: "partial", counts: { invalid: 1, changed: 1, unchanged: 11 } },
  });
  expect(shown(await portal.dump())).toEqual(
    expected(people.map((row) => (row.id === 3 ? { ...row, city: "Tromsø" } : row))),
  );
  const listed = await project.json<{ groups: object[] }>(["rows", "last", "--state", "invalid"]);
  expect(listed.document.groups).toMatchObject([{ code: "DUPLICATE_MATCH_KEY", count: 1, examples: [{ key: "99" }] }]);
});

it.concurrent("carries a changed e-mail to the same record, never to a second one", async () => {
  const { portal, project, people } = await synced({ match: { email: "email" } });
  const moved = people.map((row) => (row.id === 7 ? { ...row, email: "moved@example.com" } : row));
  project.write({ "people.json": moved });
  expect(await project.run("people")).toMatchObject({ status: 0, run: { created: 0 } });
  expect(shown(await portal.dump())).toEqual(expected(moved));
});
