// Proves that a day's quota is shared with others, that a run which meets its end pauses with its time, and goes on from there.
import { expect, it } from "vitest";
import { contactsMaker, rows } from "./contacts.ts";
import type { RunDocument } from "./project.ts";

const { world } = contactsMaker();

it("pauses before the reserve is touched, waits for its time, and goes on where it stopped", async () => {
  const { org, project } = await world(rows(2_000), { guards: "off" });
  // 108 of 1,000 are left, and a tenth is reserved for others: eight calls, of which two ask, for ten batches of 200.
  await org.setUp("limits", { daily: 1_000, used: 892 });
  const paused = await project.run("people");
  expect(paused).toMatchObject({
    status: 3,
    run: { state: "paused", code: "QUOTA_SPENT", ended_at: null, resume_at: expect.stringMatching(/^20/) },
  });
  expect(paused.run.reason).toMatch(/10\d of the account's 1000 daily API calls are left, and 100 are reserved/);
  const sent = (await org.dump("Contact")).length;
  expect(sent).toBeGreaterThan(0);
  expect(sent).toBeLessThan(2_000);
  expect(paused.run.operations.upsert).toMatchObject({ applied: sent, deferred: 2_000 - sent });

  await org.forgetRequests();
  const early = await project.run("people");
  expect(early).toMatchObject({
    status: 3,
    run: { id: paused.run.id, state: "paused" },
    error: { code: "QUOTA_SPENT" },
  });
  expect(early.error?.message).toContain(paused.run.resume_at ?? "?");
  expect(await org.requests(), "not even a question before its time").toEqual([]);
  expect((await project.sluice(["status"])).stdout).toContain("paused until");

  await org.setUp("limits", { daily: 1_000, used: 0 });
  const resumed = await project.json<{ run: RunDocument }>(["resume", "people"]);
  expect(resumed).toMatchObject({
    status: 0,
    document: {
      run: {
        id: paused.run.id,
        state: "succeeded",
        resumes: 1,
        created: 2_000,
        operations: { upsert: { applied: 2_000, deferred: 0 } },
      },
    },
  });
  expect(await org.dump("Contact")).toHaveLength(2_000);
  const plan = await project.plan("people");
  expect(plan).toMatchObject({ counts: { unchanged: 2_000 }, forecast: { quota_left: expect.any(Number) } });
});

it("who insists before that time writes to nobody who was put on the list meanwhile (S27)", async () => {
  const list = (id: number) => ({
    "models/blocked.sql": `/*---\nconnection: warehouse\nprimary_key: id\n---*/\nselect ${id}::integer as id`,
  });
  const { org, project } = await world(rows(2_000), { guards: "off", suppress: "blocked" }, list(-1));
  const sent = async () => new Set((await org.dump("Contact")).map((record) => record.Customer_Id__c));
  await org.setUp("limits", { daily: 1_000, used: 892 });
  expect(await project.run("people")).toMatchObject({ run: { state: "paused" } });
  const before = await sent();
  const unsent = rows(2_000).find(({ id }) => !before.has(String(id)))?.id ?? 0;
  project.write(list(unsent));
  await org.setUp("limits", { daily: 1_000, used: 0 });
  const resumed = await project.json<{ run: RunDocument }>(["resume", "people"]);
  expect(resumed.document.run).toMatchObject({ state: "failed", code: "INTERRUPTED" });
  expect(await project.run("people")).toMatchObject({ status: 0, run: { operations: { upsert: { suppressed: 1 } } } });
  const after = await sent();
  expect([after.size, after.has(String(unsent))]).toEqual([1_999, false]);
});

it("a smaller reserve lets it use more of the day, and the plan says when the day is too short", async () => {
  const { org, project } = await world(rows(1_000), { guards: "off" });
  await org.setUp("limits", { daily: 1_000, used: 900 });
  const file = JSON.parse(project.read("sluice.yml")) as { connections: { sales: object } };
  const connections = { ...file.connections, sales: { ...file.connections.sales, reserve: "1%" } };
  project.write({ "sluice.yml": { ...file, connections } });
  expect(await project.sluice(["plan", "people"])).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/\d+ calls are left today/),
  });
  expect(await project.run("people")).toMatchObject({ status: 0, run: { state: "succeeded", created: 1_000 } });
  await org.setUp("limits", { daily: 1_000, used: 985 });
  project.write({ "people.json": rows(1_000).map((row) => ({ ...row, city: "Bergen" })) });
  expect((await project.sluice(["plan", "people"])).stdout).toMatch(
    /only \d calls are left today: the run would pause/,
  );
});

it("where the calls end before there is a plan, nothing was sent, and it says when to start again", async () => {
  const { org, project } = await world(rows(1_000), {
    guards: "off",
    match: [{ Customer_Id__c: "id" }, { Email: "email" }],
  });
  await org.setUp("limits", { daily: 1_000, used: 896 });
  const ended = await project.run("people");
  expect(ended).toMatchObject({
    status: 1,
    run: {
      ...{ state: "failed", code: "QUOTA_SPENT", planned: 0 },
      reason: expect.stringMatching(/100 are reserved for others; nothing was sent$/),
      resume_at: expect.stringMatching(/^20/),
    },
  });
  expect(ended.error?.fix).toContain(`from ${ended.run.resume_at} on`);
  expect(await org.writes()).toEqual([]);
  await org.setUp("limits", { daily: 1_000, used: 0 });
  expect(await project.run("people")).toMatchObject({ status: 0, run: { state: "succeeded", created: 1_000 } });
});
