// Proves that a music shop's CSV files, with a lifetime value from invoice lines, arrive byte for byte, once, and stay 59.
import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { orgConnection, orgMaker } from "./org.ts";
import { byCustomer, CUSTOMER_ID, projectFile } from "./people.ts";
import { portalMaker } from "./portal.ts";
import { projectMaker } from "./project.ts";

const CHINOOK = fileURLToPath(new URL("../../../shared/data/chinook", import.meta.url));
const newProject = projectMaker();
const newPortal = portalMaker();
const newOrg = orgMaker();

const CUSTOMERS = `/*---
connection: warehouse
primary_key: customer_id
---*/
with totals as (
  select i.CustomerId, sum(l.UnitPrice * l.Quantity)::decimal(12, 2) as lifetime_value
  from read_csv(\${var:chinook} || '/invoice_line.csv', types = {'UnitPrice': 'decimal(10, 2)'}) l
  join read_csv(\${var:chinook} || '/invoice.csv') i using (InvoiceId)
  group by all
)
select c.CustomerId as customer_id, c.FirstName as first_name, c.LastName as last_name, c.Email as email,
  c.Phone as phone, c.Company as company, c.Country as country, c.Address as address, c.PostalCode as zip,
  t.lifetime_value, e.Email as rep_email
from read_csv('customer.csv', all_varchar = true) c
left join totals t on t.CustomerId = c.CustomerId::integer
left join read_csv(\${var:chinook} || '/employee.csv') e on e.EmployeeId = c.SupportRepId::integer
`;

const COLUMNS = {
  FirstName: "firstname",
  LastName: "lastname",
  Email: "email",
  Phone: "phone",
  Company: "company",
  Country: "country",
  Address: "address",
  PostalCode: "zip",
} as const;

const SYNC = {
  model: "customers",
  destination: { connection: "crm", object: "contacts" },
  match: [{ customer_id: "customer_id" }, { email: "email" }],
  fields: {
    customer_id: "customer_id",
    email: "email",
    firstname: "first_name",
    lastname: "last_name",
    phone: "phone",
    company: "company",
    country: "country",
    address: "address",
    zip: "zip",
    lifetime_value: "lifetime_value",
    rep_email: "rep_email",
  },
};

const TO_SALESFORCE = {
  model: "customers",
  destination: { connection: "sales", object: "Contact" },
  match: [{ Customer_Id__c: "customer_id" }, { Email: "email" }],
  fields: {
    Customer_Id__c: "customer_id",
    Email: "email",
    FirstName: "first_name",
    LastName: "last_name",
    Phone: "phone",
    Department: "company",
    MailingCountry: "country",
    MailingPostalCode: "zip",
    Lifetime_Value__c: "lifetime_value",
  },
};

const BUYERS = `/*---
connection: warehouse
primary_key: customer_id
---*/
select CustomerId as customer_id, any_value(BillingCountry) as country, 'Customer ' || CustomerId as name
from read_csv(\${var:chinook} || '/invoice.csv') group by CustomerId
`;

const BUYERS_SYNC = {
  model: "buyers",
  destination: { connection: "sales", object: "Account" },
  match: { Customer_Id__c: "customer_id" },
  fields: { Name: "name", BillingCountry: "country" },
};

it.skipIf(!existsSync(CHINOOK))(
  `syncs Chinook's customers${existsSync(CHINOOK) ? "" : " (skipped: ../shared/data/chinook is not here)"}`,
  async () => {
    const portal = await newPortal();
    await portal.addFields("contacts", [
      CUSTOMER_ID,
      { name: "lifetime_value", type: "number" },
      { name: "rep_email" },
    ]);
    const connections = projectFile(portal.url) as { connections: object };
    const project = newProject({
      "sluice.yml": {
        version: 1,
        vars: { chinook: CHINOOK },
        connections: { ...connections.connections, warehouse: { type: "duckdb", directories: [CHINOOK] } },
      },
      "models/customers.sql": CUSTOMERS,
      "syncs/customers.yml": SYNC,
    });
    const csv = join(project.dir, "customer.csv");
    copyFileSync(join(CHINOOK, "customer.csv"), csv);

    expect(await project.run("customers")).toMatchObject({ status: 0, run: { state: "succeeded", created: 59 } });
    const records = byCustomer(await portal.dump());
    const rows = csvRows(readFileSync(csv, "utf8"));
    const totals = lifetimeValues();
    expect(records.size).toBe(59);
    expect(rows).toHaveLength(59);
    for (const row of rows) {
      const record = records.get(row.CustomerId ?? "");
      for (const [column, field] of Object.entries(COLUMNS)) {
        const value = row[column] === "" ? null : row[column];
        // HubSpot keeps addresses in lower case.
        expect(record?.[field] ?? null).toBe(field === "email" ? value?.toLowerCase() : value);
      }
      expect(Number(record?.lifetime_value)).toBe((totals.get(row.CustomerId ?? "") ?? 0) / 100);
      expect(record?.rep_email).toMatch(/^(jane|margaret|steve)@chinookcorp\.com$/);
    }
    expect(records.get("1")).toMatchObject({ firstname: "Luís", lastname: "Gonçalves", phone: "+55 (12) 3923-5555" });

    await portal.forgetRequests();
    expect(await project.run("customers")).toMatchObject({ status: 0, run: { planned: 0 } });
    const asked = (await portal.requests()).map(({ method, path }) => `${method} ${path.replace(/\?.*/, "")}`);
    expect(asked.sort()).toEqual(["GET /account-info/v3/details", "GET /crm/v3/properties/contacts"]);

    writeFileSync(csv, readFileSync(csv, "utf8").replace("leonekohler@surfeu.de", "leonie@example.de"));
    expect(await project.run("customers")).toMatchObject({
      status: 0,
      run: { created: 0, counts: { changed: 1 }, operations: { upsert: { applied: 1 } } },
    });
    const after = byCustomer(await portal.dump());
    expect(after.size).toBe(59);
    expect(after.get("2")).toMatchObject({ email: "leonie@example.de", lastname: "Köhler" });
  },
);

it.skipIf(!existsSync(CHINOOK))(
  "syncs them into HubSpot and Salesforce at once, 59 and 59, then is silent",
  async () => {
    const [portal, org] = [await newPortal(), await newOrg()];
    await portal.addFields("contacts", [
      CUSTOMER_ID,
      { name: "lifetime_value", type: "number" },
      { name: "rep_email" },
    ]);
    const key = { name: "Customer_Id__c", type: "string", length: 20, unique: true, external_id: true };
    await org.addFields("Contact", [key, { name: "Lifetime_Value__c", type: "currency", precision: 12, scale: 2 }]);
    await org.addFields("Account", [key]);
    const hubspot = projectFile(portal.url) as { connections: object };
    const warehouse = { type: "duckdb", directories: [CHINOOK] };
    const project = newProject({
      "sluice.yml": {
        version: 1,
        vars: { chinook: CHINOOK },
        connections: { ...hubspot.connections, sales: orgConnection(org.url), warehouse },
      },
      "models/customers.sql": CUSTOMERS,
      "models/buyers.sql": BUYERS,
      "syncs/to_hubspot.yml": SYNC,
      "syncs/to_salesforce.yml": TO_SALESFORCE,
    });
    copyFileSync(join(CHINOOK, "customer.csv"), join(project.dir, "customer.csv"));
    const both = await project.json<{ runs: { state: string; created: number }[] }>(["run", "--all"]);
    expect(both).toMatchObject({ status: 0, document: { runs: [{ created: 59 }, { created: 59 }] } });
    const contacts = new Map((await org.dump("Contact")).map((one) => [one.Customer_Id__c, one]));
    expect([contacts.size, (await portal.dump()).length]).toEqual([59, 59]);
    const totals = lifetimeValues();
    for (const row of csvRows(readFileSync(join(CHINOOK, "customer.csv"), "utf8"))) {
      expect(contacts.get(row.CustomerId)).toMatchObject({
        FirstName: row.FirstName,
        LastName: row.LastName,
        Phone: row.Phone || null,
      });
      expect(Number(contacts.get(row.CustomerId)?.Lifetime_Value__c)).toBe(
        (totals.get(row.CustomerId ?? "") ?? 0) / 100,
      );
    }
    await Promise.all([portal.forgetRequests(), org.forgetRequests()]);
    const again = await project.json<{ runs: object[] }>(["run", "--all"]);
    expect(again).toMatchObject({ status: 0, document: { runs: [{ planned: 0 }, { planned: 0 }] } });
    expect([await portal.writes(), await org.writes()]).toEqual([[], []]);

    // The customers of invoices as accounts: taking one away would take its contacts along.
    project.write({ "syncs/buyers.yml": { ...BUYERS_SYNC, on_removed: "delete" } });
    const refused = await project.json<{ error: { problems: object[] } }>(["run", "buyers"]);
    expect(refused).toMatchObject({ status: 2, document: { error: { problems: [{ code: "CASCADE_REFUSED" }] } } });
    expect(await org.writes()).toEqual([]);
    project.write({ "syncs/buyers.yml": BUYERS_SYNC });
    expect(await project.run("buyers")).toMatchObject({ status: 0, run: { created: 59 } });
  },
);

/** A reader of its own, so that the test does not trust the one it tests. */
function csvRows(text: string): Record<string, string>[] {
  const [head = [], ...lines] = text
    .trimEnd()
    .split(/\r?\n/)
    .map((line) =>
      [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
        ([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare ?? "",
      ),
    );
  return lines.map((cells) => Object.fromEntries(head.map((name, index) => [name, cells[index] ?? ""])));
}

/** In cents by customer. */
function lifetimeValues(): Map<string, number> {
  const read = (file: string) => csvRows(readFileSync(join(CHINOOK, file), "utf8"));
  const customers = new Map(read("invoice.csv").map((row) => [row.InvoiceId, row.CustomerId ?? ""]));
  const totals = new Map<string, number>();
  for (const line of read("invoice_line.csv")) {
    const customer = customers.get(line.InvoiceId) ?? "";
    const cents = Math.round(Number(line.UnitPrice) * 100) * Number(line.Quantity);
    totals.set(customer, (totals.get(customer) ?? 0) + cents);
  }
  return totals;
}
