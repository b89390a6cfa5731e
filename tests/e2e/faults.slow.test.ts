// Proves S17 to S20: whatever a vendor's API does to a run, once it stops the records equal the model, none is there twice.
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import Libsql from "libsql";
import { describe, expect, it } from "vitest";
import { CUSTOMER_ID, crowd, expected, peopleProject, shown } from "./people.ts";
import { type Portal, portalMaker } from "./portal.ts";
import { type Project, projectMaker, type RunDocument } from "./project.ts";

const newProject = projectMaker();
const newPortal = portalMaker();

const ROWS = 1_000;
const PEOPLE = crowd(ROWS);
/** Of so few all calls are under way at once. */
const FEW = crowd(400);

async function world(sync: object = {}, people = PEOPLE) {
  const portal = await newPortal();
  await portal.addFields("contacts", [CUSTOMER_ID]);
  return { portal, project: newProject(peopleProject(portal.url, people, { guards: "off", ...sync })) };
}

/** planned = applied + skipped + transferred + rejected + deferred + cancelled. */
function addsUp(run: RunDocument): void {
  const sum = Object.values(run.operations)
    .flatMap(({ applied, skipped, transferred, rejected, deferred, cancelled }) => [
      applied,
      skipped,
      transferred,
      rejected,
      deferred,
      cancelled,
    ])
    .reduce((total, count) => total + count, 0);
  expect(sum).toBe(run.planned);
}

/** With the faults gone, at most two runs bring everything home; the last one has nothing to do and writes nothing. */
async function settles(portal: Portal, project: Project, people = PEOPLE): Promise<void> {
  await portal.noFaults();
  for (let left = 2; left >= 0; left--) {
    await portal.forgetRequests();
    const { status, run } = await project.run("people");
    if (status === 0 && run.planned === 0) break;
    expect(left).toBeGreaterThan(0);
  }
  expect(await portal.writes()).toEqual([]);
  expect(shown(await portal.dump())).toEqual(expected(people));
}

/** A run, killed once it is written down until when the vendor wants to be left alone. Gives when the vendor said so. */
async function killOnceRefused(portal: Portal, project: Project): Promise<number> {
  const { child, ended } = project.start(["run", "people"]);
  for (; child.exitCode === null; await delay(20)) {
    const refused = (await portal.requests()).find((request) => request.status === 429);
    if (refused === undefined || blockedUntil(project) < refused.time + 7_950) continue;
    child.kill("SIGKILL");
    await ended;
    await portal.forgetRequests();
    return refused.time;
  }
  throw new Error(`it ended before that: ${(await ended).stderr}`);
}

function blockedUntil(project: Project): number {
  const db = new Libsql(join(project.dir, ".sluice/state.db"), { readonly: true });
  const { until } = db.prepare("select max(blocked_until) as until from budget").get() as { until: number | null };
  db.close();
  return until ?? 0;
}

const WRITES = { path: "/crm/v3/objects/contacts/batch/*" };
const UPSERTS = { path: "/batch/upsert" };

describe.concurrent("a run that meets", () => {
  it.each(["lost_reply", "reset", "empty", "html", "partial", "shuffle", "late_apply"])(
    "%s ends with each row there once",
    async (fault) => {
      const { portal, project } = await world();
      await portal.fault(
        { match: UPSERTS, after: 2, times: 4, fault },
        { match: { path: "/batch/read" }, after: 1, times: 1, fault },
      );
      const struck = await project.run("people");
      expect([0, 3]).toContain(struck.status);
      expect(struck.run.operations.upsert?.rejected).toBe(0);
      addsUp(struck.run);
      await settles(portal, project);
    },
  );

  it.each(["lost_reply", "late_apply", "empty", "partial"])(
    "%s on a tenth of its updates and archivals",
    async (fault) => {
      const { portal, project } = await world({ on_removed: "archive" });
      await project.run("people");
      const people = PEOPLE.slice(0, 700).map((row) => ({ ...row, city: "Bergen" }));
      project.write({ "people.json": people });
      await portal.fault(
        { match: WRITES, after: 1, times: 3, fault },
        { match: { path: "/batch/archive" }, times: 2, fault },
      );
      const struck = await project.run("people");
      expect([0, 3]).toContain(struck.status);
      addsUp(struck.run);
      await settles(portal, project, people);
    },
  );

  it("429 with Retry-After waits as long as it is told, and applies all", async () => {
    const { portal, project } = await world({}, FEW);
    const busy = {
      status: 429,
      headers: { "Retry-After": "2" },
      body: { errorType: "RATE_LIMIT", policyName: "SECONDLY" },
    };
    await portal.fault({ match: UPSERTS, after: 3, times: 1, fault: busy });
    const ended = await project.run("people");
    expect(ended).toMatchObject({ status: 0, run: { operations: { upsert: { applied: FEW.length } } } });
    expect(ended.run.throttled).toBeGreaterThanOrEqual(1);
    const writes = await portal.writes();
    const refused = writes.find((request) => request.status === 429);
    expect(writes).toHaveLength(5);
    expect(writes.at(-1)?.time).toBeGreaterThanOrEqual((refused?.time ?? 0) + 1_950);
    expect(shown(await portal.dump())).toEqual(expected(FEW));
  });

  it("an expired token in mid-run stops it, rejects nothing, and the next run completes", async () => {
    const { portal, project } = await world();
    await portal.fault({ match: UPSERTS, after: 3, times: null, fault: "expire_token" });
    const stopped = await project.run("people");
    expect(stopped.run).toMatchObject({
      state: "failed",
      code: "AUTH_REQUIRED",
      reason: expect.stringMatching(/token/),
    });
    expect(stopped.status).toBe(1);
    expect(stopped.run.operations.upsert).toMatchObject({ applied: 300, rejected: 0, deferred: ROWS - 300 });
    addsUp(stopped.run);
    expect(await portal.dump()).toHaveLength(300);
    await portal.noFaults();
    expect(await project.run("people")).toMatchObject({
      status: 0,
      run: { counts: { unchanged: 300, waiting: 0 }, created: ROWS - 300 },
    });
    await settles(portal, project);
  });

  it("an outage of some seconds waits with a few probes, and goes on by itself when the destination is back", async () => {
    const { portal, project } = await world();
    await portal.fault({ match: UPSERTS, after: 3, times: null, fault: { status: 503, body: { message: "down" } } });
    const running = project.start(["run", "people", "--json"]);
    while ((await portal.writes()).length < 6 && running.child.exitCode === null) await delay(50);
    await delay(12_000);
    const during = (await portal.writes()).length;
    await portal.noFaults();
    const { status, stdout } = await running.ended;
    const { run } = JSON.parse(stdout) as { run: RunDocument };
    expect({ status, state: run.state, upsert: run.operations.upsert }).toMatchObject({
      status: 0,
      state: "succeeded",
      upsert: { applied: ROWS, rejected: 0, deferred: 0 },
    });
    // Five failures until it is left alone, and a probe now and then: twelve seconds cost a dozen calls or so.
    expect(during).toBeLessThanOrEqual(3 + 5 + 10);
    addsUp(run);
    await settles(portal, project);
  });

  it("429 with Retry-After holds for the next process, too, whatever became of this one", async () => {
    const { portal, project } = await world({}, FEW);
    const busy = {
      status: 429,
      headers: { "Retry-After": "8" },
      body: { errorType: "RATE_LIMIT", policyName: "SECONDLY" },
    };
    await portal.fault({ match: UPSERTS, after: 3, times: 1, fault: busy });
    const refusedAt = await killOnceRefused(portal, project);
    expect((await project.run("people")).status).toBe(0);
    const [next] = await portal.requests();
    expect(next?.time).toBeGreaterThanOrEqual(refusedAt + 7_950);
    await settles(portal, project, FEW);
  });

  it("429 with Retry-After to the first call of all, and is killed: the next process waits", async () => {
    const { portal, project } = await world();
    const busy = { status: 429, headers: { "Retry-After": "8" }, body: { policyName: "SECONDLY" } };
    await portal.fault({ match: { path: "/account-info" }, times: 1, fault: busy });
    const refusedAt = await killOnceRefused(portal, project);
    expect((await project.run("people")).status).toBe(0);
    const [next] = await portal.requests();
    expect(next?.time).toBeGreaterThanOrEqual(refusedAt + 7_950);
  });

  it("answers of 423 and 502 waits and goes on", async () => {
    const { portal, project } = await world();
    await portal.fault(
      { match: UPSERTS, after: 2, times: 2, fault: { status: 423 } },
      { match: UPSERTS, after: 6, times: 3, fault: { status: 502 } },
    );
    expect(await project.run("people")).toMatchObject({
      status: 0,
      run: { operations: { upsert: { applied: ROWS } } },
    });
    await settles(portal, project);
  });

  it("no answer to a create whose row then leaves the model finds the record and removes it", async () => {
    const { portal, project } = await world({ on_removed: "archive", on_removed_adopted: "archive" });
    project.write({ "people.json": PEOPLE.slice(0, 5) });
    await portal.fault({ match: UPSERTS, fault: "lost_reply" }, { match: UPSERTS, times: null, fault: "reset" });
    expect(await project.run("people")).toMatchObject({ status: 3, run: { operations: { upsert: { deferred: 5 } } } });
    expect(await portal.dump()).toHaveLength(5);
    project.write({ "people.json": PEOPLE.slice(2, 5) });
    await settles(portal, project, PEOPLE.slice(2, 5));
  });

  it("a destination that is not there fails before anything is sent", async () => {
    const { portal, project } = await world();
    await portal.fault({ times: null, fault: "reset" });
    const failed = await project.run("people");
    expect(failed).toMatchObject({ status: 1, error: { code: "DESTINATION_UNREACHABLE" } });
    await settles(portal, project);
  });
});
