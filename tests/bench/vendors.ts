import { openHubspot } from "../../connectors/hubspot/destination.ts";
import { salesforceConfig } from "../../connectors/salesforce/config.ts";
import { openSalesforce } from "../../connectors/salesforce/destination.ts";
import type { Destination } from "../../src/contract/destination.ts";
import { realClock } from "../contract/destination/real-clock.ts";
import type { Sandbox } from "../demo/child-commands.ts";

export type VendorName = "hubspot" | "salesforce";

/** What a benchmark must know of a vendor. */
export type Vendor = {
  readonly name: VendorName;
  readonly object: string;
  /** Field by which people are matched, and the column of the model. */
  readonly key: { readonly field: string; readonly column: string };
  /** Field: column, ten properties. */
  readonly fields: Readonly<Record<string, string>>;
  /** A connection of sluice.yml. */
  readonly connection: (url: string) => object;
  /** Custom fields that a fresh sandbox lacks. */
  readonly prepare: (sandbox: Pick<Sandbox, "control">) => Promise<void>;
  readonly open: (url: string) => Promise<Destination>;
  /** Whether a call of the request log writes records. */
  readonly isWrite: (path: string) => boolean;
};

const auth = { flow: "client_credentials", client_id: "sandbox", client_secret: "sandbox" } as const;

export const VENDORS: Readonly<Record<VendorName, Vendor>> = {
  hubspot: {
    name: "hubspot",
    object: "contacts",
    key: { field: "email", column: "email" },
    fields: {
      email: "email",
      firstname: "firstname",
      lastname: "lastname",
      phone: "phone",
      company: "company",
      jobtitle: "jobtitle",
      city: "city",
      zip: "zip",
      country: "country",
      numemployees: "numemployees",
    },
    connection: (url) => ({ type: "hubspot", access_token: "sandbox", base_url: url }),
    prepare: async () => undefined,
    open: (url) => openHubspot({ access_token: "sandbox", base_url: url }, { clock: realClock }),
    isWrite: (path) => path.includes("/batch/"),
  },
  salesforce: {
    name: "salesforce",
    object: "Contact",
    key: { field: "Person_Id__c", column: "person_id" },
    fields: {
      Person_Id__c: "person_id",
      Email: "email",
      FirstName: "firstname",
      LastName: "lastname",
      Phone: "phone",
      Department: "company",
      Title: "jobtitle",
      MailingCity: "city",
      MailingPostalCode: "zip",
      MailingCountry: "country",
    },
    connection: (url) => ({ type: "salesforce", login_url: url, auth }),
    prepare: async ({ control }) => {
      const fields = [{ name: "Person_Id__c", type: "string", length: 40, unique: true, external_id: true }];
      await control("POST", "fields", { object: "Contact", fields });
    },
    open: (url) => openSalesforce(salesforceConfig.parse({ login_url: url, auth }), { clock: realClock }),
    isWrite: (path) => path.includes("/composite/sobjects"),
  },
};
