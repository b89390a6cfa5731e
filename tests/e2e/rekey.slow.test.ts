// Proves S1 for rekey: a sync whose primary key changed goes on with its records, all of it or nothing, and no refusal is lost.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { killInMidRun } from "./killed.ts";
import { CUSTOMER_ID, crowd, expected, PEOPLE_SQL, type Person, peopleProject, shown } from "./people.ts";
import { type Portal, portalMaker } from "./portal.ts";
import { type ErrorDocument, type Project, projectMaker } from "./project.ts";

const newProject = projectMaker();
const newPortal = portalMaker();

type Rekey = { readonly rekey: Readonly<Record<string, unknown>>; readonly error?: ErrorDocument };

const AS_TEXT = PEOPLE_SQL.replace("select *", "select id::varchar as id, * exclude (id)");
/** Rows 1, 2, 3 … are known as 2, 3, 4 … from now on: every new key but the last was another row's. */
const BESIDE = PEOPLE_SQL.replace("primary_key: id", "primary_key: uid").replace("select *", "select id + 1 as uid, *");

async function synced(people: readonly Person[], sync: object = {}, prepare?: (portal: Portal) => Promise<void>) {
  const portal = await newPortal();
  await portal.addFields("contacts", [CUSTOMER_ID]);
  await prepare?.(portal);
  const project = newProject(peopleProject(portal.url, people, { guards: "off", ...sync }));
  await project.run("people");
  await portal.forgetRequests();
  return { portal, project };
}

/** The person's address may never be written again. */
async function erase({ url }: Portal, email: string): Promise<void> {
  const reply = await fetch(`${url}/crm/v3/objects/contacts/gdpr-delete`, {
    method: "POST",
    headers: { authorization: "Bearer sandbox", "content-type": "application/json" },
    body: JSON.stringify({ objectId: email, idProperty: "email" }),
  });
  expect(reply.status).toBe(204);
}

const rekey = (project: Project, ...args: string[]) => project.json<Rekey>(["rekey", "people", ...args]);

/** The act in a process that is killed right before or after the planner's half of it. */
async function killedRekey(project: Project, when: string): Promise<void> {
  const script = join(import.meta.dirname, "rekey-crash.ts");
  const child = spawn(process.execPath, ["--import", "tsx", script, project.dir, when], {
    stdio: ["ignore", "ignore", "inherit"],
    timeout: 60_000,
  });
  const [, signal] = await once(child, "close");
  expect(signal).toBe("SIGKILL");
}

/** Nothing to plan and nothing to send. */
async function isSilent(project: Project, portal: Portal, counts: object): Promise<void> {
  await portal.forgetRequests();
  expect(await project.run("people")).toMatchObject({ status: 0, run: { planned: 0, counts } });
  expect(await portal.writes()).toEqual([]);
}

describe.concurrent("rekey", () => {
  it("shows what it would do, then carries an integer key that became text over; the next run is silent", async () => {
    const { portal, project } = await synced(crowd(5));
    project.write({ "models/people.sql": AS_TEXT });
    const blocked = await project.run("people");
    expect(blocked).toMatchObject({ status: 4, error: { code: "KEY_TYPE_CHANGED" } });
    expect(blocked.error?.fix).toContain("sluice rekey people");
    const preview = {
      done: false,
      was: ["id:number"],
      now: ["id:text"],
      from: ["id"],
      rows: 5,
      carried: 5,
      left: 0,
      next: "sluice rekey people --yes",
    };
    expect(await rekey(project)).toMatchObject({ status: 0, document: { rekey: preview } });
    const text = await project.sluice(["rekey", "people"]);
    expect(text.stdout).toMatch(/5 rows of 5 would be carried over.*nothing was changed; `sluice rekey people --yes`/s);
    expect(await project.run("people")).toMatchObject({ status: 4, error: { code: "KEY_TYPE_CHANGED" } });
    expect(await rekey(project, "--yes")).toMatchObject({
      status: 0,
      document: { rekey: { ...preview, done: true, next: null } },
    });
    expect(await portal.writes()).toEqual([]);
    await isSilent(project, portal, { unchanged: 5 });
    const again = { sync: "people", done: false, carried: 0, next: null };
    expect(await rekey(project, "--yes")).toMatchObject({ status: 0, document: { rekey: again } });
    expect((await project.sluice(["rekey", "people"])).stdout).toContain("there is nothing to do");
  });

  it("carries over to a new column beside the old one; rows that left are found as removed, none as another row", async () => {
    const { portal, project } = await synced(crowd(6), { on_removed: "archive" });
    // Row 1 left; row 2 is known as 3 now, row 5 as 6, and 7 is new.
    project.write({ "models/people.sql": BESIDE, "people.json": [...crowd(5, 2), ...crowd(1, 7)] });
    expect(await rekey(project, "--yes")).toMatchObject({
      status: 0,
      document: { rekey: { was: ["id:number"], now: ["uid:number"], carried: 5, left: 1, unknown: 1 } },
    });
    const { run } = await project.run("people");
    expect(run).toMatchObject({ created: 1, counts: { unchanged: 5, added: 1, changed: 0, removed: 1 } });
    expect(run.operations.archive).toMatchObject({ applied: 1 });
    expect(shown(await portal.dump())).toEqual(expected(crowd(6, 2)));
    project.write({ "models/people.sql": BESIDE.replace(", *", ", * exclude (id), id as customer") });
    project.write({
      "syncs/people.yml": JSON.stringify(JSON.parse(project.read("syncs/people.yml"))).replaceAll('"id"', '"customer"'),
    });
    await isSilent(project, portal, { unchanged: 6 });
  });

  it("carries a composite key over, and a key that is only called otherwise by --from", async () => {
    const { portal, project } = await synced(crowd(3));
    const composite = AS_TEXT.replace("primary_key: id", "primary_key: [city, id]");
    project.write({ "models/people.sql": composite });
    expect(await rekey(project, "--yes")).toMatchObject({
      document: { rekey: { done: true, now: ["city:text", "id:text"] } },
    });
    await isSilent(project, portal, { unchanged: 3 });
    project.write({
      "models/people.sql": composite
        .replace("[city, id]", "[id, town]")
        .replace("exclude (id)", "exclude (id), city as town"),
    });
    const missing = { error: { code: "USAGE", message: expect.stringContaining("--from names 1 column") } };
    expect(await rekey(project, "--from", "town")).toMatchObject({ status: 2, document: missing });
    expect(await rekey(project, "--from", "town,id")).toMatchObject({
      status: 0,
      document: { rekey: { carried: 3, next: "sluice rekey people --from town,id --yes" } },
    });
    expect(await rekey(project, "--from", "town,id", "--yes")).toMatchObject({ document: { rekey: { done: true } } });
    await isSilent(project, portal, { unchanged: 3 });
  });

  it("refuses where the model no longer gives the old key, and says what to do", async () => {
    const { portal, project } = await synced(crowd(3));
    const renamed = PEOPLE_SQL.replace("primary_key: id", "primary_key: no").replace(
      "select *",
      "select * exclude (id), id as no",
    );
    project.write({
      "models/people.sql": renamed,
      "syncs/people.yml": project.read("syncs/people.yml").replaceAll('"id"', '"no"'),
    });
    for (const args of [[], ["--yes"]])
      expect(await rekey(project, ...args)).toMatchObject({
        status: 2,
        document: {
          error: {
            code: "USAGE",
            message: expect.stringContaining('has no column "id"'),
            fix: expect.stringMatching(/select the old key column once more.*--from/),
          },
        },
      });
    expect(await rekey(project, "--from", "emial")).toMatchObject({
      status: 2,
      document: { error: { fix: expect.stringContaining('did you mean "email"?') } },
    });
    expect(await rekey(project, "--from", "id,")).toMatchObject({ status: 2 });
    // A column that never held the old key carries nothing over.
    expect(await rekey(project, "--from", "email", "--yes")).toMatchObject({
      status: 4,
      document: { error: { code: "KEY_TYPE_CHANGED", message: expect.stringContaining("no row of the model") } },
    });
    expect(await rekey(project, "--from", "no", "--yes")).toMatchObject({
      document: { rekey: { done: true, carried: 3 } },
    });
    await isSilent(project, portal, { unchanged: 3 });
  });

  it("refuses the whole act where the old key stands in several rows, or the new one is missing or repeated", async () => {
    const { portal, project } = await synced(crowd(8));
    const model = (uid: string, rows = "") =>
      BESIDE.replace("id + 1 as uid", `${uid} as uid`).concat(rows === "" ? "" : `union all select * from (${rows})\n`);
    const refused: readonly [sql: string, message: string | RegExp][] = [
      [
        BESIDE.replace("select id + 1 as uid, *", "select unnest([id, id + 100]) as uid, *"),
        "8 former keys in several rows of the model each (1, 2, 3, 4, 5 …)",
      ],
      [model("case when id < 3 then null else id end"), "2 known rows without a new key (1, 2)"],
      [model("case when id < 3 then 9 else id end"), "2 known rows with a new key that another row has too (1, 2)"],
    ];
    for (const [sql, message] of refused) {
      project.write({ "models/people.sql": sql });
      for (const args of [[], ["--yes"]])
        expect(await rekey(project, ...args)).toMatchObject({
          status: 4,
          document: { error: { code: "KEY_TYPE_CHANGED", message: expect.stringContaining(String(message)) } },
        });
    }
    project.write({ "models/people.sql": PEOPLE_SQL });
    await isSilent(project, portal, { unchanged: 8 });
  });

  it("lets no suppressed row be tried again, and drops what is held under former keys", async () => {
    const people = crowd(4);
    const { portal, project } = await synced(people, { guards: { removed: 0 } }, (portal) =>
      erase(portal, "p3@example.com"),
    );
    project.write({ "people.json": people.slice(0, 3) });
    expect(await project.run("people")).toMatchObject({ status: 0 });
    const counts = { refusals: 1, suppressed: 1 };
    project.write({ "models/people.sql": BESIDE, "people.json": people });
    expect(await rekey(project, "--yes")).toMatchObject({ document: { rekey: { done: true, ...counts } } });
    await isSilent(project, portal, { unchanged: 3, waiting: 1 });
    project.write({ "people.json": people.map((person) => ({ ...person, city: "Bergen" })) });
    expect(await project.run("people")).toMatchObject({
      status: 0,
      run: { planned: 3, counts: { waiting: 1, changed: 3 } },
    });
  });

  it("drops holds, waiting and approved, and says so", async () => {
    const { portal, project } = await synced(crowd(12), { guards: { created: 10 } });
    expect((await project.sluice(["status"])).stdout).toContain("held by created");
    project.write({
      "syncs/people.yml": project.read("syncs/people.yml").replace("10", "100"),
      "people.json": crowd(12),
    });
    await project.run("people");
    project.write({
      "syncs/people.yml": project.read("syncs/people.yml").replace("100", "10"),
      "people.json": crowd(40),
    });
    expect(await project.run("people")).toMatchObject({ status: 4 });
    expect(await project.sluice(["approve", "last"])).toMatchObject({ status: 0 });
    project.write({ "models/people.sql": AS_TEXT });
    expect((await project.sluice(["rekey", "people"])).stdout).toContain("1 hold would go, waiting or approved");
    expect(await rekey(project, "--yes")).toMatchObject({
      document: { rekey: { carried: 12, unknown: 28, holds: 1 } },
    });
    expect((await project.sluice(["holds"])).stdout).not.toContain("people");
    expect(await project.run("people")).toMatchObject({ status: 4 });
    expect(await portal.dump()).toHaveLength(12);
  });

  it.each(["before", "after"])(
    "mends a rekey that was killed %s the planner's half when it is repeated",
    async (when) => {
      const { portal, project } = await synced(crowd(5), {}, (portal) => erase(portal, "p3@example.com"));
      project.write({ "models/people.sql": BESIDE });
      await killedRekey(project, when);
      if (when === "before") {
        expect(await project.run("people")).toMatchObject({ status: 4, error: { code: "KEY_TYPE_CHANGED" } });
        const text = await project.sluice(["rekey", "people"]);
        expect(text.stdout).toContain("an interrupted rekey is taken back");
      }
      const mended = { done: when === "before", refusals: 1, suppressed: 1 };
      expect(await rekey(project, "--yes")).toMatchObject({ status: 0, document: { rekey: mended } });
      await isSilent(project, portal, { unchanged: 4, waiting: 1 });
    },
  );

  it("takes an interrupted rekey back where the model has its former key again, and nothing runs before that", async () => {
    const { portal, project } = await synced(crowd(5), {}, (portal) => erase(portal, "p3@example.com"));
    project.write({ "models/people.sql": BESIDE });
    await killedRekey(project, "before");
    project.write({ "models/people.sql": PEOPLE_SQL });
    expect(await project.run("people")).toMatchObject({
      status: 4,
      error: { code: "STATE_MISMATCH", fix: expect.stringContaining("sluice rekey people --yes") },
    });
    expect(await rekey(project)).toMatchObject({ document: { rekey: { done: false, unfinished: true } } });
    expect(await rekey(project, "--yes")).toMatchObject({ document: { rekey: { done: true, unfinished: true } } });
    await isSilent(project, portal, { unchanged: 4, waiting: 1 });
    expect(await rekey(project, "--yes")).toMatchObject({ document: { rekey: { done: false, unfinished: false } } });
  });

  it("settles an interrupted run first, whose rows have the former key", async () => {
    const { portal, project } = await synced(crowd(3));
    project.write({ "people.json": crowd(3).map((person) => ({ ...person, city: "Bergen" })) });
    await killInMidRun(project, portal, { path: "/batch/update" });
    project.write({ "models/people.sql": AS_TEXT });
    expect(await rekey(project, "--yes")).toMatchObject({ status: 0, document: { rekey: { done: true, carried: 3 } } });
    expect(await project.run("people")).toMatchObject({ status: 0, run: { counts: { changed: 3, added: 0 } } });
    expect(shown(await portal.dump())).toEqual(expected(crowd(3).map((person) => ({ ...person, city: "Bergen" }))));
  });

  it("has nothing to do for a sync that never ran, and refuses a name that nobody knows", async () => {
    const portal = await newPortal();
    await portal.addFields("contacts", [CUSTOMER_ID]);
    const project = newProject(peopleProject(portal.url, crowd(2)));
    for (const args of [[], ["--yes"]])
      expect(await rekey(project, ...args)).toMatchObject({
        status: 0,
        document: { rekey: { done: false, was: null } },
      });
    expect(await project.json<Rekey>(["rekey", "peple", "--yes"])).toMatchObject({
      status: 2,
      document: { error: { code: "USAGE", fix: expect.stringContaining('did you mean "people"?') } },
    });
  });
});
