// Proves that what a record type does not take is refused here, row by row and by name, before Salesforce has to say it (S2).
import { describe, expect, it } from "vitest";
import { type Org, orgConnection, orgMaker } from "./org.ts";
import { projectMaker } from "./project.ts";

const newProject = projectMaker();
const newOrg = orgMaker();

const CUSTOMER_ID = { name: "Customer_Id__c", type: "string", length: 40, unique: true, external_id: true };
const TIER = { name: "Tier__c", type: "picklist", options: ["Gold", "Silver", "Bronze"], restricted: true };
const TOPICS = { name: "Topics__c", type: "multipicklist", options: ["News", "Offers"], restricted: true };
const TYPE = "RecordType.DeveloperName";
const FIELDS = { Customer_Id__c: "id", LastName: "last", Tier__c: "tier", Topics__c: "topics" };
const SYNC = {
  model: "people",
  destination: { connection: "sales", object: "Contact" },
  match: { Customer_Id__c: "id" },
  fields: { ...FIELDS, [TYPE]: "kind" },
};
const MODEL = `/*---
connection: warehouse
primary_key: id
---*/
select * from read_json('people.json', format = 'array', columns = {
  id: 'INTEGER', last: 'VARCHAR', kind: 'VARCHAR', tier: 'VARCHAR', topics: 'VARCHAR'
})
`;

type Row = { id: number; kind?: string | null; tier?: string | null; topics?: string | null };
const people = (...rows: Row[]) => rows.map((row) => ({ last: `Last ${row.id}`, ...row }));

/** Shops are Silver or Bronze and hear no offers; buyers may be all. */
async function orgWithTypes(): Promise<Org> {
  const org = await newOrg();
  await org.addFields("Contact", [CUSTOMER_ID, TIER, TOPICS]);
  const picklists = { Tier__c: ["Silver", "Bronze"], Topics__c: ["News"] };
  await org.setUp("record-types", { object: "Contact", developer_name: "Shop", picklists });
  await org.setUp("record-types", { object: "Contact", developer_name: "Buyer" });
  return org;
}

const orgProject = (org: Org, rows: readonly object[], sync: object = {}) =>
  newProject({
    "sluice.yml": { version: 1, connections: { warehouse: { type: "duckdb" }, sales: orgConnection(org.url) } },
    "models/people.sql": MODEL,
    "syncs/people.yml": { ...SYNC, ...sync },
    "people.json": rows,
  });

const landed = async (org: Org) =>
  (await org.dump("Contact")).map((one) => [one.Customer_Id__c, one.Tier__c ?? null]).sort();
const asked = async (org: Org) => (await org.requests()).filter(({ path }) => path.includes("/ui-api/")).length;

describe.concurrent("a record type", () => {
  it("from a column: rows with what it does not take are invalid and named, the others land, nothing is refused", async () => {
    const org = await orgWithTypes();
    const rows = people(
      { id: 1, kind: "Shop", tier: "Silver", topics: "News" },
      { id: 2, kind: "Shop", tier: "Gold" },
      { id: 3, kind: "Buyer", tier: "Gold", topics: "News;Offers" },
      { id: 4, kind: "Shop", topics: "News;Offers" },
      { id: 5, kind: null, tier: "Gold" },
    );
    const project = orgProject(org, rows);
    const plan = await project.plan("people");
    expect(plan).toMatchObject({ counts: { invalid: 2 } });
    const invalid = (field: string, example: string) => ({ code: "INVALID_OPTION", field, count: 1, example });
    expect(plan.invalid).toMatchObject([invalid("Tier__c", "2"), invalid("Topics__c", "4")]);
    expect(await asked(org)).toBe(2);
    const { run } = await project.run("people");
    expect(run).toMatchObject({
      created: 3,
      counts: { invalid: 2 },
      operations: { upsert: { applied: 3, rejected: 0 } },
    });
    expect(await landed(org)).toEqual([
      ["1", "Silver"],
      ["3", "Gold"],
      ["5", "Gold"],
    ]);
    // The type moves on: what was wrong is right.
    project.write({ "people.json": rows.map((row) => ({ ...row, kind: "Buyer" })) });
    expect(await project.run("people")).toMatchObject({ status: 0, run: { created: 2, counts: { invalid: 0 } } });
  });

  it("that is the same for all rows: a constant is refused with its place, values row by row", async () => {
    const org = await orgWithTypes();
    const fields = { ...FIELDS, [TYPE]: { value: "Shop" } };
    const project = orgProject(org, people({ id: 1, tier: "Gold" }, { id: 2, tier: "Bronze" }), {
      fields: { ...fields, Tier__c: { value: "Gold" } },
    });
    const refused = await project.json<{ error: { problems: object[] } }>(["run", "people"]);
    expect(refused).toMatchObject({
      status: 2,
      document: {
        error: {
          problems: [
            {
              file: "syncs/people.yml",
              code: "UNKNOWN_OPTION",
              message: `field "Tier__c" has no option "Gold" where ${TYPE} is "Shop"`,
              fix: "use one of: Silver, Bronze",
            },
          ],
        },
      },
    });
    expect(await org.writes()).toEqual([]);
    project.write({ "syncs/people.yml": { ...SYNC, fields } });
    const { run } = await project.run("people");
    expect(run).toMatchObject({ created: 1, counts: { invalid: 1 }, operations: { upsert: { rejected: 0 } } });
    expect(await landed(org)).toEqual([["2", "Bronze"]]);
  });

  it("that is not mapped is the record's own: nothing is asked, and all that some type takes is sent", async () => {
    const org = await orgWithTypes();
    const project = orgProject(org, people({ id: 1, tier: "Gold" }, { id: 2, tier: "Iron" }), { fields: FIELDS });
    const { run } = await project.run("people");
    expect(run).toMatchObject({ created: 1, counts: { invalid: 1 }, operations: { upsert: { rejected: 0 } } });
    expect(await asked(org)).toBe(0);
  });

  it("is tried by conformance: what the UI API leaves out is refused", async () => {
    const org = await orgWithTypes();
    const project = orgProject(org, []);
    type Tried = { assumption: string; account: { holds: boolean | null; says: string } };
    const command = ["conformance", "--connection", "sales", "--object", "Contact", "--yes"];
    const { document } = await project.json<{ conformance: { rows: Tried[] } }>(command);
    const row = document.conformance.rows.find(({ assumption }) => assumption.startsWith("ui-api"));
    const says = expect.stringContaining("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST");
    expect(row).toMatchObject({ account: { holds: true, says } });
    expect(await org.dump("Contact")).toEqual([]);
  });

  it("of an org whose user may not ask: Salesforce says it, row by row", async () => {
    const org = await orgWithTypes();
    const body = [{ errorCode: "INSUFFICIENT_ACCESS", message: "insufficient access rights" }];
    await org.fault({ match: { path: "/ui-api/" }, times: 9, fault: { status: 403, body } });
    const project = orgProject(org, people({ id: 1, kind: "Shop", tier: "Gold" }, { id: 2, kind: "Shop" }));
    const { run } = await project.run("people");
    expect(run).toMatchObject({
      created: 1,
      counts: { invalid: 0 },
      operations: { upsert: { applied: 1, rejected: 1 } },
    });
  });
});
