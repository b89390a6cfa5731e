// Proves that a plan which is deleted while it is delivered stops the run by name: nothing wrong goes out, no later start goes on
// without it, and the way out that is named brings every row over once.
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { callsHeld } from "./killed.ts";
import { CUSTOMER_ID, crowd, expected, peopleProject, shown } from "./people.ts";
import { type Portal, portalMaker } from "./portal.ts";
import { type ErrorDocument, type Project, projectMaker } from "./project.ts";

const newProject = projectMaker();
const newPortal = portalMaker();

/** A plan is read in pages of 2,500 rows, one ahead of what is sent: those beyond the first two are read when it is gone. */
const PEOPLE = crowd(8_000);
const READ_BEFORE = 5_000;

let portal: Portal;
let project: Project;
let told: ErrorDocument;

beforeAll(async () => {
  portal = await newPortal();
  await portal.addFields("contacts", [CUSTOMER_ID]);
  project = newProject(peopleProject(portal.url, PEOPLE, { match: { customer_id: "id" }, guards: "off" }));
  await portal.hold("/batch/upsert", 3);
  const running = project.start(["run", "people", "--json"]);
  await callsHeld(portal, running);
  const plans = join(project.dir, ".sluice/plans");
  for (const name of readdirSync(plans)) if (/^[^.]+\.parquet$/.test(name)) rmSync(join(plans, name));
  await portal.noFaults();
  const { status, stdout } = await running.ended;
  expect(status).toBe(1);
  told = (JSON.parse(stdout) as { error: ErrorDocument }).error;
});

it("stops the run by name, and what went out are rows of the model", async () => {
  expect(told).toMatchObject({ code: "PLAN_CORRUPT", message: expect.stringMatching(/the plan of .* is gone/) });
  const records = shown(await portal.dump());
  expect(records.length).toBeGreaterThan(0);
  expect(records.length).toBeLessThanOrEqual(READ_BEFORE);
  const rows = new Set(expected(PEOPLE));
  expect(records.filter((record) => !rows.has(record))).toEqual([]);
  expect(new Set(records).size).toBe(records.length);
});

it("does not say that nothing was sent", () => {
  expect(told.fix).not.toMatch(/nothing was sent/);
});

it("no later start goes on without it", async () => {
  await portal.forgetRequests();
  expect(await project.run("people")).toMatchObject({ status: 1, error: { code: "PLAN_CORRUPT" } });
  expect(await portal.writes()).toEqual([]);
});

it("the way out that is named brings every row over once", async () => {
  const before = (await portal.dump()).length;
  for (const command of ["reset people --yes", "link people"]) {
    expect(told.fix).toContain(`sluice ${command}`);
    expect(await project.sluice(command.split(" "))).toMatchObject({ status: 0 });
  }
  expect(await project.run("people")).toMatchObject({
    status: 0,
    run: { created: PEOPLE.length - before, adopted: before },
  });
  expect(shown(await portal.dump())).toEqual(expected(PEOPLE));
  expect(await project.run("people")).toMatchObject({ status: 0, run: { planned: 0 } });
});
