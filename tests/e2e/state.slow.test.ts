// Proves S25: a memory is copied and put back whole; what was put back writes and removes nothing until `link` looked; verify names what is wrong.
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { hostname } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { callsHeld } from "./killed.ts";
import { CUSTOMER_ID, crowd, expected, peopleProject, person, shown } from "./people.ts";
import { type Portal, portalMaker } from "./portal.ts";
import { type ErrorDocument, type Project, projectMaker, type RunDocument } from "./project.ts";
import { startService } from "./service.ts";

const newProject = projectMaker();
const newPortal = portalMaker();

type Finding = { readonly what: string; readonly verdict: string; readonly code: string | null };
type Verify = { verify: { ok: boolean; codes: string[]; findings: Finding[]; leftovers: string[]; cleaned: boolean } };
type Restore = { restore: { done: boolean; aside: string | null; syncs: object[] }; error?: ErrorDocument };
type Run = { run: RunDocument; restored?: { backup: string }; error?: ErrorDocument };

/** Eight people in the portal, and a backup of that day in `backup`. */
async function backedUp(): Promise<{ portal: Portal; project: Project }> {
  const portal = await newPortal();
  await portal.addFields("contacts", [CUSTOMER_ID]);
  const project = newProject(peopleProject(portal.url, crowd(8), { on_removed: "archive", guards: "off" }));
  expect(await project.run("people")).toMatchObject({ status: 0, run: { created: 8 } });
  expect(await project.sluice(["state", "backup", "backup"])).toMatchObject({ status: 0 });
  return { portal, project };
}

const restore = (project: Project, ...args: string[]) => project.json<Restore>(["state", "restore", "backup", ...args]);
const verify = (project: Project, ...args: string[]) => project.json<Verify>(["state", "verify", ...args]);
const run = (project: Project) => project.json<Run>(["run", "people"]);
const inside = (project: Project, file: string): string => join(project.dir, ".sluice", file);

it.concurrent("puts a backup back, and removes nothing until link has looked at the records", async () => {
  const { portal, project } = await backedUp();
  expect(statSync(join(project.dir, "backup")).mode & 0o777).toBe(0o700);
  for (const file of ["state.db", "planner.duckdb", "manifest.json"])
    expect(statSync(join(project.dir, "backup", file)).mode & 0o777).toBe(0o600);

  // A day goes on: 1 and 2 leave, 9 comes, 3 moves; in the CRM 4 becomes part of 5, and 6 is deleted.
  const changed = [3, 4, 5, 6, 7, 8, 9].map((id) => ({ ...person(id), ...(id === 3 ? { city: "Bergen" } : {}) }));
  project.write({ "people.json": changed });
  expect(await project.run("people")).toMatchObject({ status: 0, run: { created: 1 } });
  const ids = new Map((await portal.dump()).map(({ id, properties }) => [properties.customer_id, id]));
  expect(ids.size).toBe(7);
  await portal.merge("contacts", ids.get("5") ?? "", ids.get("4") ?? "");
  await portal.archive("contacts", ids.get("6") ?? "");

  const preview = await restore(project);
  const then = { sync: "people", backup: expect.any(Number), rows: 8, runs_since: 1 };
  expect(preview).toMatchObject({ status: 0, document: { restore: { done: false, syncs: [then] } } });
  expect((await project.plan("people")).counts).toMatchObject({ unchanged: 7 });
  const restored = await restore(project, "--yes");
  expect(restored).toMatchObject({ status: 0, document: { restore: { done: true } } });
  const aside = restored.document.restore.aside ?? "";
  expect(readdirSync(aside).sort()).toEqual(expect.arrayContaining(["planner.duckdb", "plans", "state.db"]));
  expect((await project.sluice(["status"])).stdout).toMatch(
    /no removals: restored from a backup of .*sluice link people/,
  );

  // 7 leaves, too. Writes go, removals do not; 9 is found, not made again.
  project.write({ "people.json": changed.filter(({ id }) => id !== 7) });
  const planned = await project.json<{ plan: object }>(["plan", "people"]);
  const backup = { backup: expect.stringMatching(/Z$/) };
  expect(planned.document.plan).toMatchObject({ counts: { removed: 0 }, removals_postponed: true, restored: backup });
  await portal.forgetRequests();
  const ran = await run(project);
  expect(ran.document).toMatchObject({ run: { created: 0, adopted: 1 }, restored: backup });
  expect(ran.stderr).toMatch(/no removals: restored from a backup of .*sluice link people.* allows removals again/);
  expect((await portal.writes()).filter(({ path }) => path.includes("archive"))).toEqual([]);
  expect(shown(await portal.dump()).filter((row) => row.startsWith("9|"))).toHaveLength(1);

  // 1, 2 and 6 are gone; HubSpot made a third record of 4 and 5, or answers for 4 by 5.
  const linked = await project.json<{ link: { confirmed: { found: number; merged: number; gone: number } } }>([
    "link",
    "people",
  ]);
  expect(linked).toMatchObject({ status: 0 });
  const { found, merged, gone } = linked.document.link.confirmed;
  expect({ sum: found + gone, gone }).toEqual({ sum: 9, gone: 3 });
  expect(merged).toBeGreaterThanOrEqual(1);

  const removing = await run(project);
  expect(removing.document.restored).toBeUndefined();
  const living = shown(await portal.dump());
  expect(living.filter((row) => /^[127]\|/.test(row))).toEqual([]);
  expect(living.filter((row) => /^[389]\|/.test(row))).toEqual(
    expected(changed.filter(({ id }) => [3, 8, 9].includes(id ?? 0))),
  );
  expect((await verify(project)).document.verify).toMatchObject({ ok: true, codes: [] });
});

it.concurrent("refuses a damaged backup, one of another project and one of another environment; nothing is changed", async () => {
  const { portal, project } = await backedUp();
  const plan = readdirSync(join(project.dir, "backup", "plans"))[0] ?? "";
  const damage = (file: string): void => {
    const bytes = readFileSync(join(project.dir, "backup", file));
    bytes[Math.floor(bytes.length / 2)] = (bytes[Math.floor(bytes.length / 2)] ?? 0) ^ 0xff;
    writeFileSync(join(project.dir, "backup", file), bytes);
  };
  for (const file of ["state.db", "planner.duckdb", `plans/${plan}`]) {
    damage(file);
    const refused = await restore(project, "--yes");
    expect(refused).toMatchObject({ status: 1, document: { error: { code: "STATE_CORRUPT" } } });
    expect(refused.document.error?.message).toContain(file);
    damage(file);
  }
  const manifest = JSON.parse(project.read("backup/manifest.json"));
  const named = [
    [{ project: "another" }, 2, "USAGE"],
    [{ environment: "another" }, 2, "USAGE"],
    [{ sluice_backup: 2 }, 4, "STATE_MISMATCH"],
    [{ schemas: { state: 99, planner: 1 } }, 4, "STATE_MISMATCH"],
    [{ files: [...manifest.files, { path: "../sluice.yml", bytes: 1, sha256: "0" }] }, 1, "STATE_CORRUPT"],
  ] as const;
  for (const [part, status, code] of named) {
    project.write({ "backup/manifest.json": { ...manifest, ...part } });
    expect(await restore(project, "--yes")).toMatchObject({ status, document: { error: { code } } });
  }
  project.write({ "backup/manifest.json": manifest });
  expect(readdirSync(join(project.dir, ".sluice")).filter((name) => name.startsWith("before"))).toEqual([]);
  expect(readdirSync(inside(project, "tmp"))).toEqual([]);
  await portal.forgetRequests();
  expect(await project.run("people")).toMatchObject({ status: 0, run: { planned: 0, counts: { unchanged: 8 } } });
  expect(await portal.writes()).toEqual([]);
  expect(await project.sluice(["state", "backup", "backup"])).toMatchObject({ status: 2 });
});

it.concurrent("serves a machine that has only the files of version control; without its marker it asks for no project", async () => {
  const { portal, project } = await backedUp();
  rmSync(join(project.dir, ".sluice"), { recursive: true });
  rmSync(join(project.dir, "sluice.state.json"));
  expect(await restore(project, "--yes")).toMatchObject({
    status: 0,
    document: { restore: { done: true, aside: null } },
  });
  expect(JSON.parse(project.read("sluice.state.json"))).toMatchObject({
    project: JSON.parse(project.read("backup/manifest.json")).project,
    environments: { default: { first_run: expect.any(String) } },
  });
  await portal.forgetRequests();
  expect((await run(project)).document).toMatchObject({ run: { planned: 0, counts: { unchanged: 8 } } });
  expect(await portal.writes()).toEqual([]);
});

it.concurrent("a restore that died in between is told, and is repeated", async () => {
  const { portal, project } = await backedUp();
  // What is there after its first step: the planner aside, nothing in place.
  rmSync(inside(project, "planner.duckdb"));
  await portal.forgetRequests();
  const stopped = await project.json<{ error: ErrorDocument }>(["run", "people"]);
  expect(stopped).toMatchObject({ status: 4, document: { error: { code: "STATE_MISSING" } } });
  expect(stopped.document.error.fix).toContain("sluice state restore");
  expect(await restore(project, "--yes")).toMatchObject({ status: 0 });
  expect(await run(project)).toMatchObject({ status: 0, document: { run: { planned: 0 } } });
  expect(await portal.writes()).toEqual([]);
});

it.concurrent("verify names lost and damaged halves and files of nothing; --clean removes these alone", async () => {
  const { portal, project } = await backedUp();
  const kept = join(project.dir, "kept");
  cpSync(join(project.dir, ".sluice"), kept, { recursive: true });
  const again = (): void => {
    rmSync(join(project.dir, ".sluice"), { recursive: true });
    cpSync(kept, join(project.dir, ".sluice"), { recursive: true });
  };
  const codes = async (): Promise<unknown> => {
    const { status, document } = await verify(project);
    return [status, ...document.verify.codes];
  };
  expect(await codes()).toEqual([0]);
  for (const file of ["state.db", "planner.duckdb"]) {
    rmSync(inside(project, file));
    expect([file, await codes()]).toEqual([file, [1, "STATE_MISSING"]]);
    again();
    const bytes = readFileSync(inside(project, file));
    for (let at = 4_096; at < bytes.length; at += 4_096) bytes.fill(0xff, at, at + 12);
    writeFileSync(inside(project, file), bytes);
    expect([file, await codes()]).toEqual([file, [1, "STATE_CORRUPT"]]);
    await portal.forgetRequests();
    expect(await project.run("people")).toMatchObject({ status: 1, error: { code: "STATE_CORRUPT" } });
    expect(await portal.writes()).toEqual([]);
    again();
  }
  const strays = ["plans/r0000.parquet", "plans/r0000.invalid.parquet", "tmp/plan-1-1.parquet"];
  for (const stray of strays) writeFileSync(inside(project, stray), "x");
  writeFileSync(inside(project, "plans/notes.txt"), "mine");
  expect((await verify(project)).document.verify).toMatchObject({ ok: true, leftovers: strays.sort(), cleaned: false });
  expect((await verify(project, "--clean")).document.verify).toMatchObject({ ok: true, cleaned: true });
  expect((await verify(project)).document.verify.leftovers).toEqual([]);
  expect(existsSync(inside(project, "plans/notes.txt"))).toBe(true);
  expect(await project.run("people")).toMatchObject({ status: 0, run: { planned: 0 } });
});

it.concurrent("an unfinished run of the backup is given up, not gone on with; its deleted plan is told by verify", async () => {
  const portal = await newPortal();
  await portal.addFields("contacts", [CUSTOMER_ID]);
  const project = newProject(peopleProject(portal.url, crowd(8), { on_removed: "archive", guards: "off" }));
  expect(await project.run("people")).toMatchObject({ status: 0 });
  project.write({ "people.json": [...crowd(7), person(9)] });
  expect(await project.run("people")).toMatchObject({ status: 0 });
  // As a crash leaves it that came between the plan's commit and the first intent.
  const Database = createRequire(import.meta.url)("libsql") as new (
    file: string,
  ) => { exec(sql: string): void; close(): void };
  const db = new Database(inside(project, "state.db"));
  db.exec("update run set state = 'writing', ended_at = null where id = (select max(id) from run)");
  db.exec("delete from batch where run = (select max(id) from run)");
  db.exec("update lease set holder = '0@nowhere'");
  db.close();
  expect(await project.sluice(["state", "backup", "backup"])).toMatchObject({ status: 0 });
  const plan =
    readdirSync(inside(project, "plans"))
      .filter((name) => /^[^.]+\.parquet$/.test(name))
      .sort()
      .at(-1) ?? "";
  rmSync(inside(project, `plans/${plan}`));
  expect(await verify(project)).toMatchObject({ status: 1, document: { verify: { codes: ["PLAN_CORRUPT"] } } });
  await portal.forgetRequests();
  expect(await project.run("people")).toMatchObject({ status: 1, error: { code: "PLAN_CORRUPT" } });
  expect(await portal.writes()).toEqual([]);
  expect(await restore(project, "--yes")).toMatchObject({ status: 0 });
  const ran = await run(project);
  expect(ran.stderr).toMatch(/put back from a backup since/);
  expect(ran.document).toMatchObject({ restored: { backup: expect.any(String) } });
  expect((await portal.writes()).filter(({ path }) => path.includes("archive"))).toEqual([]);
});

it.concurrent("a backup waits for a run at work, then holds what that run left", async () => {
  const portal = await newPortal();
  await portal.addFields("contacts", [CUSTOMER_ID]);
  const project = newProject(peopleProject(portal.url, crowd(8)));
  await portal.hold("/batch/upsert");
  const running = project.start(["run", "people", "--json"]);
  await callsHeld(portal, running);
  const backup = project.start(["state", "backup", "backup", "--json"]);
  await backup.says(/waiting for the project/);
  await portal.noFaults();
  expect((await running.ended).status).toBe(0);
  const { status, stdout } = await backup.ended;
  expect([status, JSON.parse(stdout)]).toMatchObject([
    0,
    { backup: { syncs: [{ name: "people", rows: 8, generation: 1 }] } },
  ]);
});

it.concurrent("a service makes the backup itself, after its run at work; what it made can be put back", async () => {
  const portal = await newPortal();
  await portal.addFields("contacts", [CUSTOMER_ID]);
  const project = newProject(peopleProject(portal.url, crowd(8)));
  const service = await startService(project);
  await portal.hold("/batch/upsert");
  const { body: begun } = await service.start("people");
  await callsHeld(portal, service.running);

  const early = await project.json<{ error: ErrorDocument }>(["state", "backup", "early", "--wait", "0"]);
  expect(early).toMatchObject({ status: 4, document: { error: { code: "PLANNER_BUSY" } } });
  expect(early.document.error.message).toContain(`people (run ${begun.id})`);
  expect(existsSync(join(project.dir, "early"))).toBe(false);
  const backup = project.start(["state", "backup", "backup", "--json"]);
  await backup.says(new RegExp(service.url));
  await portal.noFaults();
  const { status, stdout } = await backup.ended;
  expect([status, JSON.parse(stdout)]).toMatchObject([
    0,
    { backup: { dir: join(project.dir, "backup"), syncs: [{ name: "people", rows: 8, generation: 1 }] } },
  ]);
  const again = await project.json<{ error: ErrorDocument }>(["state", "backup", "backup"]);
  expect(again).toMatchObject({ status: 2, document: { error: { code: "USAGE" } } });
  // It goes on as before.
  expect((await service.start("people", { wait: 60 })).body).toMatchObject({ state: "succeeded", planned: 0 });
  expect(await service.stop()).toBe(0);

  expect(await restore(project, "--yes")).toMatchObject({ status: 0, document: { restore: { done: true } } });
  expect((await verify(project)).document.verify).toMatchObject({ ok: true, codes: [] });
  await portal.forgetRequests();
  expect((await run(project)).document).toMatchObject({ run: { planned: 0, counts: { unchanged: 8 } } });
  expect(await portal.writes()).toEqual([]);
});

it.concurrent("a service that knows nothing of backups is named as what it is", async () => {
  const portal = await newPortal();
  const project = newProject(peopleProject(portal.url, crowd(1)));
  // As the service of an earlier version answers.
  const older = createServer((request, response) => {
    const detail = `there is no ${request.method} ${request.url}`;
    response.writeHead(404, { "content-type": "application/problem+json" });
    response.end(JSON.stringify({ code: "NOT_FOUND", detail, fix: "see /docs" }));
  });
  const url = await new Promise<string>((listening) => {
    older.listen(0, "127.0.0.1", () => listening(`http://127.0.0.1:${(older.address() as AddressInfo).port}`));
  });
  project.write({ ".sluice/serve.json": { url, holder: `${process.pid}@${hostname()}`, key: "k" } });
  const refused = await project.json<{ error: ErrorDocument }>(["state", "backup", "backup"]);
  older.close();
  expect(refused).toMatchObject({ status: 4, document: { error: { code: "PLANNER_BUSY" } } });
  expect(refused.document.error.message).toMatch(
    /another version of Sluice: there is no POST \/api\/v1\/state\/backup/,
  );
});
