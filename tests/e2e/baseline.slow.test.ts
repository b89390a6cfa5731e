// Proves S24 for baseline: rows with a record count as sent though nothing was, rows without one are still to be created.
import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { byCustomer, CUSTOMER_ID, crowd, type Person, peopleProject } from "./people.ts";
import { portalMaker } from "./portal.ts";
import { type ErrorDocument, projectMaker } from "./project.ts";

const newProject = projectMaker();
const newPortal = portalMaker();

type Baseline = { readonly baseline: { readonly done: boolean; readonly next: string | null } };

async function world(people: readonly Person[], sync: object = {}) {
  const portal = await newPortal();
  await portal.addFields("contacts", [CUSTOMER_ID]);
  return { portal, project: newProject(peopleProject(portal.url, people, sync)) };
}

describe.concurrent("baseline", () => {
  it("takes over a filled CRM without one write; only what changes later is sent", async () => {
    const people = crowd(25);
    const { portal, project } = await world(people, {
      match: [{ customer_id: "id" }, { email: "email" }, { lastname: "last" }],
    });
    const typed = people.slice(0, 20).map(({ email = null }) => ({ email, city: "Typed" }));
    const ids = await portal.seed("contacts", [...typed, { lastname: "Last 25" }, { lastname: "Last 25" }]);
    const asked = await project.json<Baseline>(["baseline", "people"]);
    const facts = { accepted: 20, adopted: 20, without_record: 4, removed: 0, none: 4 };
    expect(asked).toMatchObject({
      status: 0,
      document: {
        baseline: {
          sync: "people",
          done: false,
          ...facts,
          counts: { read: 25, invalid: 1 },
          entries: [{ found: 0 }, { found: 20, several: 0 }, { found: 0, several: 1 }],
          ambiguous: [{ key: "25", message: expect.stringContaining(ids[20] ?? "-") }],
          next: "sluice baseline people --yes",
        },
      },
    });
    expect(await project.plan("people")).toMatchObject({ counts: { added: 24 } });
    expect(await project.json<Baseline>(["baseline", "people", "--yes"])).toMatchObject({
      status: 0,
      document: { baseline: { done: true, ...facts, next: null } },
    });
    expect(await portal.writes()).toEqual([]);
    expect(await project.plan("people")).toMatchObject({
      counts: { unchanged: 20, added: 4, changed: 0, invalid: 1 },
      forecast: { creates: 4, adopts: 0 },
    });

    project.write({ "people.json": people.map((row) => (row.id === 1 ? { ...row, city: "Bergen" } : row)) });
    const run = await project.run("people");
    expect(run.run).toMatchObject({ created: 4, adopted: 0, operations: { upsert: { applied: 5 } } });
    const records = await portal.dump();
    const first = records.find((record) => record.id === ids[0]);
    expect(first?.properties).toMatchObject({ city: "Bergen" });
    // Neither the key nor the name was sent: they count as sent until they change, or until a resync.
    expect(first?.properties.customer_id ?? null).toBe(null);
    expect(first?.properties.firstname ?? null).toBe(null);
    expect(records.filter((record) => record.properties.city === "Typed")).toHaveLength(19);
    // The row with two records was told before: it is no news.
    expect(await project.json(["resync", "people", "--yes"])).toMatchObject({ status: 0 });
    expect(byCustomer((await portal.dump()).filter((record) => record.properties.customer_id != null)).size).toBe(24);
    expect(await portal.dump()).toHaveLength(26);
  });

  it("takes changes, refusals and removals of a running sync as they are; a row that returns has its record", async () => {
    const people = crowd(10);
    const { portal, project } = await world(people, { on_removed: "archive" });
    expect(await project.run("people")).toMatchObject({ status: 0 });
    const changed = people
      .slice(0, 8)
      .map((row) => (row.id === 1 ? { ...row, email: "no address" } : row.id === 2 ? { ...row, city: "Bergen" } : row));
    project.write({ "people.json": changed });
    await portal.fault({ match: { path: "/batch/archive" }, times: null, fault: { status: 400 } });
    await project.run("people");
    await portal.noFaults();
    project.write({ "people.json": changed.map((row) => (row.id === 3 ? { ...row, city: "Narvik" } : row)) });
    await portal.forgetRequests();
    expect(await project.json<Baseline>(["baseline", "people", "--yes"])).toMatchObject({
      status: 0,
      document: { baseline: { done: true, accepted: 2, adopted: 0, without_record: 0, removed: 2 } },
    });
    expect(await project.run("people")).toMatchObject({
      status: 0,
      run: { planned: 0, counts: { unchanged: 8, waiting: 0, removed: 0 } },
    });
    project.write({
      "people.json": [...changed.map((row) => (row.id === 3 ? { ...row, city: "Narvik" } : row)), ...people.slice(8)],
    });
    expect(await project.run("people")).toMatchObject({ status: 0, run: { created: 0, planned: 0 } });
    expect(await portal.writes()).toEqual([]);
    const records = byCustomer(await portal.dump());
    expect(records.size).toBe(10);
    expect(records.get("1")).toMatchObject({ email: "p1@example.com" });
    expect(records.get("3")).toMatchObject({ city: "Oslo" });
  });

  it("keeps an insert from making a second record, and makes those that are missing", async () => {
    const { portal, project } = await world(crowd(3), { write: "insert" });
    await portal.seed("contacts", [{ email: "p1@example.com" }]);
    expect(await project.json<Baseline>(["baseline", "people", "--yes"])).toMatchObject({
      document: { baseline: { accepted: 1, adopted: 1, without_record: 2 } },
    });
    expect(await project.run("people")).toMatchObject({ status: 0, run: { created: 2, planned: 2 } });
    expect(await portal.dump()).toHaveLength(3);
  });

  it("leaves no values behind, and names what it cannot do", async () => {
    const { project } = await world(crowd(2));
    expect(await project.sluice(["baseline", "people", "--yes"])).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/0 rows are taken as sent.*2 rows without a record.*nothing was sent/s),
    });
    const left = readdirSync(`${project.dir}/.sluice/tmp`).filter((file) => file.includes("baseline"));
    expect(left).toEqual([]);
    expect(await project.json<{ error: ErrorDocument }>(["baseline", "peple"])).toMatchObject({
      status: 2,
      document: { error: { code: "USAGE", fix: 'did you mean "people"?' } },
    });
  });
});
