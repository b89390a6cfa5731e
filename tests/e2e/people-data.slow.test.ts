// Proves S27 and the promise that secrets stand nowhere: a canary secret and a canary person go through successes, refusals, faults,
// a hold, a failing model and a kill; the secret is in no byte of what is said, kept or told, the person only where people look for rows.

import { join } from "node:path";
import { expect, it } from "vitest";
import { receiverMaker } from "../unit/alerts/receiver.ts";
import { filesHolding } from "./forgotten-bytes.ts";
import { killInMidRun } from "./killed.ts";
import { CUSTOMER_ID, crowd, PEOPLE_SQL, type Person, peopleProject, projectFile } from "./people.ts";
import { portalMaker } from "./portal.ts";
import { projectMaker } from "./project.ts";
import { tokenDoorMaker } from "./token-door.ts";

const newProject = projectMaker();
const newPortal = portalMaker();
const newReceiver = receiverMaker();
const newDoor = tokenDoorMaker();

const SECRET = "pat-eu1-canary-secret-4711";
const HOOK_SECRET = "canary-hook-secret-4712";
/** In raw, URL-encoded and base64 form. */
const SECRETS = [SECRET, HOOK_SECRET].flatMap((one) => [one, Buffer.from(one).toString("base64").replace(/=+$/, "")]);
const CANARY: Person = {
  ...{ id: 7_777, email: "Canary.Person@example.com", first: "Canaryfirst", last: "Canarylast", city: "Canarytown" },
};
const PERSON = ["canary.person", "canaryfirst", "canarylast", "canarytown", "canaryville"];
const OTHERS = crowd(20);

it("says neither the secret nor the person, keeps the person only in rows, and after forget nowhere", async () => {
  const [portal, hook] = [await newPortal(), await newReceiver()];
  await portal.addFields("contacts", [CUSTOMER_ID]);
  const door = await newDoor(portal.url, SECRET);
  const base = projectFile(door) as { connections: { crm: object } };
  const project = newProject({
    ...peopleProject(door, [...OTHERS, CANARY], { guards: { changed: { max: 15 } } }),
    "sluice.yml": {
      ...base,
      connections: { ...base.connections, crm: { ...base.connections.crm, access_token: "${env:HUBSPOT_TOKEN}" } },
      alerts: { hook: { type: "webhook", url: "${env:HOOK_URL}", secret: "${env:HOOK_SECRET}" } },
    },
  });
  const env = { HUBSPOT_TOKEN: SECRET, HOOK_URL: hook.url, HOOK_SECRET };
  const canary = (part: Partial<Person>) => ({ "people.json": [...OTHERS, { ...CANARY, ...part }] });
  const said: { readonly args: string; readonly text: string }[] = [];
  const sluice = async (...args: string[]) => {
    const { status, stdout, stderr } = await project.sluice(args, env);
    said.push({ args: args.join(" "), text: stdout + stderr });
    return status;
  };
  const echo = `Authorization: Bearer ${SECRET} may not write canary.person@example.com`;
  const fault = (status: number, times = 1) =>
    portal.fault({ match: { method: "POST", path: "/batch/" }, times, fault: { status, body: { message: echo } } });

  // Successes.
  expect(await sluice("plan", "people", "--json")).toBe(0);
  expect(await sluice("run", "people")).toBe(0);
  project.write(canary({ city: "Canaryville" }));
  expect(await sluice("run", "people", "--json")).toBe(0);
  // The vendor says the whole request again: refused for good, refused for the token, out of order.
  for (const status of [400, 401, 503]) {
    project.write(canary({ city: `Canarytown ${status}` }));
    await fault(status, status === 503 ? 3 : 1);
    expect([0, 1, 2, 3]).toContain(await sluice("run", "people"));
    await portal.noFaults();
    expect([0, 3]).toContain(await sluice("run", "people", "--json"));
  }
  // One row is refused, and its address is in the vendor's words.
  project.write(canary({ email: "canary.person@no mail" }));
  expect(await sluice("run", "people")).toBe(3);
  expect(await sluice("rows", "last")).toBe(0);
  expect(await sluice("why", "people", "7777")).toBe(0);
  expect(await sluice("rows", "last", "--retry")).toBe(0);
  // A hold.
  project.write({ "people.json": [...OTHERS, CANARY].map((one) => ({ ...one, last: `${one.last} again` })) });
  expect(await sluice("run", "people")).toBe(4);
  expect(await sluice("holds")).toBe(0);
  expect(await sluice("run", "people", "--approve")).toBe(0);
  // The model fails on the person's own row.
  project.write({
    "models/people.sql": PEOPLE_SQL.replace("select *", "select * replace (cast(email as integer) as email)"),
  });
  expect([1, 2]).toContain(await sluice("run", "people"));
  expect([1, 2]).toContain(await sluice("run", "people", "--json"));
  project.write({ "models/people.sql": PEOPLE_SQL, ...canary({ city: "Canaryville" }) });
  // A kill in mid-call; what has not ended cannot be forgotten.
  await killInMidRun(project, portal, { path: "/batch/update", env });
  expect(await sluice("forget", "--value", "canary.person@example.com")).toBe(4);
  expect(said.at(-1)?.text).toContain("sluice resume people");
  expect(await sluice("resume", "people")).toBe(0);
  for (const args of [["status"], ["runs"], ["status", "--json"], ["runs", "--json"], ["state", "verify"]])
    expect(await sluice(...args)).toBe(0);

  const work = join(project.dir, ".sluice");
  const told = hook.got.map(({ text, headers }) => text + JSON.stringify(headers)).join("\n");
  const has = (text: string, words: readonly string[]) =>
    words.filter((word) => text.toLowerCase().includes(word.toLowerCase()));
  for (const { args, text } of said) expect([args, has(text, SECRETS)]).toEqual([args, []]);
  expect(has(told, SECRETS)).toEqual([]);
  expect(await filesHolding(work, SECRETS)).toEqual([]);

  // Rows are shown by plan, rows and why alone; alerts, runs, status and holds speak of numbers.
  expect(hook.got.length).toBeGreaterThan(2);
  expect(has(told, PERSON)).toEqual([]);
  for (const { args, text } of said)
    if (!/^(plan|rows|why)/.test(args)) expect([args, has(text, PERSON)]).toEqual([args, []]);
  const places = await filesHolding(work, PERSON);
  expect(
    places.filter((place) => !/^(plans\/|planner\.duckdb|state\.db)/.test(place)),
    "only in these",
  ).toEqual([]);

  expect(await sluice("forget", "--value", "canary.person@example.com", "--yes")).toBe(0);
  expect(has(said.at(-1)?.text ?? "", PERSON)).toEqual([]);
  expect(await filesHolding(work, [...PERSON, ...SECRETS])).toEqual([]);
  expect(JSON.stringify(await portal.dump()).toLowerCase()).not.toContain("canary.person");
});
