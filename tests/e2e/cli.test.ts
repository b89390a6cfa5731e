// Proves the CLI contract: what --help loads, the way from init to run, the JSON documents, cancelling, looking, and no secrets.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { callsHeld } from "./killed.ts";
import { CUSTOMER_ID, crowd, expected, peopleProject, shown } from "./people.ts";
import { type Portal, portalAt, portalMaker } from "./portal.ts";
import { type PlanDocument, type Project, projectMaker, type RunDocument } from "./project.ts";

const newProject = projectMaker();
const newPortal = portalMaker();
const ROOT = fileURLToPath(new URL("../../", import.meta.url));

describe.concurrent("the CLI", () => {
  it("loads nothing but commander for --help and --version", async () => {
    const project = newProject();
    for (const option of ["--help", "--version"]) {
      const coverage = join(project.dir, `loaded${option}`);
      const ended = await project.sluice([option], { NODE_V8_COVERAGE: coverage });
      expect(ended).toMatchObject({ status: 0, stderr: "" });
      const loaded = loadedFiles(coverage);
      expect(packagesOf(loaded)).toEqual(["commander"]);
      expect(loaded.filter((file) => file.includes("/dist/connectors/"))).toEqual([]);
    }
    const help = (await project.sluice(["--help"])).stdout;
    for (const command of ["init", "check", "plan", "run", "status", "runs", "rows", "why", "sandbox"])
      expect(help).toMatch(new RegExp(`^  ${command} `, "m"));
    const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
    expect((await project.sluice(["--version"])).stdout.trim()).toBe(version);
  });

  it("goes from init over check, sandbox and plan to run, as its README says", async () => {
    const project = newProject();
    expect(await project.sluice(["init", "demo"])).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("sluice run"),
    });
    expect((await project.sluice(["init", "demo"])).status).toBe(2);
    const demo = ["--project", "demo"];
    expect(await project.sluice(["check", ...demo])).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^ok: 2 connections, 1 models?, 1 syncs?/),
    });

    const sandbox = project.start(["sandbox", "--hubspot-port", "0", "--tier", "free", "--data", "portal.json"]);
    const url = await listening(sandbox.child.stdout);
    project.write({ "demo/sluice.yml": project.read("demo/sluice.yml").replace("http://127.0.0.1:4010", url) });
    const portal = portalAt(url);

    const connected = await project.sluice(["check", "--connect", ...demo]);
    expect(connected).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/crm: HubSpot portal \d+.*may .*upsert/),
    });
    const plan = await project.sluice(["plan", "people_to_hubspot", ...demo]);
    expect(plan.status).toBe(0);
    expect(plan.stdout).toMatch(/added 5/);
    expect(plan.stdout).toContain("Dupré");
    expect(await portal.writes()).toEqual([]);
    // A plan on a project that never ran leaves no state.
    expect(existsSync(join(project.dir, "demo/.sluice/state.db"))).toBe(false);
    expect(existsSync(join(project.dir, "demo/.sluice/planner.duckdb"))).toBe(false);
    expect((await project.sluice(["plan", "--all", "--exit-code", ...demo])).status).toBe(5);

    const run = await project.sluice(["run", "people_to_hubspot", ...demo]);
    expect(run).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/people_to_hubspot {2}succeeded.*applied 5/s),
    });
    expect((await portal.dump()).map((record) => record.properties.firstname).sort()).toContain("Zoé");
    expect((await project.sluice(["plan", "--all", "--exit-code", ...demo])).status).toBe(0);
    project.write({ "demo/data/people.csv": project.read("demo/data/people.csv").replace("Lisbon", "Porto") });
    const again = await project.sluice(["plan", "people_to_hubspot", ...demo]);
    expect(again.stdout).toMatch(/city: .*Lisbon.* → .*Porto/);
    expect((await project.sluice(["run", "--select", "tag:crm", ...demo])).status).toBe(0);

    sandbox.child.kill("SIGINT");
    expect((await sandbox.ended).status).toBe(0);
    expect(existsSync(join(project.dir, "portal.json"))).toBe(true);
  });

  it("shows plan and run as JSON documents whose counts add up", async () => {
    const { portal, project } = await world(30, { on_removed: "archive", guards: { removed: "off" } });
    const first = await project.json<{ plan: PlanDocument }>(["plan", "people"]);
    expect(Object.keys(first.document)).toEqual(["plan"]);
    const { plan } = first.document;
    expect(plan).toMatchObject({
      sync: "people",
      model: "people",
      counts: { read: 30, invalid: 0, unchanged: 0, waiting: 0, added: 30, changed: 0, removed: 0 },
      forecast: { calls: 3, lookups: 2, seconds: expect.any(Number), creates: 30 },
      guards: expect.any(Array),
      mapping: expect.anything(),
      sample: expect.any(Array),
    });
    expect(plan.sample[0]).toMatchObject({ key: "1", change: "added", operation: "upsert", record: null });
    expect(plan.sample[0]?.fields).toContainEqual({ field: "email", old: null, new: "p1@example.com" });
    await project.run("people");

    const rows = crowd(32, 3).map((row) => ({
      ...row,
      city: row.id === 7 ? "Bergen" : row.city,
      email: row.id === 33 ? "no address" : row.email,
    }));
    project.write({ "people.json": [...rows, { id: 99 }, { id: 99 }] });
    const ended = await project.json<{ run: RunDocument }>(["run", "people"]);
    expect(ended.status).toBe(3);
    expect(Object.keys(ended.document)).toEqual(["run"]);
    const { run } = ended.document;
    expect(run).toMatchObject({ sync: "people", state: "partial", reason: expect.any(String), throttled: 0 });
    const { counts } = run;
    if (counts === null) throw new Error("a finished run without counts");
    const { read, invalid, unchanged, waiting, added, changed } = counts;
    expect({ read, invalid, added, changed, removed: counts.removed }).toEqual({
      read: 34,
      invalid: 2,
      added: 4,
      changed: 1,
      removed: 2,
    });
    expect(read).toBe(invalid + unchanged + waiting + added + changed);
    expect(run.operations).toMatchObject({ upsert: { applied: 4, rejected: 1 }, archive: { applied: 2 } });
    const ends = Object.values(run.operations).map(({ altered: _, superseded: __, suppressed: ___, ...of }) =>
      Object.values(of),
    );
    expect(ends.flat().reduce((sum, count) => sum + count, 0)).toBe(run.planned);
    expect(run.started_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(Date.parse(run.ended_at ?? "")).toBeGreaterThanOrEqual(Date.parse(run.started_at ?? ""));
    expect(run.calls).toBeGreaterThan(0);
    // By id and by `last` it is the same run, and many syncs come as a list.
    const listed = await project.json<{ runs: RunDocument[] }>(["runs", "people"]);
    expect(listed.document.runs[0]).toEqual(run);
    const last = await project.json<{ run: string }>(["rows", "last"]);
    expect(last.document.run).toBe(run.id);
    const all = await project.json<{ runs: object[] }>(["run", "--all"]);
    expect(Object.keys(all.document)).toEqual(["runs"]);
    expect(await portal.dump()).toHaveLength(31);
  });

  it("stops on SIGINT before the next batch, counts the rest as cancelled, and completes next time", async () => {
    const { portal, project } = await world(4_000, { guards: "off" });
    await portal.hold("/batch/upsert", 2);
    const running = project.start(["run", "people", "--json"]);
    await callsHeld(portal, running);
    running.child.kill("SIGINT");
    await portal.noFaults();
    const ended = await running.ended;
    expect(ended.status).toBe(130);
    const { run } = JSON.parse(ended.stdout) as { run: RunDocument };
    expect(run).toMatchObject({ state: "cancelled", code: "CANCELLED" });
    const { applied = 0, cancelled = 0 } = run.operations.upsert ?? {};
    expect(run.operations.upsert).toMatchObject({ rejected: 0, deferred: 0, skipped: 0 });
    expect(applied).toBeGreaterThan(0);
    expect(cancelled).toBeGreaterThan(0);
    expect(applied + cancelled).toBe(4_000);
    expect(await portal.dump()).toHaveLength(applied);
    expect(await project.run("people")).toMatchObject({
      status: 0,
      run: { created: cancelled, counts: { unchanged: applied } },
    });
    expect(shown(await portal.dump())).toEqual(expected(crowd(4_000)));
  });

  it("looks while a run works, and lets a second run wait for it", async () => {
    const { portal, project } = await world(3_000, { guards: "off" });
    await project.run("people");
    project.write({ "people.json": crowd(3_000).map((row) => ({ ...row, city: "Bergen" })) });
    await portal.forgetRequests();
    await portal.hold("/batch/update");
    const running = project.start(["run", "people", "--json"]);
    await callsHeld(portal, running);
    const looks = await Promise.all([
      project.sluice(["status"]),
      project.sluice(["runs"]),
      project.sluice(["rows", "last"]),
      project.sluice(["why", "people", "17"]),
    ]);
    expect(looks.map(({ status, stderr }) => ({ status, stderr }))).toEqual(
      looks.map(() => ({ status: 0, stderr: "" })),
    );
    expect(running.child.exitCode).toBe(null);
    expect(looks[0]?.stdout).toMatch(/people {2}writing/);
    expect(looks[3]?.stdout).toMatch(/city: .*Oslo.* → .*Bergen/);
    const second = project.run("people");
    await portal.noFaults();
    expect((await running.ended).status).toBe(0);
    expect(await second).toMatchObject({ status: 0, run: { planned: 0, counts: { unchanged: 3_000 } } });
  });

  it("never prints a secret", async () => {
    const canary = "pat-eu1-canary-7f3a9";
    const { portal, project } = await world(3);
    project.write({
      "sluice.yml": project.read("sluice.yml").replace('"sandbox"', '"${env:CRM_TOKEN}"'),
      "token.txt": canary,
    });
    // The destination says the token back.
    await portal.fault({
      times: null,
      fault: { status: 401, body: { category: "INVALID_AUTHENTICATION", message: `token ${canary} Bearer ${canary}` } },
    });
    const env = { CRM_TOKEN: canary };
    const said = await Promise.all(
      [
        ["check"],
        ["check", "--connect"],
        ["plan", "people"],
        ["run", "people"],
        ["run", "people", "--json"],
        ["status"],
        ["runs", "--json"],
      ].map((args) => project.sluice(args, env)),
    );
    for (const { stdout, stderr } of said) expect(stdout + stderr).not.toContain(canary);
    await portal.noFaults();
    await portal.fault({
      match: { path: "/batch/" },
      times: null,
      fault: { status: 400, body: { category: "VALIDATION_ERROR", message: `no ${canary}` } },
    });
    expect((await project.sluice(["run", "people"], env)).stderr).not.toContain(canary);
    for (const file of filesBelow(join(project.dir, ".sluice")))
      expect(readFileSync(file).includes(canary)).toBe(false);
  });

  it("tells a row's story: what was sent when, and why it waits", async () => {
    const { project } = await world(3);
    await project.run("people");
    project.write({ "people.json": crowd(3).map((row) => (row.id === 2 ? { ...row, email: "no address" } : row)) });
    await project.run("people");
    const why = await project.json<{ story: { change: string; state: string }[]; refused: object }>([
      "why",
      "people",
      "2",
    ]);
    expect(why.document).toMatchObject({
      sync: "people",
      refused: { code: "INVALID_EMAIL", field: "email", attempts: 1 },
      story: [
        {
          change: "changed",
          operation: "upsert",
          state: "rejected",
          fields: [{ field: "email", old: "p2@example.com", new: "no address" }],
        },
        { change: "added", operation: "upsert", state: "applied" },
      ],
    });
    expect((await project.sluice(["why", "people", "404"])).stdout).toMatch(/404/);
    expect((await project.sluice(["why", "poeple", "2"])).stderr).toMatch(/did you mean "people"/);
  });

  it("tells the end of a run under one code, in the run and in the error", async () => {
    const { portal, project } = await world(300, { match: { customer_id: "id" } });
    await portal.fault({
      match: { path: "/batch/upsert" },
      times: null,
      fault: { status: 401, body: { category: "EXPIRED_AUTHENTICATION", message: "expired" } },
    });
    const { status, run, error } = await project.run("people");
    expect(status).toBe(1);
    expect(run).toMatchObject({ state: "failed", code: "AUTH_REQUIRED" });
    expect(error?.code).toBe(run.code);
  });

  it("names the option where the sandbox's port is taken", async () => {
    const portal = await newPortal();
    const ended = await newProject().sluice(["sandbox", "--hubspot-port", new URL(portal.url).port]);
    expect(ended).toMatchObject({ status: 2, stderr: expect.stringMatching(/PORT_IN_USE.*--hubspot-port/s) });
  });
});

async function world(count: number, sync: object = {}): Promise<{ portal: Portal; project: Project }> {
  const portal = await newPortal();
  await portal.addFields("contacts", [CUSTOMER_ID]);
  return { portal, project: newProject(peopleProject(portal.url, crowd(count), sync)) };
}

/** The address in the line that a sandbox says when it listens. */
async function listening(stdout: NodeJS.ReadableStream | null): Promise<string> {
  let text = "";
  for await (const chunk of stdout ?? []) {
    text += String(chunk);
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(text)?.[0];
    if (url !== undefined) return url;
  }
  throw new Error(`the sandbox did not say where it listens: ${text}`);
}

/** Every script that a process loaded, from the coverage that Node writes when it ends. */
function loadedFiles(coverage: string): string[] {
  const reports = readdirSync(coverage).map(
    (file) => JSON.parse(readFileSync(join(coverage, file), "utf8")) as { result: { url: string }[] },
  );
  return reports
    .flatMap(({ result }) => result.map(({ url }) => url))
    .filter((url) => url.startsWith("file:"))
    .map((url) => fileURLToPath(url));
}

function packagesOf(files: readonly string[]): string[] {
  const names = files
    .map((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1])
    .filter((name) => name !== undefined);
  return [...new Set(names)].sort();
}

function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
