// Proves that a run which is taken up again removes nothing by yesterday's word, and writes to nobody who may not be written to.
import { expect, it } from "vitest";
import { killInMidRun } from "./killed.ts";
import { CUSTOMER_ID, crowd, peopleProject } from "./people.ts";
import { portalMaker } from "./portal.ts";
import { projectMaker, type RunDocument } from "./project.ts";

const newProject = projectMaker();
const newPortal = portalMaker();
type Taken = { readonly run: RunDocument; readonly earlier: readonly RunDocument[] };

/** A run that updates all contacts but one, which it is to archive, dies as its first updates are on their way. */
async function killed(more: object = {}, files: Readonly<Record<string, string>> = {}, count = 300) {
  const portal = await newPortal();
  await portal.addFields("contacts", [CUSTOMER_ID]);
  const sync = { on_removed: "archive", guards: "off", ...more };
  const project = newProject({ ...peopleProject(portal.url, crowd(count), sync), ...files });
  await project.run("people");
  const before = new Map((await portal.dump()).map(({ id, properties }) => [properties.customer_id, id]));
  const moved = (upTo: number) => crowd(upTo).map((one) => ({ ...one, city: "Bergen" }));
  project.write({ "people.json": moved(count - 1) });
  await killInMidRun(project, portal, { path: "/batch/update" });
  await portal.forgetRequests();
  return { portal, project, before, moved };
}

it("a row that is back by then keeps its record, and all others have what they should", async () => {
  const { portal, project, before, moved } = await killed();
  project.write({ "people.json": moved(300) });
  const { status, document } = await project.json<Taken>(["run", "people"]);
  expect(status).toBe(0);
  expect(document.earlier).toMatchObject([{ state: "succeeded", operations: { archive: { cancelled: 1 } } }]);
  const after = await portal.dump();
  expect(new Map(after.map(({ id, properties }) => [properties.customer_id, id]))).toEqual(before);
  expect(new Set(after.map(({ properties }) => properties.city))).toEqual(new Set(["Bergen"]));
});

it("one that is still away is removed by the plan that follows", async () => {
  const { portal, project } = await killed();
  const { document } = await project.json<Taken>(["run", "people"]);
  expect(document.run.operations.archive).toMatchObject({ applied: 1 });
  expect(await portal.dump()).toHaveLength(299);
});

it("with a list of people who are not to be written to, the list is asked anew", async () => {
  const list = (email: string) =>
    `/*---\nconnection: warehouse\nprimary_key: email\n---*/\nselect '${email}'::varchar as email`;
  const files = { "models/blocked.sql": list("nobody@example.com") };
  const { portal, project } = await killed({ suppress: "blocked" }, files, 2_000);
  const unsent = (await portal.dump()).find(
    ({ properties }) => properties.city !== "Bergen" && properties.customer_id !== "2000",
  )?.properties;
  expect(unsent, "the run got no further than that").toBeDefined();
  project.write({ "models/blocked.sql": list(String(unsent?.email)) });
  const { document } = await project.json<Taken>(["run", "people"]);
  expect(document.earlier).toMatchObject([{ state: "failed" }]);
  expect(document.run.operations.upsert).toMatchObject({ suppressed: 1 });
  const now = (await portal.dump()).find(({ properties }) => properties.email === unsent?.email);
  expect(now?.properties).toEqual(unsent);
});
