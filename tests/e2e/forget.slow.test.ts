// Proves S27: who is listed as suppressed is never sent, and who is forgotten is gone everywhere and does not come back.
import { join } from "node:path";
import { expect, it } from "vitest";
import type { forgettingJson } from "../../src/cli/render-forget.ts";
import { filesHolding } from "./forgotten-bytes.ts";
import { CUSTOMER_ID, crowd, type Person, peopleProject, shown } from "./people.ts";
import { type Portal, portalMaker } from "./portal.ts";
import { type ErrorDocument, type Project, projectMaker } from "./project.ts";

const newProject = projectMaker();
const newPortal = portalMaker();

type ForgetDocument = {
  readonly forget: { readonly done: boolean; readonly environments: readonly ReturnType<typeof forgettingJson>[] };
};

const CANARY: Person = {
  ...{ id: 7_777, email: "Canary.Person@example.com", first: "Canaryfirst", last: "Canarylast", city: "Canarytown" },
};
const WORDS = ["canary.person", "canaryfirst", "canarylast", "canarytown", "canaryville"];

async function started(people: readonly Person[], sync: object = {}, seeds: readonly Record<string, string>[] = []) {
  const portal = await newPortal();
  await portal.addFields("contacts", [CUSTOMER_ID]);
  await portal.seed("contacts", seeds);
  const project = newProject(peopleProject(portal.url, people, sync));
  return { portal, project };
}

async function forget(project: Project, ...args: string[]) {
  const { document, ...ended } = await project.json<ForgetDocument & { error: ErrorDocument }>(["forget", ...args]);
  return { ...ended, forget: document.forget, error: document.error, first: document.forget?.environments[0] };
}

const ofCanary = async (portal: Portal) =>
  (await portal.dump()).filter(({ properties }) => /canary/i.test(JSON.stringify(properties)));

it.concurrent("sends nobody who is listed, and leaves the record of one who is listed later as it is", async () => {
  const people = crowd(4);
  const { portal, project } = await started(people, { suppress: "blocked", on_removed: "archive" });
  const list = (...emails: string[]) => `/*---\nconnection: warehouse\nprimary_key: email\n---*/
    select unnest([${emails.map((email) => `'${email}'`).join(", ")}]::varchar[]) as email`;
  project.write({ "models/blocked.sql": list(" P1@Example.com") });
  const planned = await project.sluice(["plan", "people"]);
  expect(planned.stdout).toContain("1 row is suppressed: never sent");
  const first = await project.run("people");
  expect(first.run).toMatchObject({
    counts: { read: 4, added: 3, unchanged: 1 },
    operations: { upsert: { suppressed: 1 } },
  });
  expect(await portal.dump()).toHaveLength(3);
  project.write({
    "models/blocked.sql": list("p1@example.com", "p2@example.com"),
    "people.json": people.map((row) => ({ ...row, city: "Bergen" })),
  });
  const second = await project.run("people");
  expect(second.run).toMatchObject({
    counts: { changed: 2, removed: 0 },
    operations: { upsert: { applied: 2, suppressed: 2 } },
  });
  expect(shown(await portal.dump())[0]).toBe("2|p2@example.com|First 2|Last 2|Oslo");
});

it.concurrent("refuses a list by which nobody can be told", async () => {
  const { portal, project } = await started(crowd(1), { suppress: "blocked" });
  project.write({
    "models/blocked.sql": "/*---\nconnection: warehouse\nprimary_key: phone\n---*/\nselect '1' as phone",
  });
  const { status, error } = await project.run("people");
  expect({ status, problems: error?.problems }).toMatchObject({ status: 2, problems: [{ code: "NO_USABLE_COLUMN" }] });
  expect(await portal.dump()).toEqual([]);
});

it.concurrent("forgets a person everywhere, and lets them come back nowhere", async () => {
  const people = [...crowd(6), CANARY];
  const { portal, project } = await started(people);
  expect(await project.run("people")).toMatchObject({ status: 0 });
  project.write({ "people.json": [...crowd(6), { ...CANARY, city: "Canaryville" }] });
  expect(await project.run("people")).toMatchObject({ status: 0 });
  project.write({ "people.json": [...crowd(6), { ...CANARY, email: "canary.person@no mail" }] });
  expect(await project.run("people")).toMatchObject({ status: 3, run: { operations: { upsert: { rejected: 1 } } } });
  expect(await filesHolding(join(project.dir, ".sluice"), WORDS), "it is there before").not.toEqual([]);

  const preview = await forget(project, "--value", "canary.person@EXAMPLE.com");
  expect(preview).toMatchObject({ status: 0, forget: { done: false } });
  const known = { sync: "people", snapshot_rows: 1, plans: 3, refusals: 1, notes: 1 };
  expect(preview.first?.syncs).toMatchObject([known]);
  expect(preview.first?.records).toMatchObject([
    { origin: "created", end: "erased", why: expect.stringContaining("block list") },
  ]);
  expect(preview.stdout.toLowerCase(), "the receipt names nobody").not.toContain("canary");
  expect(await ofCanary(portal)).toHaveLength(1);

  const done = await forget(project, "--value", "canary.person@EXAMPLE.com", "--yes");
  expect(done).toMatchObject({ status: 0, forget: { done: true } });
  expect(done.first?.syncs).toMatchObject([known]);
  expect(done.stdout.toLowerCase()).not.toContain("canary");
  expect((await portal.dump()).length, "only theirs is gone").toBe(6);
  expect(await ofCanary(portal)).toEqual([]);
  expect(await filesHolding(join(project.dir, ".sluice"), WORDS)).toEqual([]);

  project.write({ "people.json": people });
  const later = await project.run("people");
  expect(later.run).toMatchObject({ state: "succeeded", planned: 0, operations: { upsert: { suppressed: 1 } } });
  // Under another key they are the same person.
  project.write({ "people.json": [...crowd(6), { ...CANARY, id: 9_999 }] });
  expect((await project.run("people")).run).toMatchObject({ planned: 0, operations: { upsert: { suppressed: 1 } } });
  expect(await ofCanary(portal)).toEqual([]);
  expect(await filesHolding(join(project.dir, ".sluice"), WORDS)).toEqual([]);
  expect(await project.sluice(["state", "verify"])).toMatchObject({ status: 0 });
});

it.concurrent("leaves a record that was there before to the CRM's people, unless told otherwise", async () => {
  const { portal, project } = await started([...crowd(2), CANARY], {}, [{ email: "canary.person@example.com" }]);
  expect(await project.run("people")).toMatchObject({ status: 0, run: { adopted: 1 } });
  const kept = await forget(project, "--sync", "people", "--key", "7777", "--yes");
  expect(kept).toMatchObject({ status: 0, forget: { done: true } });
  expect(kept.first?.records).toMatchObject([
    { origin: "adopted", end: "kept", why: expect.stringContaining("--adopted-too") },
  ]);
  expect(await ofCanary(portal)).toHaveLength(1);
  expect(await filesHolding(join(project.dir, ".sluice"), WORDS)).toEqual([]);
  expect((await project.run("people")).run).toMatchObject({ planned: 0, operations: { upsert: { suppressed: 1 } } });
});

it.concurrent("forgets nothing while a record cannot be let go of, and goes on when it can", async () => {
  const { portal, project } = await started([...crowd(2), CANARY]);
  await project.run("people");
  await portal.fault({
    match: { method: "POST", path: "/gdpr-delete" },
    times: 1,
    fault: { status: 400, body: { message: "not now" } },
  });
  const first = await forget(project, "--value", "canary.person@example.com", "--yes");
  expect(first).toMatchObject({ status: 1, forget: { done: false } });
  expect(first.first?.records).toMatchObject([{ end: "failed", why: expect.stringContaining("not now") }]);
  expect((await project.run("people")).run, "but it is kept out at once").toMatchObject({
    operations: { upsert: { suppressed: 1 } },
  });
  const second = await forget(project, "--value", "canary.person@example.com", "--yes");
  expect(second).toMatchObject({ status: 0, forget: { done: true } });
  expect(await ofCanary(portal)).toEqual([]);
  expect(await filesHolding(join(project.dir, ".sluice"), WORDS)).toEqual([]);
});

it.concurrent("keeps a forgotten person out after an older backup was put back", async () => {
  const { portal, project } = await started([...crowd(2), CANARY]);
  await project.run("people");
  expect(await project.sluice(["state", "backup", "backup"])).toMatchObject({ status: 0 });
  expect(await forget(project, "--value", "canary.person@example.com", "--yes")).toMatchObject({ status: 0 });
  expect(await project.sluice(["state", "restore", "backup", "--yes"])).toMatchObject({ status: 0 });
  project.write({ "people.json": [...crowd(2), { ...CANARY, city: "Canaryville" }] });
  expect((await project.run("people")).run).toMatchObject({ operations: { upsert: { suppressed: 1 } } });
  expect(await ofCanary(portal)).toEqual([]);
  const again = await forget(project, "--value", "canary.person@example.com", "--yes");
  expect(again.first?.kept[0]).toMatch(/^before-restore-.*delete it$/);
});

it.concurrent("asks whom, and knows no sync that is not there", async () => {
  const { project } = await started(crowd(1));
  await project.run("people");
  expect(await forget(project, "--key", "1")).toMatchObject({ status: 2, error: { code: "USAGE" } });
  expect(await forget(project, "--sync", "peeple", "--key", "1")).toMatchObject({
    status: 2,
    error: { fix: expect.stringContaining("people") },
  });
});

it.concurrent("forgets in every environment that ever ran, and lets go of old plans as keep says", async () => {
  const { portal, project } = await started([...crowd(2), CANARY]);
  const second = await newPortal({ seed: 2 });
  await second.addFields("contacts", [CUSTOMER_ID]);
  const file = JSON.parse(project.read("sluice.yml")) as object;
  const environments = { prod: {}, trial: { connections: { crm: { base_url: second.url } } } };
  project.write({ "sluice.yml": { ...file, environments, keep: { runs: 1, days: 0 } } });
  for (const city of ["Canarytown", "Canaryville", "Oslo"]) {
    project.write({ "people.json": [...crowd(2), { ...CANARY, city }] });
    for (const env of ["prod", "trial"]) expect(await project.run("people", "--env", env)).toMatchObject({ status: 0 });
  }
  const preview = await forget(project, "--value", "canary.person@example.com");
  const known = { syncs: [{ snapshot_rows: 1, plans: 1 }], records: [{ end: "erased" }] };
  expect(preview.forget.environments).toMatchObject([
    { environment: "prod", ...known },
    { environment: "trial", ...known },
  ]);
  expect(await forget(project, "--value", "canary.person@example.com", "--yes")).toMatchObject({ status: 0 });
  expect([...(await ofCanary(portal)), ...(await ofCanary(second))]).toEqual([]);
  expect(await filesHolding(join(project.dir, ".sluice"), WORDS)).toEqual([]);
  project.write({ "sluice.yml": { ...file, environments: { prod: {} } } });
  const { document } = await project.json<{ forget: { unreached: string[] } }>(["forget", "--value", "canary"]);
  expect(document.forget.unreached, "what cannot be reached is said").toMatchObject([
    expect.stringMatching(/"trial".*delete/),
  ]);
});

it.concurrent("keeps apart from whoever waits to work: the person comes back with none of them", async () => {
  const { portal, project } = await started([...crowd(2), CANARY]);
  await project.run("people");
  const args = ["--value", "canary.person@example.com", "--yes"];
  const [first, second, done] = await Promise.all([
    project.run("people"),
    project.run("people"),
    forget(project, ...args),
  ]);
  expect([first.status, second.status, done.status]).toEqual([0, 0, 0]);
  expect(await ofCanary(portal)).toEqual([]);
  expect((await project.run("people")).run).toMatchObject({ planned: 0, operations: { upsert: { suppressed: 1 } } });
  expect(await filesHolding(join(project.dir, ".sluice"), WORDS)).toEqual([]);
  expect(await project.sluice(["state", "verify"])).toMatchObject({ status: 0 });
});
