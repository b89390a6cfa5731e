// Proves alerts without a service: a command tells of syncs that failed, ended in part, are held, or recovered, in one message;
// says nothing where nothing happened; and ends as it would whether or not anybody hears it.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Receiver, receiverMaker } from "../unit/alerts/receiver.ts";
import { CUSTOMER_ID, crowd, PEOPLE_SYNC, type Person, peopleProject, projectFile } from "./people.ts";
import { portalMaker } from "./portal.ts";
import { type Ended, type Project, projectMaker } from "./project.ts";

const newProject = projectMaker();
const newPortal = portalMaker();
const newReceiver = receiverMaker();

const CANARY = "canary-T000-B000";
const POISON: Person = { id: 99, email: "no address 99", first: "Ada", last: "Lovelace" };

type Body = { readonly type: string; readonly runs: readonly { sync: string; event: string; run: string | null }[] };

/** A project with a Slack and a webhook, whose addresses hold the canary. */
async function world(people: readonly Person[], sync: object = {}) {
  const [portal, slack, hook] = [await newPortal(), await newReceiver(), await newReceiver()];
  await portal.addFields("contacts", [CUSTOMER_ID]);
  const env = { SLACK_URL: `${slack.url}/services/${CANARY}`, HOOK_URL: hook.url, HOOK_SECRET: CANARY };
  const alerts = {
    ops: { type: "slack", url: "${env:SLACK_URL}" },
    hook: { type: "webhook", url: "${env:HOOK_URL}", secret: "${env:HOOK_SECRET}" },
  };
  const project = newProject({
    ...peopleProject(portal.url, people, sync),
    "sluice.yml": { ...projectFile(portal.url), alerts },
  });
  const run = (...args: readonly string[]) => ran(project, args, env);
  return { portal, slack, hook, project, run, env };
}

/** No secret is in what the command says, nor in what it keeps. */
async function ran(project: Project, args: readonly string[], env: Readonly<Record<string, string>>): Promise<Ended> {
  const ended = await project.sluice(["run", ...args], env);
  expect(ended.stdout + ended.stderr).not.toContain(CANARY);
  for (const file of readdirSync(project.dir, { recursive: true, encoding: "utf8" })) {
    const path = join(project.dir, file);
    if (statSync(path).isFile()) expect([file, readFileSync(path).includes(CANARY)]).toEqual([file, false]);
  }
  return ended;
}

const bodies = ({ got }: Receiver): Body[] => got.map(({ text }) => JSON.parse(text) as Body);
const told = (receiver: Receiver): string[] =>
  bodies(receiver).map(({ runs }) => runs.map(({ sync, event }) => `${sync} ${event}`).join(", "));

describe.concurrent("alerts", () => {
  it("tell of a sync that failed, once, and that it recovered", async () => {
    const { portal, slack, hook, run, project } = await world(crowd(3));
    const body = { message: "The token is revoked" };
    await portal.fault({ match: {}, after: 0, times: null, fault: { status: 401, body } });
    expect(await run("people")).toMatchObject({ status: 2 });
    expect(await run("people")).toMatchObject({ status: 2 });
    expect(told(hook)).toEqual(["people failed"]);
    expect(slack.got).toHaveLength(1);
    expect(slack.got[0]?.text).toMatch(/sluice-e2e-\w+ \(default\): 1 failed.*people\* failed: AUTH_REFUSED/);
    expect(hook.got[0]?.headers["x-sluice-signature"]).toMatch(/^sha256=/);
    await portal.noFaults();
    expect(await run("people")).toMatchObject({ status: 0, stderr: expect.not.stringContaining("warning") });
    expect(told(hook)).toEqual(["people failed", "people recovered"]);
    expect(await run("people")).toMatchObject({ status: 0 });
    expect(hook.got).toHaveLength(2);
    expect(project.read(".sluice/alerts.json")).toBe("[]\n");
    for (const { text } of [...slack.got, ...hook.got]) expect(text).not.toContain(CANARY);
  });

  it("say nothing of runs that succeed, and leave no file", async () => {
    const { slack, hook, run, project } = await world(crowd(3));
    expect(await run("people")).toMatchObject({ status: 0 });
    expect(await run("people")).toMatchObject({ status: 0 });
    expect([...slack.got, ...hook.got]).toEqual([]);
    expect(() => project.read(".sluice/alerts.json")).toThrow("ENOENT");
  });

  it("tell of rows that were refused, and never of their values", async () => {
    const { slack, hook, run } = await world([...crowd(3), POISON]);
    expect(await run("people")).toMatchObject({ status: 3 });
    expect(told(hook)).toEqual(["people partial"]);
    expect(bodies(hook)[0]).toMatchObject({
      runs: [{ new_rejected: 1, reason: "1 row rejected", operations: { upsert: { applied: 3, rejected: 1 } } }],
    });
    const look = /sluice rows \w{18}/.exec(hook.got[0]?.text ?? "")?.[0];
    expect(slack.got[0]?.text).toContain(`\`${look}\``);
    for (const { text } of [...slack.got, ...hook.got]) expect(text).not.toMatch(/no address|Ada|Lovelace|p1@example/);
  });

  it("tell of a plan that is held, once for the same guards, and of its release", async () => {
    const { slack, hook, run } = await world(crowd(12), { guards: { created: 10 } });
    expect(await run("people")).toMatchObject({ status: 4 });
    expect(await run("people")).toMatchObject({ status: 4 });
    expect(told(hook)).toEqual(["people held"]);
    expect(bodies(hook)[0]).toMatchObject({
      runs: [{ code: "HELD", look: "sluice holds people", guards: [{ guard: "created", value: 12 }] }],
    });
    expect(slack.got[0]?.text).toMatch(/sluice approve \w{18}/);
    expect(await run("people", "--approve")).toMatchObject({ status: 0 });
    expect(told(hook)).toEqual(["people held", "people recovered"]);
  });

  it("put the syncs of a command into one message, and leave out those that name others", async () => {
    const { hook, slack, run, project } = await world(crowd(12), { guards: { created: 10 } });
    project.write({
      "syncs/again.yml": { ...PEOPLE_SYNC, fields: { customer_id: "id", email: "email" }, guards: { created: 11 } },
      "syncs/quiet.yml": { ...PEOPLE_SYNC, fields: { lastname: "last" }, guards: { created: 9 }, alerts: ["ops"] },
    });
    expect(await run("--all")).toMatchObject({ status: 4 });
    expect(told(hook)).toEqual(["again held, people held"]);
    expect(slack.got).toHaveLength(1);
    expect(slack.got[0]?.text).toContain("3 held");
  });

  it("tell of a memory that is lost, though no sync came to a run", async () => {
    const { hook, run, project } = await world(crowd(3));
    expect(await run("people")).toMatchObject({ status: 0 });
    project.remove(".sluice");
    expect(await run("people")).toMatchObject({ status: 4 });
    expect(bodies(hook)).toMatchObject([{ runs: [{ sync: "people", run: null, code: "STATE_MISSING" }] }]);
    // Telling of it makes nothing that looks like a memory, and tells it once.
    expect(await run("people")).toMatchObject({ status: 4 });
    expect(hook.got).toHaveLength(1);
  });
});

describe.concurrent("an alert that nobody hears", () => {
  it("is a warning, and the run ends as it does", async () => {
    const { slack, hook, run, project, env } = await world([...crowd(3), POISON]);
    slack.answer = (response) => response.writeHead(404).end(`no_service ${env.SLACK_URL}`);
    hook.answer = (response) => response.writeHead(302, { location: slack.url }).end();
    const ended = await run("people");
    expect(ended.status).toBe(3);
    expect(ended.stderr).toMatch(/warning: alert "ops": it answered 404: no_service \[secret\]/);
    expect(ended.stderr).toMatch(/warning: alert "hook": it answered 302: a redirect is not followed/);
    expect(slack.got).toHaveLength(1);
    // Not heard: told by the next run, and only what it has to tell by then.
    expect(() => project.read(".sluice/alerts.json")).toThrow("ENOENT");
    expect(await run("people")).toMatchObject({ status: 0 });
  });

  it("holds a command for ten seconds at most, and its document is there before", async () => {
    const { hook, slack, run } = await world([...crowd(3), POISON]);
    hook.answer = () => {};
    const begun = performance.now();
    const ended = await run("people", "--json");
    expect(ended).toMatchObject({
      status: 3,
      stderr: expect.stringContaining('warning: alert "hook": it did not answer within 10 s'),
    });
    expect(performance.now() - begun).toBeGreaterThan(10_000);
    expect(JSON.parse(ended.stdout)).toMatchObject({ run: { state: "partial" } });
    expect(slack.got).toHaveLength(1);
  });

  it("for want of its address is a warning, too", async () => {
    const { project, env } = await world([...crowd(3), POISON]);
    const ended = await ran(project, ["people"], { HOOK_URL: env.HOOK_URL, HOOK_SECRET: env.HOOK_SECRET });
    expect(ended.status).toBe(3);
    expect(ended.stderr).toMatch(/alert "ops": the environment variable SLACK_URL is not set; nobody is told/);
  });
});

describe.concurrent("on_success", () => {
  it("is called with the counts of each run that succeeded, and of no other", async () => {
    const sync = { on_success: { webhook: "${env:HOOK_URL}", secret: "${env:HOOK_SECRET}" }, alerts: [] };
    const { hook, run, project, portal } = await world(crowd(3), sync);
    expect(await run("people")).toMatchObject({ status: 0 });
    expect(bodies(hook)).toMatchObject([
      { type: "success", sync: "people", state: "succeeded", created: 3, counts: { read: 3, added: 3 } },
    ]);
    expect(hook.got[0]?.headers["x-sluice-signature"]).toMatch(/^sha256=/);
    project.write({ "people.json": [...crowd(3), POISON] });
    expect(await run("people")).toMatchObject({ status: 3 });
    expect(hook.got).toHaveLength(1);
    expect(await portal.dump()).toHaveLength(3);
  });
});
