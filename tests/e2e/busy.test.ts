// Proves that a second process waits for the one that has the project, and goes on with what that one left (S26).
import { expect, it } from "vitest";
import { callsHeld } from "./killed.ts";
import { CUSTOMER_ID, crowd, expected, peopleProject, shown } from "./people.ts";
import { portalMaker } from "./portal.ts";
import { projectMaker, type RunDocument } from "./project.ts";
import { wiretapMaker } from "./wiretap.ts";

const newProject = projectMaker();
const newPortal = portalMaker();
const newWiretap = wiretapMaker();

it("a run that meets another one waits for its end and sends nothing twice", async () => {
  const portal = await newPortal();
  await portal.addFields("contacts", [CUSTOMER_ID]);
  const wire = await newWiretap(portal.url);
  const people = crowd(300);
  const project = newProject(peopleProject(wire.url, people));
  await portal.hold("/batch/upsert");
  const first = project.start(["run", "people", "--json"]);
  await callsHeld(portal, first);
  const second = project.start(["run", "people", "--json"]);
  // Looking works all the while.
  expect(await project.json<object>(["status"])).toMatchObject({
    status: 0,
    document: { syncs: [{ sync: "people", last: { state: "writing" } }] },
  });
  await second.says(/waiting for the project/);
  expect(first.child.exitCode).toBe(null);

  await portal.noFaults();
  const [ended, waited] = await Promise.all([first.ended, second.ended]);
  expect([ended.status, waited.status]).toEqual([0, 0]);
  const [before, after] = [ended, waited].map(({ stdout }) => (JSON.parse(stdout) as { run: RunDocument }).run);
  expect(before).toMatchObject({ created: 300 });
  expect(after).toMatchObject({ planned: 0, counts: { read: 300, unchanged: 300 } });
  expect(after?.started_at?.localeCompare(before?.ended_at ?? "")).toBeGreaterThanOrEqual(0);
  expect(wire.sent()).toHaveLength(300);
  expect(shown(await portal.dump())).toEqual(expected(people));
});
