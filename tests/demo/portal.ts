import type { Sandbox } from "./child-commands.ts";
import { defineRandom, onWarehouse } from "./generate-warehouse.ts";

/** A record of the sandbox as its dump shows it. */
export type PortalRecord = {
  readonly id: string;
  readonly properties: Readonly<Record<string, string | null>>;
  readonly archived: boolean;
};

export const KNOWN_CONTACTS = 1_200;
export const STRANGERS = 1_800;

const CUSTOMER_FIELDS = [
  { name: "customer_id", unique: true },
  { name: "lifetime_value", type: "number" },
  { name: "orders", type: "number" },
  { name: "last_order_on", type: "date" },
  { name: "customer_since", type: "datetime" },
];

const COMPANY_FIELDS = [
  { name: "company_id", unique: true },
  { name: "customers", type: "number" },
  { name: "revenue", type: "number" },
];

const SEED_PAGE = 1_000;

/** Gives the portal our fields, and the contacts that were there before us. */
export async function fillPortal(sandbox: Sandbox, warehouse: string, seed: number): Promise<void> {
  await sandbox.control("POST", "fields", { object: "contacts", fields: CUSTOMER_FIELDS });
  await sandbox.control("POST", "fields", { object: "companies", fields: COMPANY_FIELDS });
  const records = [...(await knownContacts(warehouse, seed)), ...strangers()];
  for (let from = 0; from < records.length; from += SEED_PAGE)
    await sandbox.control("POST", "records", { object: "contacts", records: records.slice(from, from + SEED_PAGE) });
}

export async function dump(sandbox: Sandbox, object: string): Promise<readonly PortalRecord[]> {
  return (await sandbox.control("GET", `dump?object=${object}&archived=true`)) as PortalRecord[];
}

/**
 * Customers whom sales already had. People edited them: nicknames, job titles, other phones, and phones and cities where
 * the warehouse has none.
 */
async function knownContacts(warehouse: string, seed: number): Promise<Record<string, string>[]> {
  return onWarehouse(warehouse, async (db) => {
    await defineRandom(db, seed);
    const reader = await db.runAndReadAll(`
      select lower(email) as email,
        case when draw('nickname', customer_id) % 4 = 0 then first_name || ' (VIP)' else first_name end as firstname,
        case when coalesce(phone, '') = '' or draw('typed', customer_id) % 5 = 0
          then '+00 typed ' || right(customer_id, 5) else phone end as phone,
        coalesce(city, 'typed by hand') as city,
        pick(['Buyer', 'Head of Öps', 'CFO'], 'job', customer_id) as jobtitle,
        case when draw('stage', customer_id) % 20 = 0 then 'evangelist' else 'lead' end as lifecyclestage
      from customers where coalesce(email, '') <> ''
      order by draw('known', customer_id), customer_id limit ${KNOWN_CONTACTS}`);
    return reader.getRowObjectsJson() as Record<string, string>[];
  });
}

function strangers(): Record<string, string>[] {
  return Array.from({ length: STRANGERS }, (_, index) => ({
    email: `lead.${index}@elsewhere.example`,
    firstname: "Lead",
    lastname: `Nº ${index}`,
    lifecyclestage: "lead",
  }));
}
