// Proves that a plan is a table for a pull request, and that state:modified means the syncs that are not as they were when they ran.
import { describe, expect, it } from "vitest";
import { CUSTOMER_ID, crowd, PEOPLE_SYNC, peopleProject } from "./people.ts";
import { portalMaker } from "./portal.ts";
import { projectMaker } from "./project.ts";

const newProject = projectMaker();
const newPortal = portalMaker();
const ROW = (sync: string, cells: string) => `| \`${sync}\` | ${cells} |`;

describe("sluice plan --markdown", () => {
  it("shows what was modified since it ran, without rows, and with what could not be planned", async () => {
    const portal = await newPortal();
    await portal.addFields("contacts", [CUSTOMER_ID]);
    const project = newProject(peopleProject(portal.url, crowd(3)));
    const modified = () => project.sluice(["plan", "--select", "state:modified", "--markdown"]);

    const first = await modified();
    expect(first.status).toBe(0);
    expect(first.stdout).toContain(ROW("people", "3 | 0 | 0 | 3 | 3 |  | "));
    expect(first.stdout).not.toContain("example.com");

    expect((await project.run("people")).status).toBe(0);
    const same = await modified();
    expect(same).toMatchObject({ status: 0, stdout: "### What a run would send\n\nNothing: no sync is meant.\n" });

    // Another query alone counts, too.
    const query = project.read("models/people.sql");
    project.write({ "models/people.sql": `${query.trimEnd()} limit 2\n` });
    expect((await modified()).stdout).toMatch(/^\| `people` \| 0 \| 0 \| 1 \|/m);
    project.write({ "models/people.sql": query });

    project.write({
      "syncs/people.yml": {
        ...PEOPLE_SYNC,
        fields: { ...PEOPLE_SYNC.fields, firstname: "last" },
        guards: { changed: 1 },
      },
      "models/broken.sql": "/*---\nconnection: warehouse\nprimary_key: id\n---*/\nselect * from nowhere\n",
      "syncs/broken.yml": { ...PEOPLE_SYNC, model: "broken", renamed_from: false },
    });
    const changed = await modified();
    expect(changed.status).toBe(2);
    expect(changed.stdout).toMatch(/^\| `people` \| 0 \| 3 \| 0 \| 0 \| \d \| `changed: 3 of 3, limit .*` \| {2}\|$/m);
    expect(changed.stdout).toMatch(/^\| `broken` \| – \| – \| – \| – \| – \| {2}\| `MODEL_INVALID: .*nowhere.*` \|$/m);
    expect(changed.stdout).toContain("Syncs: 1 planned, 1 held, 1 could not be planned. Nothing was sent.");
    const { document } = await project.json<{ plans: readonly { sync: string }[] }>([
      ...["plan", "--select", "state:modified", "--markdown"],
    ]);
    expect(document.plans.map(({ sync }) => sync)).toEqual(["broken", "people"]);
  });
});
