// Proves S4, S17, S18 and S21: five rows that HubSpot refuses among 20,000 cost nobody else, are told, wait, and are mended.
import { expect, it } from "vitest";
import { CUSTOMER_ID, PEOPLE_SYNC, projectFile } from "./people.ts";
import { portalMaker } from "./portal.ts";
import { projectMaker } from "./project.ts";
import { wiretapMaker } from "./wiretap.ts";

const newProject = projectMaker();
const newPortal = portalMaker();
const newWiretap = wiretapMaker();

const POISON = [17, 4_000, 4_001, 12_345, 20_000];
const model = (poison: readonly number[]) => `/*---
primary_key: id
---*/
select i as id, 'First ' || i as first, 'Last ' || i as last, 'Oslo' as city,
  case when i in (${[0, ...poison].join(", ")}) then 'no address ' || i else 'p' || i || '@example.com' end as email
from range(1, 20001) t(i)
`;

it("rejects exactly the poison, then waits for it, then sends just that", async () => {
  const portal = await newPortal();
  await portal.addFields("contacts", [CUSTOMER_ID]);
  const wire = await newWiretap(portal.url);
  const project = newProject({
    "sluice.yml": projectFile(wire.url),
    "models/people.sql": model(POISON),
    "syncs/people.yml": { ...PEOPLE_SYNC, match: { customer_id: "id" }, guards: { created: "off" } },
  });

  const first = await project.run("people");
  expect(first).toMatchObject({
    status: 3,
    run: {
      state: "partial",
      created: 19_995,
      new_rejected: 5,
      operations: { upsert: { applied: 19_995, rejected: 5 } },
    },
  });
  expect(await portal.dump()).toHaveLength(19_995);
  const rows = await project.json<{ groups: object[] }>(["rows", first.run.id, "--state", "rejected"]);
  expect(rows).toMatchObject({
    status: 0,
    document: { groups: [{ code: "INVALID_EMAIL", field: "email", count: 5 }] },
  });
  expect(JSON.stringify(rows.document.groups)).toContain("Email address no address 17 is invalid");
  const why = await project.sluice(["why", "people", "4000"]);
  expect(why.stdout).toMatch(/INVALID_EMAIL/);
  expect(why.stdout).toMatch(/Email address no address 4000 is invalid/);

  wire.forget();
  const second = await project.run("people");
  expect(second).toMatchObject({ status: 0, run: { state: "succeeded", counts: { waiting: 5, unchanged: 19_995 } } });
  expect(second.stderr).toMatch(/warning: .*5 rejected rows wait/);
  expect(wire.sent()).toEqual([]);

  project.write({ "models/people.sql": model([]) });
  expect(await project.run("people")).toMatchObject({ status: 0, run: { created: 5, counts: { waiting: 0 } } });
  const mended = POISON.map((id) => `p${id}@example.com`).sort();
  expect(
    wire
      .sent()
      .map((write) => write.properties.email)
      .sort(),
  ).toEqual(mended);
  expect(await portal.dump()).toHaveLength(20_000);
});
