// Proves S8 for `link --write-key`: found records get the first match field and nothing else; the next run writes the rest.
import { expect, it } from "vitest";
import { CUSTOMER_ID, crowd, expected, peopleProject, shown } from "./people.ts";
import { portalMaker } from "./portal.ts";
import { projectMaker } from "./project.ts";

const newProject = projectMaker();
const newPortal = portalMaker();

it("writes keys to found records, and leaves everything else to the next run", async () => {
  const portal = await newPortal();
  await portal.addFields("contacts", [CUSTOMER_ID]);
  const people = crowd(12);
  const typed = people.slice(0, 8).map(({ email = null }) => ({ email, firstname: "typed", city: "typed" }));
  await portal.seed("contacts", typed);
  const project = newProject(peopleProject(portal.url, people));

  const linked = await project.json<{ link: { linked: number; write_key: object } }>(["link", "people", "--write-key"]);
  expect(linked).toMatchObject({
    status: 0,
    document: {
      link: {
        linked: 8,
        none: 4,
        write_key: {
          run: { state: "succeeded", trigger: "link", planned: 8, created: 0, operations: { upsert: { applied: 8 } } },
        },
      },
    },
  });
  const records = await portal.dump();
  expect(records).toHaveLength(8);
  for (const { properties } of records) expect(properties).toMatchObject({ firstname: "typed", city: "typed" });
  expect(records.map(({ properties }) => properties.customer_id).sort()).toEqual([
    "1",
    "2",
    "3",
    "4",
    "5",
    "6",
    "7",
    "8",
  ]);

  await portal.forgetRequests();
  const again = await project.json<object>(["link", "people", "--write-key"]);
  expect(again).toMatchObject({ status: 0, document: { link: { linked: 0, write_key: { run: { planned: 0 } } } } });
  expect(await portal.writes()).toEqual([]);

  const plan = await project.plan("people");
  expect(plan).toMatchObject({ counts: { added: 12 }, forecast: { creates: 4, adopts: 8 } });
  const sample = plan.sample as readonly { record: string | null; fields: readonly { field: string }[] }[];
  const adopted = sample.filter(({ record }) => record !== null);
  expect(adopted.length).toBeGreaterThan(0);
  for (const row of adopted) expect(row.fields.map(({ field }) => field)).not.toContain("customer_id");

  expect(await project.run("people")).toMatchObject({ status: 0, run: { created: 4, adopted: 8 } });
  expect(shown(await portal.dump())).toEqual(expected(people));
  await portal.forgetRequests();
  expect(await project.run("people")).toMatchObject({ status: 0, run: { planned: 0 } });
  expect(await portal.writes()).toEqual([]);
});
