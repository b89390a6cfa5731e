// Proves S7, S9 and S13 on a CRM that people filled before: no duplicates, what they typed stays, and it is never archived.
import { expect, it } from "vitest";
import { byCustomer, CUSTOMER_ID, crowd, type Person, peopleProject } from "./people.ts";
import { portalMaker } from "./portal.ts";
import { projectMaker } from "./project.ts";

const newProject = projectMaker();
const newPortal = portalMaker();

const EXISTING = 3_000;
const MATCHING = 1_200;
const NEW = 300;

it("adopts 1,200 of 3,000 contacts by e-mail and creates the rest", async () => {
  const portal = await newPortal();
  await portal.addFields("contacts", [CUSTOMER_ID]);
  const typed = Array.from({ length: EXISTING }, (_, index) => ({
    email: `Person${index + 1}@Example.com`,
    firstname: `Typed ${index + 1}`,
    city: "Typed city",
    phone: `+49 30 ${index + 1}`,
  }));
  const ids = await portal.seed("contacts", typed);
  // The model knows no city of those who are there; their e-mails differ in case.
  const people: Person[] = crowd(MATCHING + NEW).map((row, index) =>
    index < MATCHING
      ? { ...row, email: `person${index + 1}@example.com`, first: null, city: null }
      : { ...row, email: `new${index}@example.com` },
  );
  const project = newProject(peopleProject(portal.url, people, { on_removed: "archive", guards: { removed: "off" } }));

  // Linking tells what it found and sends nothing.
  const { status, document } = await project.json<{ link: object }>(["link", "people"]);
  expect({ status, ...document }).toMatchObject({
    status: 0,
    link: { linked: MATCHING, none: NEW, entries: [{ found: 0 }, { found: MATCHING, several: 0 }] },
  });
  expect(await portal.writes()).toEqual([]);

  const plan = await project.plan("people");
  expect(plan).toMatchObject({ counts: { added: MATCHING + NEW }, forecast: { creates: NEW, adopts: MATCHING } });
  expect(await project.run("people")).toMatchObject({ status: 0, run: { adopted: MATCHING, created: NEW } });
  const records = await portal.dump();
  expect(records).toHaveLength(EXISTING + NEW);
  expect(new Set(records.map((record) => record.properties.email)).size).toBe(EXISTING + NEW);
  const linked = byCustomer(records);
  for (const id of [1, 2, MATCHING])
    expect(linked.get(String(id))).toMatchObject({
      firstname: `Typed ${id}`,
      city: "Typed city",
      phone: `+49 30 ${id}`,
      lastname: `Last ${id}`,
      hs_object_id: ids[id - 1],
    });
  expect(records.filter((record) => record.properties.customer_id != null)).toHaveLength(MATCHING + NEW);
  expect(records.filter((record) => record.properties.city === "Typed city")).toHaveLength(EXISTING);

  // Ten adopted and ten created ones leave the model.
  const left = people.filter((_, index) => index >= 10 && index < MATCHING + NEW - 10);
  project.write({ "people.json": left });
  expect(await project.run("people")).toMatchObject({ status: 0, run: { operations: { archive: { applied: 10 } } } });
  const after = await portal.dump();
  expect(after).toHaveLength(EXISTING + NEW - 10);
  const alive = new Set(after.map((record) => record.id));
  expect(ids.every((id) => alive.has(id))).toBe(true);
});
