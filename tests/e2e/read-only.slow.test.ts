// Proves that a memory which cannot be written stops a run before anything is sent, by name, and that all goes once it can be.
import { execFile, execFileSync } from "node:child_process";
import { chmodSync, statSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { CUSTOMER_ID, crowd, expected, peopleProject, shown } from "./people.ts";
import { type Portal, portalMaker } from "./portal.ts";
import { type ErrorDocument, PROGRAM, type Project, projectMaker, type RunDocument } from "./project.ts";

const newProject = projectMaker();
const newPortal = portalMaker();

/** Permissions do not bind root: there the program runs as somebody else. */
const SOMEBODY = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : null;
const LONGEST_MS = 100_000;

type Ended = { readonly status: number; readonly run?: RunDocument; readonly error?: ErrorDocument };

function run({ dir }: Project): Promise<Ended> {
  const options = { cwd: dir, env: { PATH: process.env.PATH ?? "", HOME: dir }, timeout: LONGEST_MS, ...SOMEBODY };
  return new Promise((resolve) => {
    execFile(process.execPath, [PROGRAM, "run", "people", "--json"], options, (error, stdout) =>
      resolve({ status: Number(error?.code ?? 0), ...(JSON.parse(stdout) as object) }),
    );
  });
}

const PEOPLE = crowd(30);
const CHANGED = PEOPLE.map((row) => ({ ...row, city: "Bergen" }));

describe.each([
  ["the project's folder, before a first run", ".", false],
  ["the folder of the memory", ".sluice", true],
  ["the folder of plans", ".sluice/plans", true],
  ["the scratch folder", ".sluice/tmp", true],
  ["the state's file", ".sluice/state.db", true],
  ["the planner's file", ".sluice/planner.duckdb", true],
])("where %s cannot be written", (_, path, hasRun) => {
  let portal: Portal;
  let project: Project;
  let stopped: Ended;
  let mode: number;

  beforeAll(async () => {
    portal = await newPortal();
    await portal.addFields("contacts", [CUSTOMER_ID]);
    project = newProject(peopleProject(portal.url, PEOPLE, { guards: "off" }));
    if (SOMEBODY !== null) execFileSync("chown", ["-R", `${SOMEBODY.uid}:${SOMEBODY.gid}`, project.dir]);
    if (hasRun) expect(await run(project)).toMatchObject({ status: 0 });
    project.write({ "people.json": CHANGED });
    await portal.forgetRequests();
    mode = statSync(join(project.dir, path)).mode & 0o777;
    chmodSync(join(project.dir, path), mode & 0o555);
    stopped = await run(project);
  });

  it("nothing is sent", async () => {
    expect(stopped.status).toBe(1);
    expect(await portal.writes()).toEqual([]);
  });

  it("it is said by name, with what to look at", () => {
    expect(stopped.error).toMatchObject({ code: "STATE_FAILED", fix: expect.stringContaining("permissions") });
  });

  it("all goes once it can be", async () => {
    chmodSync(join(project.dir, path), mode);
    expect(await run(project)).toMatchObject({
      status: 0,
      run: { operations: { upsert: { applied: PEOPLE.length } } },
    });
    expect(shown(await portal.dump())).toEqual(expected(CHANGED));
  });
});
