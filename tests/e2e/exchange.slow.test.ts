// Proves that records keep their rows while the rows hand on their e-mails: each goes home in one run, and none is lost.
import { describe, expect, it } from "vitest";
import { byCustomer, CUSTOMER_ID, crowd, expected, type Person, peopleProject, person, shown } from "./people.ts";
import { portalMaker } from "./portal.ts";
import { projectMaker } from "./project.ts";

const newProject = projectMaker();
const newPortal = portalMaker();

async function linked(people: readonly Person[]) {
  const portal = await newPortal();
  await portal.addFields("contacts", [CUSTOMER_ID]);
  const project = newProject(peopleProject(portal.url, people));
  expect(await project.run("people")).toMatchObject({ status: 0, run: { created: people.length } });
  const ids = async () => [...byCustomer(await portal.dump())].map(([id, of]) => `${id} ${of.hs_object_id}`).sort();
  return { portal, project, ids, before: await ids() };
}

/** Row n takes the e-mail of row n + 1; the last one gets a new one. */
function handedOn(people: readonly Person[]): Person[] {
  return people.map((row, index) => ({ ...row, email: people[index + 1]?.email ?? "new@example.com" }));
}

describe.concurrent("linked rows that hand on their e-mails", () => {
  it.each([
    { what: "two rows", count: 2 },
    { what: "a chain over several batches", count: 230 },
  ])("$what: all applied in one run", async ({ count }) => {
    const { portal, project, ids, before } = await linked(crowd(count));
    const people = handedOn(crowd(count));
    project.write({ "people.json": people });
    expect(await project.run("people")).toMatchObject({
      status: 0,
      run: { state: "succeeded", created: 0, operations: { upsert: { applied: count, rejected: 0 } } },
    });
    expect(shown(await portal.dump())).toEqual(expected(people));
    expect(await ids()).toEqual(before);
    expect(await project.run("people")).toMatchObject({ status: 0, run: { planned: 0 } });
  });

  it("a swap: refused and told, with both records as they were and all else applied", async () => {
    const [one, two, three] = [person(1), person(2), person(3)];
    const { portal, project, ids, before } = await linked([one, two, three]);
    const swapped = { email: one.email, first: "Swapped" };
    project.write({
      "people.json": [
        { ...one, email: two.email },
        { ...two, ...swapped },
        { ...three, city: "Bergen" },
      ],
    });
    expect(await project.run("people")).toMatchObject({
      status: 3,
      run: { state: "partial", created: 0, operations: { upsert: { applied: 1, rejected: 2 } } },
    });
    const rows = await project.json<{ groups: object[] }>(["rows", "last", "--state", "rejected"]);
    expect(rows.document.groups).toMatchObject([{ code: "CONFLICT", count: 2 }]);
    expect(shown(await portal.dump())).toEqual(expected([one, two, { ...three, city: "Bergen" }]));
    expect(await ids()).toEqual(before);
  });

  it("a new row with the e-mail that a linked one gives up makes a record of its own in the same run", async () => {
    const [one, two] = [person(1), person(2)];
    const { portal, project, before, ids } = await linked([one, two]);
    const people = [one, { ...two, email: "new@example.com" }, { ...person(3), email: two.email ?? null }];
    project.write({ "people.json": people });
    expect(await project.run("people")).toMatchObject({ status: 0, run: { created: 1, adopted: 0 } });
    expect(shown(await portal.dump())).toEqual(expected(people));
    expect(await ids()).toEqual(expect.arrayContaining(before));
  });
});
