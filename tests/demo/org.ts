import type { Sandbox } from "./child-commands.ts";
import { defineRandom, onWarehouse } from "./generate-warehouse.ts";
import type { PortalRecord } from "./portal.ts";

export const KNOWN_ACCOUNTS = 300;
const OTHER_ACCOUNTS = 150;
export const KNOWN_PEOPLE = 900;
const OTHER_PEOPLE = 600;

const SEED_PAGE = 1_000;
const KEY = { type: "string", length: 40, unique: true, external_id: true };

/** Gives the org our external ids, and the accounts and contacts that were there before us, without any. */
export async function fillOrg(sandbox: Sandbox, warehouse: string, seed: number): Promise<number> {
  await sandbox.control("POST", "fields", { object: "Account", fields: [{ name: "Company_Id__c", ...KEY }] });
  await sandbox.control("POST", "fields", { object: "Contact", fields: [{ name: "Customer_Id__c", ...KEY }] });
  await seedRecords(sandbox, "Account", [...(await knownAccounts(warehouse, seed)), ...otherAccounts()]);
  await seedRecords(sandbox, "Contact", [...(await knownPeople(warehouse, seed)), ...otherPeople()]);
  return KNOWN_ACCOUNTS + OTHER_ACCOUNTS + KNOWN_PEOPLE + OTHER_PEOPLE;
}

async function seedRecords(sandbox: Sandbox, object: string, records: readonly object[]): Promise<void> {
  for (let from = 0; from < records.length; from += SEED_PAGE)
    await sandbox.control("POST", "records", { object, records: records.slice(from, from + SEED_PAGE) });
}

type Row = Readonly<Record<string, unknown>> & { readonly Id: string; readonly IsDeleted: boolean };

/** Records as the oracle compares them: values as text, a contact's account by its external id. */
export async function dumpOrg(sandbox: Sandbox, object: string): Promise<readonly PortalRecord[]> {
  const rows = (await sandbox.control("GET", `dump?object=${object}&deleted=true`)) as Row[];
  const accounts = object === "Contact" ? ((await sandbox.control("GET", "dump?object=Account")) as Row[]) : [];
  const companyOf = new Map(accounts.map((account) => [account.Id, account.Company_Id__c]));
  return rows.map((row) => {
    const account = object === "Contact" ? { "Account.Company_Id__c": companyOf.get(String(row.AccountId)) } : {};
    const values = Object.entries({ ...row, ...account }).map(
      ([field, value]) => [field, textOf(field, value)] as const,
    );
    // The full name is made of the parts of the name.
    const properties = Object.fromEntries(values.filter(([field]) => object === "Account" || field !== "Name"));
    return { id: row.Id, properties, archived: row.IsDeleted };
  });
}

function textOf(field: string, value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return field === "AnnualRevenue" && typeof value === "number" ? value.toFixed(2) : String(value);
}

async function read(warehouse: string, seed: number, sql: string): Promise<Record<string, string>[]> {
  return onWarehouse(warehouse, async (db) => {
    await defineRandom(db, seed);
    const reader = await db.runAndReadAll(sql);
    return reader.getRowObjectsJson() as Record<string, string>[];
  });
}

/** Companies that sales already had, under the same name; people typed what the warehouse does not have. */
function knownAccounts(warehouse: string, seed: number): Promise<Record<string, string>[]> {
  return read(
    warehouse,
    seed,
    `select name as "Name", 'Typed by hand' as "Description", '+49 30 ' || right(company_id, 4) as "Phone"
     from companies order by draw('account', company_id), company_id limit ${KNOWN_ACCOUNTS}`,
  );
}

/** People of companies whom sales already had, found by their e-mail in any case. */
function knownPeople(warehouse: string, seed: number): Promise<Record<string, string>[]> {
  return read(
    warehouse,
    seed,
    `select upper(left(email, 1)) || substr(email, 2) as "Email", first_name as "FirstName",
       'Typed ' || coalesce(nullif(last_name, ''), first_name) as "LastName", 'Head of Öps' as "Title",
       coalesce(city, 'typed by hand') as "MailingCity"
     from customers where coalesce(email, '') <> '' and company_id is not null
     order by draw('person', customer_id), customer_id limit ${KNOWN_PEOPLE}`,
  );
}

function otherAccounts(): Record<string, string>[] {
  return Array.from({ length: OTHER_ACCOUNTS }, (_, index) => ({ Name: `Elsewhere ${index} Ltd` }));
}

function otherPeople(): Record<string, string>[] {
  return Array.from({ length: OTHER_PEOPLE }, (_, index) => ({
    LastName: `Nº ${index}`,
    Email: `prospect.${index}@elsewhere.example`,
  }));
}
