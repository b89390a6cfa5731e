// Proves S11 for rename: a sync whose file got another name goes on with what it knows, once that is confirmed.
import { expect, it } from "vitest";
import { CUSTOMER_ID, crowd, peopleProject } from "./people.ts";
import { portalMaker } from "./portal.ts";
import { type ErrorDocument, projectMaker } from "./project.ts";

const newProject = projectMaker();
const newPortal = portalMaker();

it("moves snapshot and history to the new name, and refuses what cannot be meant", async () => {
  const portal = await newPortal();
  await portal.addFields("contacts", [CUSTOMER_ID]);
  const project = newProject(peopleProject(portal.url, crowd(5)));
  expect(await project.run("people")).toMatchObject({ status: 0, run: { created: 5 } });
  const refused = (...names: string[]) => project.json<{ error: ErrorDocument }>(["rename", ...names, "--yes"]);
  project.write({ "syncs/persons.yml": project.read("syncs/people.yml") });
  expect(await refused("people", "persons")).toMatchObject({
    status: 2,
    document: { error: { code: "USAGE", message: expect.stringContaining("still there") } },
  });
  project.remove("syncs/people.yml");
  expect(await refused("peeple", "persons")).toMatchObject({
    status: 2,
    document: { error: { code: "USAGE", fix: 'did you mean "people"?' } },
  });
  expect(await refused("people", "persosn")).toMatchObject({
    status: 2,
    document: { error: { fix: 'did you mean "persons"?' } },
  });
  project.write({ "syncs/firms.yml": project.read("syncs/persons.yml").replace("contacts", "companies") });
  expect(await refused("people", "firms")).toMatchObject({
    status: 4,
    document: { error: { code: "DESTINATION_CHANGED" } },
  });
  project.remove("syncs/firms.yml");

  const rename = { from: "people", to: "persons", rows: 5 };
  expect(await project.json(["rename", "people", "persons"])).toMatchObject({
    status: 0,
    document: { rename: { ...rename, done: false, next: "sluice rename people persons --yes" } },
  });
  expect(await project.run("persons")).toMatchObject({ status: 4, error: { code: "SYNC_RENAMED" } });
  expect(await project.json(["rename", "people", "persons", "--yes"])).toMatchObject({
    status: 0,
    document: { rename: { ...rename, done: true, next: null } },
  });
  expect(await project.run("persons")).toMatchObject({ status: 0, run: { planned: 0, counts: { unchanged: 5 } } });
  expect(await portal.dump()).toHaveLength(5);
});
