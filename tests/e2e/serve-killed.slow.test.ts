// Proves that a service that is killed or stopped in mid-run goes on by itself at its next start, each row once, and that a stop leaves nothing behind.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { callsHeld } from "./killed.ts";
import { CUSTOMER_ID, crowd, expected, peopleProject, shown } from "./people.ts";
import { portalMaker } from "./portal.ts";
import { projectMaker, type RunDocument } from "./project.ts";
import { startService, until } from "./service.ts";

const newProject = projectMaker();
const newPortal = portalMaker();
const PEOPLE = crowd(2_000);

/** A service in the middle of a run: some calls were answered, the next are held. */
async function world() {
  const portal = await newPortal();
  await portal.addFields("contacts", [CUSTOMER_ID]);
  await portal.hold("/batch/upsert", 5);
  const project = newProject(peopleProject(portal.url, PEOPLE, { guards: "off" }));
  const service = await startService(project);
  const { body } = await service.start("people");
  await callsHeld(portal, service.running);
  return { portal, project, service, run: body };
}

it.concurrent("killed in mid-run and started again, it takes the run up by itself", async () => {
  const { portal, project, service, run } = await world();
  await service.stop("SIGKILL");
  await portal.noFaults();
  const again = await startService(project);
  const ended = await again.ask<RunDocument>("GET", `/api/v1/runs/${run.id}?wait=60`);
  expect(ended.body).toMatchObject({ state: "succeeded", resumes: 1, operations: { upsert: { applied: 2_000 } } });
  expect(shown(await portal.dump())).toEqual(expected(PEOPLE));
  expect((await again.start("people", { wait: 60 })).body).toMatchObject({ state: "succeeded", planned: 0 });
  expect(await again.stop()).toBe(0);
});

it.concurrent("killed in mid-run, it leaves the removals to a plan, which follows by itself", async () => {
  const portal = await newPortal();
  await portal.addFields("contacts", [CUSTOMER_ID]);
  const project = newProject(peopleProject(portal.url, PEOPLE, { guards: "off", on_removed: "archive" }));
  const service = await startService(project);
  await service.start("people", { wait: 60 });
  await portal.hold("/batch/update", 5);
  const left = PEOPLE.slice(0, -5).map((one) => ({ ...one, city: "Bergen" }));
  project.write({ "people.json": left });
  const { body } = await service.start("people");
  await callsHeld(portal, service.running);
  await service.stop("SIGKILL");
  await portal.noFaults();
  const again = await startService(project);
  const ended = await again.ask<RunDocument>("GET", `/api/v1/runs/${body.id}?wait=60`);
  expect(ended.body).toMatchObject({
    ...{ state: "succeeded", reason: "5 rows left to the next plan" },
    operations: { upsert: { applied: 1_995 }, archive: { cancelled: 5 } },
  });
  await until(async () => (await portal.dump()).length === left.length);
  expect(shown(await portal.dump())).toEqual(expected(left));
  expect(await again.stop()).toBe(0);
});

it.concurrent("killed as its removals are out, it removes by a plan that follows by itself, and each record once", async () => {
  const portal = await newPortal();
  await portal.addFields("contacts", [CUSTOMER_ID]);
  const people = PEOPLE.slice(0, 300);
  const project = newProject(peopleProject(portal.url, people, { guards: "off", on_removed: "archive" }));
  const service = await startService(project);
  await service.start("people", { wait: 60 });
  // The call is held, and then it never arrives.
  await portal.fault({ match: { path: "/batch/archive" }, times: 1, fault: "reset" });
  await portal.hold("/batch/archive");
  project.write({ "people.json": people.slice(0, -5) });
  const { body } = await service.start("people");
  await callsHeld(portal, service.running);
  await service.stop("SIGKILL");
  await portal.noFaults();
  const again = await startService(project);
  const ended = await again.ask<RunDocument>("GET", `/api/v1/runs/${body.id}?wait=60`);
  expect(ended.body).toMatchObject({ state: "partial", operations: { archive: { applied: 0, deferred: 5 } } });
  await until(async () => (await portal.dump()).length === 295);
  expect(shown(await portal.dump())).toEqual(expected(people.slice(0, -5)));
  expect(await again.stop()).toBe(0);
});

it.concurrent("killed while a run waits, it begins that run at its next start", async () => {
  const { portal, project, service } = await world();
  const waiting = await service.start("people");
  expect(waiting.body.state).toBe("queued");
  await service.stop("SIGKILL");
  await portal.noFaults();
  const again = await startService(project);
  const ended = await again.ask<RunDocument>("GET", `/api/v1/runs/${waiting.body.id}?wait=60`);
  expect(ended.body).toMatchObject({ state: "succeeded", planned: 0 });
  expect(shown(await portal.dump())).toEqual(expected(PEOPLE));
  expect(await again.stop()).toBe(0);
});

it.concurrent("told to stop in mid-run, it lets calls come home, gives everything back, and the rest goes at its next start", async () => {
  const { portal, project, service, run } = await world();
  const calls = async () => (await portal.writes()).length;
  const stopping = service.stop("SIGTERM");
  await until(() => !existsSync(join(project.dir, ".sluice/serve.json")));
  await portal.noFaults();
  expect(await stopping).toBe(0);
  const after = await calls();
  const stopped = await project.json<{ runs: RunDocument[] }>(["runs"]);
  expect(stopped.document.runs).toMatchObject([{ state: "queued" }, { id: run.id, state: "cancelled" }]);
  // Every call that it began was answered and is known: nothing is in doubt.
  const unknown = await project.json<{ groups: object[] }>(["rows", run.id, "--state", "unknown"]);
  expect(unknown.document.groups).toEqual([]);
  expect(await calls()).toBe(after);
  const again = await startService(project);
  await until(async () => {
    const { runs } = (await again.ask<{ runs: RunDocument[] }>("GET", "/api/v1/runs")).body;
    return runs[0]?.state === "succeeded";
  });
  expect(shown(await portal.dump())).toEqual(expected(PEOPLE));
  expect(await again.stop()).toBe(0);
});

it.concurrent("started again while the vendor is down, it says so and goes on by itself once the vendor is back", async () => {
  const { portal, project, service, run } = await world();
  await service.stop("SIGKILL");
  await portal.noFaults();
  await portal.fault({ times: null, fault: { status: 503, body: { message: "down" } } });
  const again = await startService(project);
  const waiting = await again.eventsUntil(({ kind }) => kind === "run.waiting");
  expect(waiting.at(-1)?.body).toMatchObject({ run: run.id, code: "DESTINATION_ANSWER" });
  const open = await again.ask<RunDocument>("GET", `/api/v1/runs/${run.id}`);
  expect(open.body).toMatchObject({ state: "writing", ended_at: null });
  expect(open.body.reason).toMatch(/^cannot go on yet: connection "crm": /);
  const asked = await again.start("people", { wait: 60 });
  expect(asked.body).toMatchObject({ state: "failed", code: "DESTINATION_ANSWER" });
  expect(asked.body.reason).toContain(`run ${run.id} cannot go on yet and stays open`);
  await portal.noFaults();
  await until(async () => (await again.ask<RunDocument>("GET", `/api/v1/runs/${run.id}`)).body.state === "succeeded");
  expect(shown(await portal.dump())).toEqual(expected(PEOPLE));
  expect(await again.stop()).toBe(0);
});
