import type { Fields, PortalRecord } from "./portal.ts";

/** The columns of the model that most tests sync. */
export type Person = {
  readonly id: number | null;
  readonly email?: string | null;
  readonly first?: string | null;
  readonly last?: string | null;
  readonly city?: string | null;
  readonly stage?: string | null;
  readonly note?: string | null;
  readonly updated?: number | null;
};

/** A model over people.json, where null and the empty text stay apart. */
export const PEOPLE_SQL = `/*---
connection: warehouse
primary_key: id
---*/
select * from read_json('people.json', format = 'array', columns = {
  id: 'INTEGER', email: 'VARCHAR', first: 'VARCHAR', last: 'VARCHAR', city: 'VARCHAR', stage: 'VARCHAR', note: 'VARCHAR',
  updated: 'INTEGER'
})
`;

/** Matched by customer id, then by e-mail. */
export const PEOPLE_SYNC = {
  model: "people",
  destination: { connection: "crm", object: "contacts" },
  match: [{ customer_id: "id" }, { email: "email" }],
  fields: { customer_id: "id", email: "email", firstname: "first", lastname: "last", city: "city" },
};

export function projectFile(url: string): object {
  return {
    version: 1,
    connections: {
      warehouse: { type: "duckdb" },
      crm: { type: "hubspot", access_token: "sandbox", base_url: url },
    },
  };
}

/** A whole project that sends people to contacts; `sync` replaces keys of the sync. */
export function peopleProject(url: string, people: readonly Person[], sync: object = {}): Record<string, unknown> {
  return {
    "sluice.yml": projectFile(url),
    "models/people.sql": PEOPLE_SQL,
    "syncs/people.yml": { ...PEOPLE_SYNC, ...sync },
    "people.json": people,
  };
}

export const CUSTOMER_ID = { name: "customer_id", unique: true } as const;

/** `count` people with ids from `from`. */
export function crowd(count: number, from = 1): Person[] {
  return Array.from({ length: count }, (_, index) => person(from + index));
}

export function person(id: number): Person {
  return { id, email: `p${id}@example.com`, first: `First ${id}`, last: `Last ${id}`, city: "Oslo" };
}

/** The records by customer id; fails where two have one. */
export function byCustomer(records: readonly PortalRecord[]): Map<string, Fields> {
  const found = new Map<string, Fields>();
  for (const { id, properties } of records) {
    const customer = properties.customer_id ?? `record ${id}`;
    if (found.has(customer)) throw new Error(`two records have customer_id ${customer}`);
    found.set(customer, properties);
  }
  return found;
}

/** What the destination should hold of these people, in the form of {@link shown}. */
export function expected(people: readonly Person[]): string[] {
  return people.map(({ id, email, first, last, city }) => [id, email, first, last, city].join("|")).sort();
}

export function shown(records: readonly PortalRecord[]): string[] {
  return records
    .map(({ properties: of }) => [of.customer_id, of.email, of.firstname, of.lastname, of.city].join("|"))
    .sort();
}
