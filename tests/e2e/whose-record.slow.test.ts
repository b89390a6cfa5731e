// Proves that a record stays with the person it is of: moved between syncs, half removed and back, or met by another's row.
import { expect, it } from "vitest";
import { callsHeld } from "./killed.ts";
import { crowd, PEOPLE_SQL, peopleProject, person, projectFile } from "./people.ts";
import { portalMaker } from "./portal.ts";
import { projectMaker } from "./project.ts";

const newProject = projectMaker();
const newPortal = portalMaker();
const BY_EMAIL = { match: { email: "email" }, fields: { email: "email", firstname: "first" }, guards: "off" } as const;
const emailsOf = (records: readonly { properties: Record<string, unknown> }[]) =>
  records.map(({ properties }) => properties.email).sort();

it.each([
  ["", false],
  [", whose removal is decided on while the row is on its way to it", true],
])("who moves from one sync to another keeps the record%s", async (_, comesLate) => {
  const portal = await newPortal();
  const sync = (model: string, more: object) => ({
    ...{ model, destination: { connection: "crm", object: "contacts" }, match: { email: "email" } },
    ...{ fields: { email: "email", firstname: "first" }, ...more },
  });
  const project = newProject({
    "sluice.yml": projectFile(portal.url),
    "models/leads.sql": PEOPLE_SQL.replaceAll("people.json", "leads.json"),
    "models/customers.sql": PEOPLE_SQL.replaceAll("people.json", "customers.json"),
    "syncs/leads.yml": sync("leads", { on_removed: "archive", guards: "off" }),
    // Its record is looked for, so that it is known before anything is written.
    "syncs/customers.yml": sync("customers", {}),
    "leads.json": crowd(3),
    "customers.json": crowd(2, 100),
  });
  expect((await project.sluice(["run", "--all"])).status).toBe(0);
  const record = (await portal.dump()).find(({ properties }) => properties.email === person(2).email);
  project.write({
    "leads.json": [person(1), person(3)],
    "customers.json": [...crowd(2, 100), { ...person(2), first: "Customer" }],
  });
  if (comesLate) {
    // The first call looks for the customer's record, the second asks whether the lead's may go.
    await portal.hold("/batch/read", 1);
    await portal.hold("/batch/update");
  }
  const running = project.start(["run", "--all"]);
  if (comesLate) await callsHeld(portal, running, 2);
  await portal.noFaults();
  await running.ended;
  await project.sluice(["run", "--all"]);
  const own = (await portal.dump()).filter(({ properties }) => properties.email === person(2).email);
  expect(own).toMatchObject([{ properties: { firstname: "Customer" } }]);
  // Where the removal was over before anybody looked for the record, a new one is right.
  if (comesLate) expect(own[0]?.id).toBe(record?.id);
  expect(await portal.dump()).toHaveLength(5);
});

it("who was to be removed, was not, and is back under another e-mail goes on with the record", async () => {
  const portal = await newPortal();
  const project = newProject(peopleProject(portal.url, crowd(3), { ...BY_EMAIL, on_removed: "archive" }));
  await project.run("people");
  const before = await portal.dump();
  await portal.fault({ match: { path: "/batch/archive" }, times: null, fault: "reset" });
  project.write({ "people.json": crowd(2) });
  expect((await project.run("people")).status).toBe(3);
  await portal.noFaults();
  project.write({ "people.json": [...crowd(2), { ...person(3), email: "new3@example.com" }] });
  expect((await project.run("people")).status).toBe(0);
  const back = await portal.dump();
  expect(back.map(({ id }) => id).sort()).toEqual(before.map(({ id }) => id).sort());
  expect(emailsOf(back)).toContain("new3@example.com");
  project.write({ "people.json": crowd(2) });
  await project.run("people");
  expect(emailsOf(await portal.dump())).toEqual(emailsOf(before).filter((email) => email !== person(3).email));
});

it("a record that another row's upsert met and wrote into is given back its values", async () => {
  const portal = await newPortal();
  const project = newProject(peopleProject(portal.url, [person(1)], BY_EMAIL));
  await project.run("people");
  const [own] = await portal.dump();
  // Somebody types the next person's e-mail into the record; nothing is looked up, the vendor upserts by itself.
  await portal.edit("contacts", own?.id ?? "", { email: person(2).email ?? null });
  project.write({ "people.json": crowd(2) });
  expect((await project.run("people")).run.operations.upsert).toMatchObject({ rejected: 1, applied: 0 });
  expect(await portal.dump()).toMatchObject([{ id: own?.id, properties: { firstname: person(1).first } }]);
});

it("an insert without its first match value is refused: a lost answer would leave nobody to find it by", async () => {
  const portal = await newPortal();
  const people = [1, 2].map((n) => ({ ...person(n), email: null, note: `+47 555 0${n}` }));
  const sync = { write: "insert", guards: "off", fields: { firstname: "first", phone: "note" } };
  const project = newProject(
    peopleProject(portal.url, people, { ...sync, match: [{ email: "email" }, { phone: "note" }] }),
  );
  await portal.fault({ match: { path: "/batch/create" }, times: 1, fault: "lost_reply" });
  const { status, run } = await project.run("people");
  expect([status, run.counts?.invalid]).toEqual([3, 2]);
  expect(await portal.dump()).toEqual([]);
});

it("a person under a new key takes the record along, though nothing is looked up", async () => {
  const portal = await newPortal();
  const project = newProject(peopleProject(portal.url, crowd(3), { ...BY_EMAIL, on_removed: "archive" }));
  await project.run("people");
  const before = await portal.dump();
  project.write({ "people.json": [...crowd(2), { ...person(3), id: 77 }] });
  const { run } = await project.run("people");
  expect(run.operations).toMatchObject({
    upsert: { applied: 1, rejected: 0 },
    archive: { transferred: 1, applied: 0 },
  });
  expect(await portal.dump()).toEqual(before);
  // The vendor met it: it counts as one that was there before, and stays when the row leaves.
  project.write({ "people.json": crowd(2) });
  await project.run("people");
  expect(await portal.dump()).toHaveLength(3);
});
