// Proves that the real service starts syncs by REST, tells of them, stops and releases them, and that commands go through it.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CUSTOMER_ID, crowd, expected, peopleProject, shown } from "./people.ts";
import { portalMaker } from "./portal.ts";
import { projectMaker, type RunDocument } from "./project.ts";
import { startService, until } from "./service.ts";

const newProject = projectMaker();
const newPortal = portalMaker();

async function world(count: number, sync: object = {}) {
  const portal = await newPortal();
  await portal.addFields("contacts", [CUSTOMER_ID]);
  return { portal, project: newProject(peopleProject(portal.url, crowd(count), sync)) };
}

type Audit = { readonly entries: readonly { act: string; who: string; sync: string | null }[] };

describe.concurrent("a service", () => {
  it("is triggered by REST, followed by events, cancelled, approved; metrics and the audit log tell of it all", async () => {
    const { portal, project } = await world(40, { guards: { created: 10 } });
    const service = await startService(project);
    expect((await service.ask("GET", "/health/ready")).body).toMatchObject({ ok: true });
    const plan = await service.start("people", { action: "plan", wait: 60 });
    expect(plan).toMatchObject({ status: 200, body: { action: "plan", state: "succeeded", planned: 40 } });
    expect(plan.body.guards).toContainEqual(expect.objectContaining({ guard: "created", held: true }));
    expect(await portal.writes()).toEqual([]);

    const held = await service.start("people", { wait: 60 });
    expect(held).toMatchObject({ status: 200, body: { state: "blocked", code: "HELD" } });
    const approved = await service.ask("POST", `/api/v1/runs/${held.body.id}/approve`);
    expect(approved).toMatchObject({ status: 200, body: { run: held.body.id } });
    const sent = await service.start("people");
    expect(sent).toMatchObject({ status: 202, body: { state: "queued" } });
    const events = await service.eventsUntil(({ kind, body }) => kind === "run.ended" && body.run === sent.body.id);
    const told = events.filter(({ body }) => body.run === sent.body.id).map(({ kind }) => kind);
    expect(told.filter((kind) => kind !== "run.progress")).toEqual(["run.queued", "run.begun", "run.ended"]);
    const run = await service.ask<RunDocument>("GET", `/api/v1/runs/${sent.body.id}?wait=60`);
    expect(run.body).toMatchObject({ state: "succeeded", created: 40, trigger: "api" });
    expect(shown(await portal.dump())).toEqual(expected(crowd(40)));
    const rows = await service.ask<{ rows: object[] }>("GET", `/api/v1/runs/${sent.body.id}/plan?limit=3`);
    expect(rows.body.rows).toHaveLength(3);

    await portal.hold("/batch/upsert", 2);
    project.write({ "people.json": crowd(900) });
    const long = await service.start("people", { approve: true });
    await until(async () => (await portal.held()) > 0);
    expect((await service.ask("POST", `/api/v1/runs/${long.body.id}/cancel`)).status).toBe(202);
    await portal.noFaults();
    const stopped = await service.ask<RunDocument>("GET", `/api/v1/runs/${long.body.id}?wait=60`);
    expect(stopped.body).toMatchObject({ state: "cancelled", code: "CANCELLED" });
    const rest = await service.start("people", { approve: true, wait: 60 });
    expect(rest.body).toMatchObject({ state: "succeeded" });
    expect(shown(await portal.dump())).toEqual(expected(crowd(900)));

    const metrics = await service.ask<string>("GET", "/metrics");
    expect(metrics.body).toMatch(/sluice_runs_total\{sync="people",action="run",state="succeeded"\} 2/);
    expect(metrics.body).toMatch(/sluice_runs_total\{sync="people",action="run",state="cancelled"\} 1/);
    const audit = await service.ask<Audit>("GET", "/api/v1/audit");
    const acts = audit.body.entries.map(({ act }) => act);
    expect(acts.filter((act) => act !== "start")).toEqual(["cancel", "approve", "approve"]);
    expect(acts.filter((act) => act === "start")).toHaveLength(5);
    expect(await service.stop()).toBe(0);
    const lines = service.log().trim().split("\n");
    const log = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    for (const line of log) expect(line).toMatchObject({ level: "info", time: expect.any(String) });
    const ofRun = log
      .filter(({ run: id }) => id === long.body.id)
      .map(({ msg, sync, state }) => ({ msg, sync, state }));
    expect(ofRun).toEqual([
      { msg: "run begun", sync: "people", state: undefined },
      { msg: "run ended", sync: "people", state: "cancelled" },
    ]);
  });

  it("does what the commands ask for: run, Ctrl-C, a broken file; other commands say that it is at work", async () => {
    const { portal, project } = await world(30);
    const service = await startService(project);
    const place = join(project.dir, ".sluice/serve.json");
    expect(statSync(place).mode & 0o777).toBe(0o600);
    const ran = await project.run("people");
    expect(ran).toMatchObject({ status: 0, run: { state: "succeeded", created: 30, trigger: "api" } });
    expect(ran.stderr).toContain(service.url);
    expect(await project.json<object>(["plan", "people"])).toMatchObject({
      status: 4,
      document: { error: { code: "PLANNER_BUSY", message: expect.stringContaining(service.url) } },
    });
    expect((await project.sluice(["status"])).status).toBe(0);
    // What it goes on with is followed by a run, as always under a service.
    const resumed = await project.json<object>(["resume", "people"]);
    expect(resumed).toMatchObject({ status: 0, document: { run: { state: "succeeded", planned: 0 } } });

    await portal.hold("/batch/upsert", 2);
    // A file that was saved a moment ago counts at once.
    project.write({
      "people.json": crowd(900),
      "syncs/people.yml": { ...JSON.parse(project.read("syncs/people.yml")), guards: "off" },
    });
    const running = project.start(["run", "people", "--json"]);
    await until(async () => (await portal.held()) > 0);
    running.child.kill("SIGINT");
    const audit = async () => (await service.ask<Audit>("GET", "/api/v1/audit")).body.entries;
    await until(async () => (await audit()).some(({ act }) => act === "cancel"));
    await portal.noFaults();
    const ended = await running.ended;
    expect(ended.status).toBe(130);
    expect(JSON.parse(ended.stdout)).toMatchObject({ run: { state: "cancelled" } });

    project.write({ "syncs/people.yml": "model: people\nmodel: twice\n" });
    await until(async () => (await service.ask("GET", "/api/v1/project")).body.refused !== null);
    expect(await project.run("people")).toMatchObject({ status: 2, error: { code: "CONFIG_INVALID" } });
    // The last good file stays at work.
    expect((await service.start("people", { wait: 60 })).body).toMatchObject({ state: "succeeded" });
    expect(shown(await portal.dump())).toEqual(expected(crowd(900)));
    expect(await service.stop()).toBe(0);
    expect(existsSync(place)).toBe(false);
  });

  it("starts what its schedules say, and those that come after; a pause holds them back", async () => {
    const { project } = await world(5, { schedule: { every: "12h" } });
    const next = { ...JSON.parse(project.read("syncs/people.yml")), schedule: { after: "people" }, model: "people" };
    project.write({ "syncs/later.yml": { ...next, fields: { customer_id: "id", email: "email", jobtitle: "stage" } } });
    const service = await startService(project);
    type Syncs = { syncs: { name: string; schedule: string; next_at: string; last_run: RunDocument | null }[] };
    const syncs = async () => (await service.ask<Syncs>("GET", "/api/v1/syncs")).body.syncs;
    const [later, people] = await syncs();
    expect(people).toMatchObject({
      name: "people",
      schedule: "every 12h",
      next_at: expect.any(String),
      last_run: null,
    });
    expect(later).toMatchObject({ name: "later", schedule: "after people (success)", last_run: null });
    expect(Date.parse(people?.next_at ?? "") - Date.now()).toBeLessThanOrEqual(12 * 3_600_000);
    expect((await service.ask("POST", "/api/v1/syncs/later/pause")).body).toMatchObject({ paused: true });
    await service.start("people", { wait: 60 });
    await until(async () => (await service.ask("GET", "/api/v1/syncs/later")).body.passed !== null);
    expect((await syncs())[0]).toMatchObject({ last_run: null, passed: expect.stringMatching(/^paused by/) });
    await service.ask("POST", "/api/v1/syncs/later/resume");
    await service.start("people", { wait: 60 });
    await until(async () => (await syncs())[0]?.last_run?.state === "succeeded");
    expect((await syncs())[0]?.last_run).toMatchObject({ trigger: "after people" });
    expect(await service.stop()).toBe(0);
  });

  it("follows a git ref: what is committed is at work, what only lies in the folder is not", async () => {
    const { project } = await world(4);
    const git = (...args: readonly string[]) =>
      execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@example.com", ...args], { cwd: project.dir });
    git("init", "-q", "-b", "main");
    git("add", "sluice.yml", "models", "syncs");
    git("commit", "-q", "-m", "first");
    const sync = JSON.parse(project.read("syncs/people.yml"));
    project.write({ "syncs/people.yml": { ...sync, description: "typed, not committed" } });
    const service = await startService(project, ["--git", "main", "--poll", "1s"]);
    const description = async () => (await service.ask("GET", "/api/v1/syncs/people")).body.description;
    expect(await description()).toBe(null);
    expect((await service.start("people", { wait: 60 })).body).toMatchObject({ state: "succeeded", created: 4 });
    git("commit", "-q", "-a", "-m", "second");
    await until(async () => (await description()) === "typed, not committed");
    expect((await service.start("people", { wait: 60 })).body).toMatchObject({ state: "succeeded", planned: 0 });
    expect(await service.stop()).toBe(0);
    const unknown = await project.json<object>(["serve", "--git", "nowhere", "--port", "0"]);
    expect(unknown).toMatchObject({ status: 2, document: { error: { code: "USAGE" } } });
  });

  it("wants a token from the first one on, shows it once, and keeps no other", async () => {
    const { project } = await world(3);
    await project.run("people");
    const refused = await project.json<object>(["serve", "--host", "0.0.0.0", "--port", "0"]);
    expect(refused).toMatchObject({
      status: 2,
      document: { error: { code: "USAGE", fix: expect.stringMatching(/token create/) } },
    });
    const made = await project.json<{ token: string }>([
      "token",
      "create",
      "ci",
      "--scope",
      "run",
      "read",
      "--sync",
      "people",
    ]);
    const { token } = made.document;
    const again = await project.json<object>(["token", "create", "ci", "--scope", "read"]);
    expect(again).toMatchObject({
      status: 2,
      document: { error: { code: "USAGE", message: expect.stringMatching(/"ci" already/) } },
    });
    expect(token).toMatch(/^slc_[\w-]{43}$/);
    const service = await startService(project);
    const open = await fetch(`${service.url}/api/v1/syncs`);
    expect(open.status).toBe(401);
    const bearer = { authorization: `Bearer ${token}` };
    expect((await service.ask("POST", "/api/v1/syncs/people/runs", { wait: 60 }, bearer)).body).toMatchObject({
      state: "succeeded",
    });
    expect((await service.ask("GET", "/api/v1/audit", undefined, bearer)).status).toBe(403);
    const audit = await service.ask<Audit>("GET", "/api/v1/audit");
    expect(audit.body.entries[0]).toMatchObject({ act: "start", who: "token ci", sync: "people" });
    expect(JSON.stringify(audit.body) + service.log()).not.toContain(token);
    expect(readFileSync(join(project.dir, ".sluice/state.db")).includes(token)).toBe(false);
    const { tokens } = (await project.json<{ tokens: { id: string }[] }>(["token", "list"])).document;
    expect(await project.sluice(["token", "revoke", tokens[0]?.id ?? ""])).toMatchObject({ status: 0 });
    expect((await service.ask("GET", "/api/v1/syncs", undefined, bearer)).status).toBe(401);
    // The name of one that is revoked is free.
    expect(await project.sluice(["token", "create", "ci", "--scope", "read"])).toMatchObject({ status: 0 });
    expect(await service.stop()).toBe(0);
  });
});
