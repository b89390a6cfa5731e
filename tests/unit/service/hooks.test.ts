// Proves when the service calls a sync's hooks and what follows from it: nothing is sent before the before-hooks succeeded, each is
// called once a run, and an after-hook never changes how a run ended.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { crowd } from "../../e2e/people.ts";
import { type HookServer, startHookServer } from "./hook-server.ts";
import { type Rig, startRig, until } from "./rig.ts";

let rig: Rig;
let server: HookServer;
let people: object;
beforeAll(async () => {
  server = await startHookServer();
  rig = await startRig({ people: crowd(3), env: { HOOK_TOKEN: "hook-canary-0123456789" } });
  people = JSON.parse(await readFile(join(rig.dir, "syncs/people.yml"), "utf8")) as object;
});
afterEach(() => {
  (server.seen as unknown[]).length = 0;
  server.answer = () => ({});
});
afterAll(async () => {
  await rig.close();
  await server.close();
});

async function hooked(hooks: object): Promise<void> {
  await rig.write({ "syncs/people.yml": { ...people, hooks } });
  await rig.service.parts.live.look();
  await rig.service.parts.live.look();
  expect(rig.service.parts.live.refused()).toBeNull();
}
const to = (path: string, more: object = {}) => ({ webhook: `${server.url}${path}`, ...more });
const paths = () => server.seen.map(({ path }) => path);
const bodies = () => server.seen.map(({ body }) => JSON.parse(body) as object);

describe("before-hooks", () => {
  it("stop the run where one fails, with the reason, and nothing is sent", async () => {
    await hooked({ before: [to("/first"), to("/second"), to("/third")], after: [to("/after")] });
    server.answer = ({ path }) => ({ status: path === "/second" ? 500 : 200 });
    const run = await rig.run("people");
    expect(run).toMatchObject({
      state: "failed",
      code: "HOOK_FAILED",
      reason: "before the run: hooks.before[2]: it answered 500",
    });
    expect(paths()).toEqual(["/first", "/second"]);
    expect(await rig.portal.writes()).toEqual([]);
    expect(rig.log.join("")).toContain("the hook before the run failed: it answered 500");
  });

  it("are called in order before anything is sent, then what comes after", async () => {
    const header = { headers: { Authorization: "Bearer ${env:HOOK_TOKEN}" } };
    await hooked({ before: [to("/first", header), to("/second")], after: [to("/after")] });
    let writesBefore = -1;
    server.answer = ({ path }) => {
      if (path === "/second") void rig.portal.writes().then((writes) => (writesBefore = writes.length));
      return {};
    };
    const run = await rig.run("people", { action: "run" });
    expect(run).toMatchObject({ state: "succeeded", created: 3 });
    await until(() => paths().length === 3);
    expect(paths()).toEqual(["/first", "/second", "/after"]);
    expect(server.seen[0]?.headers.authorization).toBe("Bearer hook-canary-0123456789");
    expect(writesBefore).toBe(0);
    const facts = { sync: "people", run: run.id, action: "run", trigger: "api" };
    expect(bodies()[0]).toEqual({ event: "before", ...facts });
    expect(bodies()[2]).toEqual({ event: "after", ...facts, state: "succeeded" });
    expect(rig.log.join("")).not.toContain("hook-canary");
  });

  it("also come before a resync, and not before a run that only plans", async () => {
    await hooked({ before: [to("/first")], after: [to("/after")] });
    expect(await rig.run("people", { action: "plan" })).toMatchObject({ state: "succeeded" });
    expect(paths()).toEqual([]);
    expect(await rig.run("people", { action: "resync" })).toMatchObject({ state: "succeeded" });
    await until(() => paths().length === 2);
    expect(paths()).toEqual(["/first", "/after"]);
  });

  it("fail the run where a value of one is missing on this machine", async () => {
    await hooked({ before: [{ webhook: "${env:NOT_HERE}" }] });
    expect(await rig.run("people")).toMatchObject({
      state: "failed",
      code: "HOOK_FAILED",
      reason: expect.stringContaining("a value of it is missing where the service runs"),
    });
  });

  it("are not called again and again while another process works on the sync", async () => {
    await hooked({ before: [to("/first")] });
    const { parts } = rig.service;
    const attempt = await rig.state.acquire("people", "2@elsewhere", 60_000, () => false);
    if (!attempt.ok) throw new Error("the sync is not free");
    let tries = 0;
    const leave = parts.events.listen(null, ({ kind }) => {
      if (kind === "run.begun") tries += 1;
    });
    const { body } = await rig.ask("POST", "/api/v1/syncs/people/runs", { body: {} });
    for (const wanted of [1, 2]) {
      await until(() => tries === wanted && parts.active.size === 0);
      await parts.bell.enqueue("run:people");
    }
    await until(() => tries >= 3);
    expect(paths()).toEqual([]);
    leave();
    await rig.state.release(attempt.lease);
    await until(async () => {
      await parts.bell.enqueue("run:people");
      return (await rig.state.run(String(body.id)))?.endedAt !== null;
    });
    expect(await rig.state.run(String(body.id))).toMatchObject({ state: "succeeded" });
    expect(paths()).toEqual(["/first"]);
  });

  it("are cut short when the run is cancelled", async () => {
    await hooked({ before: [to("/first")], after: [to("/after")] });
    server.answer = () => "hang";
    const { body } = await rig.ask("POST", "/api/v1/syncs/people/runs", { body: {} });
    await until(() => paths().length === 1);
    expect(await rig.ask("GET", `/api/v1/runs/${body.id}`)).toMatchObject({ body: { state: "planning" } });
    expect((await rig.ask("POST", `/api/v1/runs/${body.id}/cancel`)).status).toBe(202);
    const { body: run } = await rig.ask("GET", `/api/v1/runs/${body.id}?wait=30`);
    expect(run).toMatchObject({ state: "cancelled", code: "CANCELLED" });
    expect(paths()).toEqual(["/first"]);
  });
});

describe("after-hooks", () => {
  it("change nothing of the run where they fail; log and events say it, and the next is called", async () => {
    await hooked({ after: [to("/broken"), to("/next")] });
    server.answer = ({ path }) => ({ status: path === "/broken" ? 503 : 200 });
    const events: unknown[] = [];
    const leave = rig.service.parts.events.listen(null, ({ kind, run, detail }) => {
      if (kind.startsWith("hook.")) events.push({ kind, run, ...detail });
    });
    const run = await rig.run("people");
    await until(() => events.length === 4);
    leave();
    expect(run).toMatchObject({ state: "succeeded" });
    const about = { run: run.id, when: "after" };
    expect(events).toEqual([
      { kind: "hook.begun", ...about, hook: "hooks.after[1]" },
      { kind: "hook.ended", ...about, hook: "hooks.after[1]", ok: false, reason: "it answered 503" },
      { kind: "hook.begun", ...about, hook: "hooks.after[2]" },
      { kind: "hook.ended", ...about, hook: "hooks.after[2]", ok: true, reason: null },
    ]);
    expect(await rig.state.run(run.id)).toMatchObject({ state: "succeeded", code: null });
    expect(rig.log.join("")).toContain("the hook after the run failed: it answered 503");
  });

  it("are not called after a run that failed", async () => {
    await hooked({ before: [to("/broken")], after: [to("/after")] });
    server.answer = () => ({ status: 500 });
    expect(await rig.run("people")).toMatchObject({ state: "failed" });
    await until(async () => (await rig.state.openSyncs()).length === 0);
    expect(paths()).toEqual(["/broken"]);
  });
});
