// Proves S24 for resync: every row goes again with all its fields, removals and guards included, and only when told twice.
import { describe, expect, it } from "vitest";
import { CUSTOMER_ID, crowd, expected, type Person, peopleProject, shown } from "./people.ts";
import { portalMaker } from "./portal.ts";
import { type ErrorDocument, type PlanDocument, projectMaker, type RunDocument } from "./project.ts";

const newProject = projectMaker();
const newPortal = portalMaker();

type Preview = { readonly plan: PlanDocument; readonly next: string };
type Done = { readonly run: RunDocument };

async function synced(people: readonly Person[], sync: object = {}) {
  const portal = await newPortal();
  await portal.addFields("contacts", [CUSTOMER_ID]);
  const project = newProject(peopleProject(portal.url, people, sync));
  expect(await project.run("people")).toMatchObject({ status: 0 });
  await portal.forgetRequests();
  return { portal, project };
}

describe.concurrent("resync", () => {
  it("shows its price first, then writes over what people changed, and removes what is gone", async () => {
    const { portal, project } = await synced(crowd(40), { on_removed: "archive" });
    for (const { id, properties } of await portal.dump())
      if (Number(properties.customer_id) <= 3) await portal.edit("contacts", id, { city: "Typed" });
    project.write({ "people.json": crowd(39) });
    await portal.forgetRequests();
    const asked = await project.json<Preview>(["resync", "people"]);
    expect(asked).toMatchObject({
      status: 0,
      document: {
        plan: { sync: "people", counts: { changed: 39, removed: 1, unchanged: 0 }, forecast: { calls: 3 } },
        next: "sluice resync people --yes",
      },
    });
    const text = await project.sluice(["resync", "people"]);
    expect(text.stdout).toMatch(/39 records updated.*nothing was sent; `sluice resync people --yes`/s);
    expect(await portal.writes()).toEqual([]);

    const done = await project.json<Done>(["resync", "people", "--yes"]);
    expect(done).toMatchObject({
      status: 0,
      document: {
        run: {
          state: "succeeded",
          trigger: "resync",
          created: 0,
          operations: { upsert: { applied: 39 }, archive: { applied: 1 } },
        },
      },
    });
    expect(shown(await portal.dump())).toEqual(expected(crowd(39)));
    expect(await project.plan("people")).toMatchObject({ counts: { unchanged: 39, changed: 0 } });
  });

  it("is held by the guard on changes, and goes out with --approve", async () => {
    const { portal, project } = await synced(crowd(600), { guards: { changed: "30%" } });
    const held = await project.json<Done>(["resync", "people", "--yes"]);
    expect(held).toMatchObject({ status: 4, document: { run: { state: "blocked", code: "HELD" } } });
    const told = await project.sluice(["resync", "people", "--yes"]);
    expect(told.stdout).toContain("`sluice resync people --yes --approve` releases");
    expect(await portal.writes()).toEqual([]);
    // A plain run in between has nothing to send and is not held.
    expect(await project.run("people")).toMatchObject({ status: 0, run: { planned: 0 } });
    expect(await project.json<Done>(["resync", "people", "--yes", "--approve"])).toMatchObject({
      status: 0,
      document: { run: { operations: { upsert: { applied: 600 } } } },
    });
  });

  it("tries refused rows again at once, where a run would let them wait", async () => {
    const people = [...crowd(2), { id: 3, email: "no address" }];
    const portal = await newPortal();
    await portal.addFields("contacts", [CUSTOMER_ID]);
    const project = newProject(peopleProject(portal.url, people));
    expect(await project.run("people")).toMatchObject({ status: 3, run: { created: 2 } });
    expect(await project.run("people")).toMatchObject({ run: { counts: { waiting: 1 }, planned: 0 } });
    const again = await project.json<Done>(["resync", "people", "--yes"]);
    expect(again.document.run).toMatchObject({ planned: 3, operations: { upsert: { applied: 2, rejected: 1 } } });
  });

  it("refuses an unknown sync with the one that was meant, and one that inserts", async () => {
    const portal = await newPortal();
    await portal.addFields("contacts", [CUSTOMER_ID]);
    const project = newProject(peopleProject(portal.url, crowd(2), { write: "insert" }));
    expect(await project.json<{ error: ErrorDocument }>(["resync", "peple"])).toMatchObject({
      status: 2,
      document: { error: { code: "USAGE", fix: 'did you mean "people"?' } },
    });
    expect(await project.json<{ error: ErrorDocument }>(["resync", "people"])).toMatchObject({
      status: 2,
      document: { error: { code: "USAGE", message: expect.stringContaining("inserts") } },
    });
    const failed = await project.json<Done & { error: ErrorDocument }>(["resync", "people", "--yes"]);
    expect(failed).toMatchObject({ status: 2, document: { error: { code: "USAGE" } } });
    expect(await portal.writes()).toEqual([]);
  });
});
