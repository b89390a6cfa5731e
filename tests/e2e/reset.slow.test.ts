// Proves S24 for reset: it forgets a sync and nothing else, only when told twice, and what comes after it finds its records again.
import { describe, expect, it } from "vitest";
import { killInMidRun } from "./killed.ts";
import { CUSTOMER_ID, crowd, expected, type Person, peopleProject, shown } from "./people.ts";
import { portalMaker } from "./portal.ts";
import { type ErrorDocument, projectMaker } from "./project.ts";

const newProject = projectMaker();
const newPortal = portalMaker();

type Reset = { readonly reset: { readonly done: boolean; readonly next: string | null } };

async function synced(people: readonly Person[], sync: object = {}) {
  const portal = await newPortal();
  await portal.addFields("contacts", [CUSTOMER_ID]);
  const project = newProject(peopleProject(portal.url, people, sync));
  await project.run("people");
  await portal.forgetRequests();
  return { portal, project };
}

describe.concurrent("reset", () => {
  it("shows what it would forget and forgets nothing until it is told --yes", async () => {
    const { portal, project } = await synced([...crowd(3), { id: 9, email: "no address" }]);
    const asked = await project.json<Reset>(["reset", "people"]);
    expect(asked).toMatchObject({
      status: 0,
      document: {
        reset: {
          sync: "people",
          done: false,
          has_file: true,
          rows: 3,
          created: 3,
          adopted: 0,
          refusals: 1,
          next: "sluice reset people --yes",
        },
      },
    });
    const text = await project.sluice(["reset", "people"]);
    expect(text).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/3 rows.*1 refusal.*nothing was forgotten/s),
    });
    expect(await project.plan("people")).toMatchObject({ counts: { unchanged: 3, waiting: 1, added: 0 } });
    expect(await portal.writes()).toEqual([]);
  });

  it("makes the next run a first one that creates none of its records again; history stays", async () => {
    const { portal, project } = await synced(crowd(30), { on_removed: "archive" });
    expect(await project.json<Reset>(["reset", "people", "--yes"])).toMatchObject({
      status: 0,
      document: { reset: { done: true, rows: 30, created: 30 } },
    });
    expect(await portal.requests()).toEqual([]);
    const runs = await project.json<{ runs: object[] }>(["runs", "people"]);
    expect(runs.document.runs).toHaveLength(1);
    expect(await project.run("people")).toMatchObject({ status: 0, run: { created: 0, adopted: 30 } });
    expect(shown(await portal.dump())).toEqual(expected(crowd(30)));
    // What was created by us counts as adopted since: it is never archived.
    project.write({ "people.json": crowd(28) });
    expect(await project.run("people")).toMatchObject({ status: 0, run: { operations: { archive: { skipped: 2 } } } });
    expect(await portal.dump()).toHaveLength(30);
    expect(await project.json(["reset", "people", "--yes"])).toMatchObject({ status: 0 });
    expect(await project.json<Reset>(["reset", "people", "--yes"])).toMatchObject({
      status: 0,
      document: { reset: { done: false, rows: 0, next: null } },
    });
  });

  it("forgets a held plan, so that nothing of it can be released", async () => {
    const { portal, project } = await synced(crowd(12), { guards: { created: 10 } });
    expect((await project.sluice(["status"])).stdout).toContain("held by created");
    expect(await project.json<Reset>(["reset", "people", "--yes"])).toMatchObject({
      document: { reset: { done: true, holds: 1 } },
    });
    expect((await project.sluice(["status"])).stdout).not.toContain("held by");
    expect(await portal.writes()).toEqual([]);
  });

  it("forgets a sync whose file is gone, which lets another take its place", async () => {
    const { portal, project } = await synced(crowd(5));
    project.write({ "syncs/persons.yml": project.read("syncs/people.yml") });
    project.remove("syncs/people.yml");
    expect(await project.run("persons")).toMatchObject({ status: 4, error: { code: "SYNC_RENAMED" } });
    expect(await project.json<Reset>(["reset", "people", "--yes"])).toMatchObject({
      status: 0,
      document: { reset: { done: true, has_file: false, rows: 5 } },
    });
    expect(await project.run("persons")).toMatchObject({ status: 0, run: { adopted: 5, created: 0 } });
    expect(shown(await portal.dump())).toEqual(expected(crowd(5)));
  });

  it("ends a run that was interrupted; what it had sent unseen is not made twice", async () => {
    const portal = await newPortal();
    await portal.addFields("contacts", [CUSTOMER_ID]);
    const project = newProject(peopleProject(portal.url, crowd(500), { guards: "off" }));
    await killInMidRun(project, portal);
    expect(await project.json<Reset>(["reset", "people", "--yes"])).toMatchObject({
      status: 0,
      document: { reset: { done: true } },
    });
    const { document } = await project.json<{ runs: object[] }>(["runs", "people"]);
    expect(document.runs).toMatchObject([
      { state: "failed", code: "INTERRUPTED", reason: expect.stringContaining("reset") },
    ]);
    // What landed unseen is found and not made twice.
    expect(await project.run("people")).toMatchObject({ status: 0, run: { state: "succeeded" } });
    expect(shown(await portal.dump())).toEqual(expected(crowd(500)));
  });

  it("refuses a name that nobody knows, with the one that was meant, and does nothing where nothing ran", async () => {
    const project = newProject(peopleProject("http://127.0.0.1:9", crowd(2)));
    expect(await project.json<{ error: ErrorDocument }>(["reset", "peple", "--yes"])).toMatchObject({
      status: 2,
      document: { error: { code: "USAGE", fix: expect.stringContaining('did you mean "people"?') } },
    });
    expect(await project.json<Reset>(["reset", "people", "--yes"])).toMatchObject({
      status: 0,
      document: { reset: { done: false, next: null } },
    });
    expect(await project.sluice(["status"])).toMatchObject({ stdout: expect.stringContaining("never ran") });
  });
});
