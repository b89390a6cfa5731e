import { VENDORS, type VendorName } from "../bench/vendors.ts";
import type { Sandbox } from "../demo/child-commands.ts";
import type { Story } from "./people.ts";

export type WriteName = "upsert" | "insert";

/** A vendor written in one of the two ways: what the harness must know of it. */
export type Target = Story & {
  readonly vendor: VendorName;
  readonly rows: number;
  /** A connection of sluice.yml. */
  readonly connection: (url: string) => object;
  /** The sync's keys but for its model. */
  readonly sync: object;
  /** Makes the fields, and records of people who are none of ours; gives their ids. */
  readonly prepare: (sandbox: Sandbox) => Promise<readonly string[]>;
  /** Living records in the form of `personText`. */
  readonly dump: (sandbox: Sandbox) => Promise<readonly { readonly id: string; readonly text: string }[]>;
  /** Whether a call of the request log may write. */
  readonly isWrite: (call: { readonly method: string; readonly path: string }) => boolean;
  /** Path of the calls that are slowed, so that kills find something on its way. */
  readonly slowPath: string;
};

const STRANGERS = 40;
type Values = Readonly<Record<string, unknown>>;

/** Upsert matches by a unique id of ours, insert by the e-mail, which no vendor but HubSpot keeps unique. */
export function targetOf(vendor: VendorName, write: WriteName): Target {
  return vendor === "hubspot" ? hubspot(write) : salesforce(write);
}

function hubspot(write: WriteName): Target {
  const fields = { customer_id: "key", email: "email", firstname: "first", lastname: "last", city: "city" };
  const columns = Object.keys(fields);
  return {
    vendor: "hubspot",
    write,
    emailsChange: write === "upsert",
    rows: 900,
    connection: VENDORS.hubspot.connection,
    sync: {
      destination: { connection: "crm", object: "contacts" },
      write,
      match: write === "upsert" ? { customer_id: "key" } : { email: "email" },
      fields,
      guards: "off",
      // Who made a record whose answer was lost is not known: it counts as adopted (S9), and is to go as well.
      on_removed: "archive",
      on_removed_adopted: "archive",
    },
    prepare: async ({ control }) => {
      await control("POST", "fields", { object: "contacts", fields: [{ name: "customer_id", unique: true }] });
      const records = strangers().map(({ email, first, last }) => ({ email, firstname: first, lastname: last }));
      return idsOf(await control("POST", "records", { object: "contacts", records }));
    },
    dump: async ({ control }) => {
      const records = (await control("GET", "dump?object=contacts")) as { id: string; properties: Values }[];
      return records.map(({ id, properties }) => ({ id, text: textOf(properties, columns) }));
    },
    isWrite: ({ path }) => /\/batch\/(create|update|upsert|archive)/.test(path),
    slowPath: "/batch/*",
  };
}

function salesforce(write: WriteName): Target {
  const isUnique = write === "upsert";
  const fields = { Key__c: "key", Email: "email", FirstName: "first", LastName: "last", MailingCity: "city" };
  const columns = Object.keys(fields);
  return {
    vendor: "salesforce",
    write,
    emailsChange: write === "upsert",
    rows: 1_200,
    connection: VENDORS.salesforce.connection,
    sync: {
      destination: { connection: "crm", object: "Contact" },
      write,
      match: write === "upsert" ? { Key__c: "key" } : { Email: "email" },
      fields,
      guards: "off",
      on_removed: "delete",
      on_removed_adopted: "delete",
    },
    prepare: async ({ control }) => {
      const key = { name: "Key__c", type: "string", length: 40, unique: isUnique, external_id: isUnique };
      await control("POST", "fields", { object: "Contact", fields: [key] });
      const records = strangers().map(({ email, first, last }) => ({ Email: email, FirstName: first, LastName: last }));
      return idsOf(await control("POST", "records", { object: "Contact", records }));
    },
    dump: async ({ control }) => {
      const records = (await control("GET", "dump?object=Contact")) as (Values & { Id: string })[];
      return records.map((record) => ({ id: record.Id, text: textOf(record, columns) }));
    },
    isWrite: ({ method, path }) => method !== "GET" && path.includes("/composite/sobjects"),
    slowPath: "/composite/*",
  };
}

function strangers(): { email: string; first: string; last: string }[] {
  return Array.from({ length: STRANGERS }, (_, index) => ({
    email: `stranger${index}@elsewhere.example`,
    first: "Not",
    last: `Ours ${index}`,
  }));
}

function idsOf(seeded: unknown): readonly string[] {
  return (seeded as { ids: readonly string[] }).ids;
}

function textOf(values: Values, columns: readonly string[]): string {
  return columns.map((column) => values[column] ?? "").join("|");
}
