// Proves S8 for `link --report`: what a filled CRM holds for these rows is told per entry, every ambiguous row with its records.
import { statSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { CUSTOMER_ID, crowd, peopleProject } from "./people.ts";
import { portalMaker } from "./portal.ts";
import { type ErrorDocument, projectMaker } from "./project.ts";

const newProject = projectMaker();
const newPortal = portalMaker();

type Report = {
  readonly links: readonly {
    readonly linked: number;
    readonly none: number;
    readonly entries: readonly {
      readonly found: number;
      readonly several: number;
      readonly several_examples: readonly { readonly key: string; readonly records: readonly string[] }[];
    }[];
  }[];
};

it("reports found, several and none, and lists every ambiguous row", async () => {
  const portal = await newPortal();
  await portal.addFields("contacts", [CUSTOMER_ID]);
  const people = crowd(60);
  const twins = people.slice(0, 30).flatMap(({ last = null }) => [{ lastname: last }, { lastname: last }]);
  const ids = await portal.seed("contacts", twins);
  await portal.seed("contacts", [{ email: people[40]?.email ?? null }]);
  const match = [{ customer_id: "id" }, { email: "email" }, { lastname: "last" }];
  const project = newProject(peopleProject(portal.url, people, { match }));
  const refused = await project.json<{ error: ErrorDocument }>(["link", "people", "--report", "found.xlsx"]);
  expect(refused).toMatchObject({ status: 2, document: { error: { code: "USAGE" } } });
  expect(await portal.requests()).toEqual([]);

  const linked = await project.json<{ link: { ambiguous: object[] } }>(["link", "people", "--report", "found.json"]);
  expect(linked).toMatchObject({ status: 0, document: { link: { linked: 1, none: 29 } } });
  expect(linked.document.link.ambiguous).toHaveLength(20);
  const report = JSON.parse(project.read("found.json")) as Report;
  expect(report.links).toMatchObject([
    {
      linked: 1,
      none: 29,
      entries: [
        { found: 0, several: 0 },
        { found: 1, several: 0, found_examples: [{ key: "41" }] },
        { found: 0, several: 30 },
      ],
    },
  ]);
  const several = report.links[0]?.entries[2]?.several_examples ?? [];
  expect(several).toHaveLength(30);
  expect([...(several.find(({ key }) => key === "1")?.records ?? [])].sort()).toEqual(ids.slice(0, 2).sort());
  expect(statSync(join(project.dir, "found.json")).mode & 0o777).toBe(0o600);
  expect(await project.sluice(["link", "people", "--report", "found.csv"])).toMatchObject({ status: 0 });
  expect(project.read("found.csv").split("\r\n")).toHaveLength(1 + 30 + 29 + 1);
  expect(await portal.writes()).toEqual([]);
});
