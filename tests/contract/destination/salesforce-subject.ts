import { salesforceConfig } from "../../../connectors/salesforce/config.ts";
import { openSalesforce } from "../../../connectors/salesforce/destination.ts";
import { fullId } from "../../../connectors/salesforce/record-id.ts";
import { startSalesforceSandbox } from "../../../connectors/salesforce/sandbox/server.ts";
import type { Destination } from "../../../src/contract/destination.ts";
import { realClock } from "./real-clock.ts";
import type { CallKind, Subject } from "./subject.ts";

const PATHS: Readonly<Record<CallKind, { method?: string; path: string }>> = {
  write: { path: "/composite/sobjects" },
  find: { method: "GET", path: "/query" },
  describe: { method: "GET", path: "/describe" },
  check: { method: "GET", path: "/query/" },
};

/** Salesforce contacts on a fresh sandbox. `wrap` puts decorators around the connector. */
export async function salesforceSubject(wrap?: (inner: Destination) => Destination): Promise<Subject> {
  const sandbox = await startSalesforceSandbox({ port: 0, seed: 1, tier: "unlimited", dataFile: null });
  const auth = { flow: "client_credentials", client_id: "sandbox", client_secret: "sandbox" };
  const config = salesforceConfig.parse({ login_url: sandbox.url, auth });
  const connector = await openSalesforce(config, { clock: realClock });
  const destination = wrap === undefined ? connector : wrap(connector);

  async function ask(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(sandbox.url + path, {
      method,
      headers: { "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === "" ? null : JSON.parse(text);
  }
  const control = (method: string, call: string, body?: unknown) => ask(method, `/__sandbox/${call}`, body);

  await control("POST", "fields", {
    object: "Contact",
    fields: [
      { name: "LastName", required: false },
      { name: "Customer_Id__c", type: "string", length: 80, unique: true, external_id: true },
      { name: "Vip__c", type: "boolean" },
      { name: "Seen_At__c", type: "datetime" },
      { name: "Score__c", type: "double", precision: 18, scale: 3 },
      { name: "Stage__c", type: "picklist", options: ["lead", "customer"], restricted: true },
      { name: "Colours__c", type: "multipicklist", options: ["red", "blue", "green"], restricted: true },
    ],
  });
  return {
    destination,
    isWrapped: wrap !== undefined,
    object: "Contact",
    fields: {
      key: "Customer_Id__c",
      caseless: "Customer_Id__c",
      text: "Title",
      longText: "Description",
      number: "Score__c",
      boolean: "Vip__c",
      emptyBoolean: "false",
      date: "Birthdate",
      timestamp: "Seen_At__c",
      option: { field: "Stage__c", value: "lead" },
      set: { field: "Colours__c", values: ["red", "blue"] },
      readOnly: "CreatedDate",
      sticky: null,
      poison: { field: "Email", value: "no e-mail at all", code: "INVALID_EMAIL_ADDRESS" },
    },
    resultsByPosition: true,
    unknownObject: "Persons",
    unknownId: fullId("003al0000zzzzzz"),
    seed: async (records) => {
      const { ids } = (await control("POST", "records", { object: "Contact", records })) as { ids: string[] };
      return ids;
    },
    dump: async () => {
      const records = (await control("GET", "dump?object=Contact")) as { Id: string }[];
      return new Map(records.map((record) => [record.Id, { ...record }]));
    },
    mishap: async (call, mishap, times = 1) => {
      await control("POST", "faults", { match: PATHS[call], times, fault: mishap });
    },
    merge: async (into, from) => {
      await ask("POST", "/__sandbox/merge", { object: "Contact", master: into, losers: [from] });
      return into;
    },
    struck: async () => {
      const faults = (await control("GET", "faults")) as { struck: number }[];
      return faults.reduce((sum, { struck }) => sum + struck, 0);
    },
    calls: async () => {
      const requests = (await control("GET", "requests")) as { path: string }[];
      return requests.filter(({ path }) => path.startsWith("/services/data/")).length;
    },
    close: async () => {
      await destination.close();
      await sandbox.close();
    },
  };
}
