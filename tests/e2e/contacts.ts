import { expect } from "vitest";
import { type Org, orgConnection, orgMaker } from "./org.ts";
import { PEOPLE_SQL } from "./people.ts";
import { type Project, projectMaker } from "./project.ts";

const CUSTOMER_ID = { name: "Customer_Id__c", type: "string", length: 40, unique: true, external_id: true };
const SYNC = {
  model: "people",
  destination: { connection: "sales", object: "Contact" },
  match: { Customer_Id__c: "id" },
  fields: { Customer_Id__c: "id", Email: "email", LastName: "last", MailingCity: "city" },
};

export type Row = { readonly id: number; readonly email: string; readonly last: string; readonly city: string | null };

export function rows(count: number): Row[] {
  return Array.from({ length: count }, (_, index) => ({
    id: index + 1,
    email: `p${index + 1}@example.com`,
    last: `Last ${index + 1}`,
    city: "Oslo",
  }));
}

export function projectFile(org: Org): object {
  return { version: 1, connections: { warehouse: { type: "duckdb" }, sales: orgConnection(org.url) } };
}

/** Makes orgs whose contacts have a customer id, and projects that send people there. */
export function contactsMaker() {
  const newProject = projectMaker();
  const makeOrg = orgMaker();

  async function newOrg(options?: { seed: number }): Promise<Org> {
    const org = await makeOrg(options);
    await org.addFields("Contact", [CUSTOMER_ID]);
    return org;
  }

  async function world(people: readonly Row[], sync: object = {}, files: object = {}) {
    const org = await newOrg();
    const project = newProject({
      "sluice.yml": projectFile(org),
      "models/people.sql": PEOPLE_SQL,
      "syncs/people.yml": { ...SYNC, ...sync },
      "people.json": people,
      ...files,
    });
    return { org, project };
  }

  /** A world whose people are contacts already. */
  async function synced(people: readonly Row[], sync: object = {}) {
    const { org, project } = await world(people, sync);
    expect(await project.run("people")).toMatchObject({ status: 0, run: { created: people.length } });
    await org.forgetRequests();
    return { org, project };
  }

  return { newOrg, world, synced };
}

/** The run is held for this reason with exit 4, and the org saw no write; gives the run's id. */
export async function holds(project: Project, org: Org, reason: string): Promise<string> {
  const { status, run } = await project.run("people");
  expect({ status, ...run }).toMatchObject({ status: 4, state: "blocked", code: "HELD" });
  expect(run.reason).toContain(reason);
  expect(await org.writes()).toEqual([]);
  return run.id;
}

/** Releases the held set; that alone sends nothing. */
export async function approves(project: Project, org: Org, run: string): Promise<void> {
  expect(await project.json(["approve", run])).toMatchObject({ status: 0 });
  expect(await org.writes()).toEqual([]);
}
