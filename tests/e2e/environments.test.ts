// Proves that an environment is a world of its own: its connections, its vars, its memory; and that a wrong name is told.
import { expect, it } from "vitest";
import { CUSTOMER_ID, crowd, PEOPLE_SQL, PEOPLE_SYNC, peopleProject, projectFile } from "./people.ts";
import { portalMaker } from "./portal.ts";
import { type ErrorDocument, projectMaker } from "./project.ts";

const newProject = projectMaker();
const newPortal = portalMaker();

async function twoWorlds() {
  const [prod, sandbox] = [await newPortal({ seed: 1 }), await newPortal({ seed: 2 })];
  for (const portal of [prod, sandbox]) await portal.addFields("contacts", [CUSTOMER_ID]);
  const project = newProject({
    ...peopleProject(prod.url, crowd(5)),
    "sluice.yml": {
      ...projectFile(prod.url),
      vars: { most: 5, source: "shop" },
      environments: {
        prod: {},
        sandbox: { connections: { crm: { base_url: sandbox.url } }, vars: { most: 3 } },
      },
    },
    "models/people.sql": `${PEOPLE_SQL} where id <= \${var:most}`,
    "syncs/people.yml": { ...PEOPLE_SYNC, fields: { ...PEOPLE_SYNC.fields, city: { value: "$" + "{var:source}" } } },
  });
  return { prod, sandbox, project };
}

it.concurrent("overlays connections and vars, and keeps each environment's memory apart", async () => {
  const { prod, sandbox, project } = await twoWorlds();
  expect(await project.run("people")).toMatchObject({ status: 0, run: { created: 5 } });
  expect(await prod.dump()).toHaveLength(5);
  expect(await sandbox.dump()).toEqual([]);

  // What prod knows is nothing to the sandbox.
  expect((await project.plan("people", "--env", "sandbox")).counts).toMatchObject({ read: 3, added: 3, unchanged: 0 });
  await prod.forgetRequests();
  const run = await project.json<{ run: object }>(["run", "people"], { SLUICE_ENV: "sandbox" });
  expect(run).toMatchObject({ status: 0, document: { run: { created: 3 } } });
  const records = await sandbox.dump();
  expect(records.map(({ properties }) => `${properties.customer_id} ${properties.city}`).sort()).toEqual([
    "1 shop",
    "2 shop",
    "3 shop",
  ]);
  expect(await prod.requests()).toEqual([]);

  // Each still knows its own; --env counts more than SLUICE_ENV.
  expect((await project.plan("people")).counts).toMatchObject({ read: 5, unchanged: 5, removed: 0 });
  const again = await project.json<{ plan: object }>(["plan", "people", "--env", "sandbox"], { SLUICE_ENV: "prod" });
  expect(again.document.plan).toMatchObject({ counts: { read: 3, unchanged: 3, removed: 0 } });
});

it.concurrent("an environment that is not there: exit 2 before anything is asked or sent", async () => {
  const { prod, sandbox, project } = await twoWorlds();
  const named = await project.json<{ error: ErrorDocument }>(["run", "people", "--env", "sandbx"]);
  const set = await project.json<{ error: ErrorDocument }>(["plan", "people"], { SLUICE_ENV: "sandbx" });
  for (const { status, stderr, document } of [named, set]) {
    expect({ status, ...document }).toMatchObject({
      status: 2,
      error: { message: expect.stringContaining('"sandbx"'), fix: expect.stringContaining('did you mean "sandbox"?') },
    });
    expect(stderr).toContain('did you mean "sandbox"?');
  }
  expect([...(await prod.requests()), ...(await sandbox.requests())].filter((call) => call.rows > 0)).toEqual([]);
});
