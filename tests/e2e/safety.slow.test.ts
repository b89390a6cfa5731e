// Proves S11, S25 and S1: another account, a renamed sync, a lost memory or another kind of key stops before anything is sent.
import { copyFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { CUSTOMER_ID, crowd, expected, PEOPLE_SQL, PEOPLE_SYNC, peopleProject, projectFile, shown } from "./people.ts";
import { type Portal, portalMaker } from "./portal.ts";
import { type ErrorDocument, type Project, projectMaker } from "./project.ts";

const newProject = projectMaker();
const newPortal = portalMaker();

async function synced() {
  const portal = await newPortal();
  await portal.addFields("contacts", [CUSTOMER_ID]);
  const people = crowd(8);
  const project = newProject(peopleProject(portal.url, people));
  expect(await project.run("people")).toMatchObject({ status: 0 });
  await portal.forgetRequests();
  return { portal, people, project };
}

/** Run and plan are refused with the same code, and the portal sees no write. */
async function refuses(project: Project, portal: Portal, code: string, sync = "people"): Promise<ErrorDocument> {
  const planned = await project.json<{ error: ErrorDocument }>(["plan", sync]);
  expect(planned).toMatchObject({ status: 4, document: { error: { code } } });
  const { status, document } = await project.json<{ error: ErrorDocument }>(["run", sync]);
  expect({ status, ...document }).toMatchObject({ status: 4, error: { code, fix: expect.stringMatching(/\w/) } });
  expect(await portal.writes()).toEqual([]);
  return document.error;
}

it.concurrent("refuses a connection that now reaches another portal", async () => {
  const { portal, people, project } = await synced();
  const other = await newPortal({ seed: 2 });
  await other.addFields("contacts", [CUSTOMER_ID]);
  project.write({
    "sluice.yml": projectFile(other.url),
    "people.json": people.map((row) => ({ ...row, city: "Bergen" })),
  });
  const error = await refuses(project, other, "DESTINATION_CHANGED");
  expect(error.message).toMatch(/portal/);
  expect(await other.dump()).toEqual([]);
  // Back at the old portal it goes on.
  project.write({ "sluice.yml": projectFile(portal.url) });
  expect(await project.run("people")).toMatchObject({ status: 0, run: { operations: { upsert: { applied: 8 } } } });
});

it.concurrent("refuses a renamed sync file, and takes its snapshot over by renamed_from", async () => {
  const { portal, people, project } = await synced();
  project.remove("syncs/people.yml");
  project.write({ "syncs/customers.yml": PEOPLE_SYNC });
  const error = await refuses(project, portal, "SYNC_RENAMED", "customers");
  expect(error.fix).toContain("renamed_from: people");
  project.write({ "syncs/customers.yml": { ...PEOPLE_SYNC, renamed_from: "people" } });
  expect((await project.plan("customers")).counts).toMatchObject({ unchanged: 8, added: 0 });
  expect(await project.run("customers")).toMatchObject({ status: 0, run: { planned: 0, counts: { unchanged: 8 } } });
  expect(await portal.writes()).toEqual([]);
  expect(shown(await portal.dump())).toEqual(expected(people));
  expect(await project.run("customers")).toMatchObject({ status: 0, run: { planned: 0 } });
});

it.concurrent("refuses when .sluice is gone, and says how to start over on purpose", async () => {
  const { portal, people, project } = await synced();
  project.remove(".sluice");
  const error = await refuses(project, portal, "STATE_MISSING");
  expect(error.fix).toMatch(/restore .sluice from a backup/);
  expect(error.fix).toContain("sluice.state.json");
  project.remove("sluice.state.json");
  // The match list finds what is there.
  expect(await project.run("people")).toMatchObject({ status: 0, run: { created: 0, adopted: 8 } });
  expect(shown(await portal.dump())).toEqual(expected(people));
});

it.concurrent("refuses when the planner alone is gone", async () => {
  const { portal, project } = await synced();
  project.remove(".sluice/planner.duckdb");
  await refuses(project, portal, "STATE_MISSING");
});

it.concurrent("refuses when the state alone is gone", async () => {
  const { portal, project } = await synced();
  project.remove(".sluice/state.db");
  for (const file of ["state.db-wal", "state.db-shm"]) removeIfThere(project, `.sluice/${file}`);
  await refuses(project, portal, "STATE_MISSING");
});

it.concurrent("refuses when the planner is of an earlier day than the state", async () => {
  const { portal, people, project } = await synced();
  const planner = join(project.dir, ".sluice/planner.duckdb");
  copyFileSync(planner, `${planner}.old`);
  project.write({ "people.json": people.map((row) => ({ ...row, city: "Bergen" })) });
  expect(await project.run("people")).toMatchObject({ status: 0 });
  await portal.forgetRequests();
  renameSync(`${planner}.old`, planner);
  await refuses(project, portal, "STATE_MISMATCH");
});

it.concurrent("refuses when the state is of an earlier day than the planner, and says so as often as it is asked", async () => {
  const { portal, people, project } = await synced();
  const state = join(project.dir, ".sluice/state.db");
  copyFileSync(state, `${state}.old`);
  project.write({ "people.json": people.map((row) => ({ ...row, city: "Bergen" })) });
  expect(await project.run("people")).toMatchObject({ status: 0 });
  await portal.forgetRequests();
  for (const file of ["state.db-wal", "state.db-shm"]) removeIfThere(project, `.sluice/${file}`);
  renameSync(`${state}.old`, state);
  await refuses(project, portal, "STATE_MISMATCH");
  const error = await refuses(project, portal, "STATE_MISMATCH");
  expect(error.fix).toContain("sluice state restore");
  const verified = await project.json<{ verify: { codes: string[] } }>(["state", "verify"]);
  expect(verified).toMatchObject({ status: 1, document: { verify: { codes: ["STATE_MISMATCH"] } } });
  const copied = await project.json<{ error: ErrorDocument }>(["state", "backup", "copy"]);
  expect(copied).toMatchObject({ status: 4, document: { error: { code: "STATE_MISMATCH" } } });
});

it.concurrent("refuses a primary key that became text", async () => {
  const { portal, project } = await synced();
  project.write({ "models/people.sql": PEOPLE_SQL.replace("select *", "select id::varchar as id, * exclude (id)") });
  const error = await refuses(project, portal, "KEY_TYPE_CHANGED");
  expect(error.message).toMatch(/id/);
});

function removeIfThere(project: Project, file: string): void {
  try {
    project.remove(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}
