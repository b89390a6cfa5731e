// Proves S17 for `rows RUN --retry`: what was refused waits out its pause in a plain run, and goes at once when it is asked for,
// a row as well as a removal; what the destination will never take does not go.
import { expect, it } from "vitest";
import { byCustomer, CUSTOMER_ID, crowd, type Person, peopleProject } from "./people.ts";
import { type Portal, portalMaker } from "./portal.ts";
import { type Project, projectMaker, type RunDocument } from "./project.ts";
import { wiretapMaker } from "./wiretap.ts";

const newProject = projectMaker();
const newPortal = portalMaker();
const newWiretap = wiretapMaker();

const PEOPLE = crowd(6);
const TAKEN = "taken@example.com";

/** Six people who are contacts, and a stranger who has an address that one of them will want. */
async function synced() {
  const portal = await newPortal();
  await portal.addFields("contacts", [CUSTOMER_ID]);
  const [stranger = ""] = await portal.seed("contacts", [{ email: TAKEN, lastname: "Stranger" }]);
  const wire = await newWiretap(portal.url);
  const project = newProject(peopleProject(wire.url, PEOPLE, { on_removed: "archive", guards: "off" }));
  expect(await project.run("people")).toMatchObject({ status: 0, run: { created: PEOPLE.length } });
  return { portal, wire, project, stranger };
}

const changed = (id: number, part: Partial<Person>): Person[] =>
  PEOPLE.map((row) => (row.id === id ? { ...row, ...part } : row));

/** The run in which one planned row was refused. */
async function refused(project: Project): Promise<string> {
  const { status, run } = await project.run("people");
  const rejected = Object.values(run.operations).reduce((sum, of) => sum + of.rejected, 0);
  expect({ status, state: run.state, planned: run.planned, rejected }).toEqual({
    ...{ status: 3, state: "partial", planned: 1, rejected: 1 },
  });
  return run.id;
}

const retry = (project: Project, run: string) => project.json<{ run: RunDocument }>(["rows", run, "--retry"]);
const recordOf = async (portal: Portal, id: number) => byCustomer(await portal.dump()).get(`${id}`);

it.concurrent("a row whose value somebody else's record held: mended in the CRM, it waits, and goes when it is asked for", async () => {
  const { portal, wire, project, stranger } = await synced();
  project.write({ "people.json": changed(3, { email: TAKEN }) });
  const run = await refused(project);
  expect(await recordOf(portal, 3)).toMatchObject({ email: "p3@example.com" });

  await portal.edit("contacts", stranger, { email: "stranger@example.com" });
  wire.forget();
  expect(await project.run("people")).toMatchObject({ status: 0, run: { planned: 0, counts: { waiting: 1 } } });
  expect(wire.sent()).toEqual([]);

  expect(await retry(project, run)).toMatchObject({
    status: 0,
    document: { run: { trigger: "retry", planned: 1, operations: { upsert: { applied: 1, rejected: 0 } } } },
  });
  expect(wire.sent()).toMatchObject([{ properties: { email: TAKEN } }]);
  expect(await recordOf(portal, 3)).toMatchObject({ email: TAKEN, customer_id: "3" });
  // It is cured, not only sent.
  expect(await project.run("people")).toMatchObject({ status: 0, run: { planned: 0, counts: { waiting: 0 } } });
  expect(wire.sent()).toHaveLength(1);
});

it.concurrent("a removal that the vendor refused waits, and goes when it is asked for", async () => {
  const { portal, wire, project } = await synced();
  project.write({ "people.json": PEOPLE.filter(({ id }) => id !== 2) });
  await portal.fault({
    match: { path: "/batch/archive" },
    times: null,
    fault: { status: 400, body: { message: "not now" } },
  });
  const run = await refused(project);
  await portal.noFaults();
  expect(await recordOf(portal, 2)).toBeDefined();

  wire.forget();
  expect(await project.run("people")).toMatchObject({ status: 0, run: { planned: 0 } });
  expect(wire.sent()).toEqual([]);

  expect(await retry(project, run)).toMatchObject({
    status: 0,
    document: { run: { trigger: "retry", planned: 1, operations: { archive: { applied: 1, rejected: 0 } } } },
  });
  expect(wire.sent()).toMatchObject([{ operation: "archive" }]);
  expect(await recordOf(portal, 2)).toBeUndefined();
  expect(await project.run("people")).toMatchObject({ status: 0, run: { planned: 0 } });
  expect(wire.sent()).toHaveLength(1);
});

it.concurrent("an address that the vendor will never take is not sent again, and a row that is refused again waits again", async () => {
  const { portal, wire, project } = await synced();
  const erased = await fetch(`${portal.url}/crm/v3/objects/contacts/gdpr-delete`, {
    method: "POST",
    headers: { authorization: "Bearer sandbox", "content-type": "application/json" },
    body: JSON.stringify({ objectId: "barred@example.com", idProperty: "email" }),
  });
  expect(erased.status).toBe(204);
  project.write({ "people.json": changed(4, { email: "barred@example.com" }) });
  await refused(project);
  project.write({
    "people.json": changed(4, { email: "barred@example.com" }).map((row) =>
      row.id === 5 ? { ...row, email: TAKEN } : row,
    ),
  });
  const run = await refused(project);

  wire.forget();
  expect(await retry(project, run)).toMatchObject({ document: { run: { planned: 1, counts: { waiting: 1 } } } });
  expect(new Set(wire.sent().map(({ properties }) => properties.email))).toEqual(new Set([TAKEN]));
  wire.forget();
  expect(await project.run("people")).toMatchObject({ status: 0, run: { planned: 0, counts: { waiting: 2 } } });
  expect(wire.sent()).toEqual([]);
});
