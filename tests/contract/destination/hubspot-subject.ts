import { openHubspot } from "../../../connectors/hubspot/destination.ts";
import { startHubspotSandbox } from "../../../connectors/hubspot/sandbox/server.ts";
import type { Destination } from "../../../src/contract/destination.ts";
import { realClock } from "./real-clock.ts";
import type { CallKind, Subject } from "./subject.ts";

const PATHS: Readonly<Record<CallKind, { method: string; path: string }>> = {
  write: { method: "POST", path: "/batch/" },
  find: { method: "POST", path: "/batch/read" },
  describe: { method: "GET", path: "/crm/v3/properties/" },
  check: { method: "GET", path: "/account-info/" },
};

/** HubSpot contacts on a fresh sandbox. `wrap` puts decorators around the connector. */
export async function hubspotSubject(wrap?: (inner: Destination) => Destination): Promise<Subject> {
  const sandbox = await startHubspotSandbox({ port: 0, seed: 1, tier: "unlimited", dataFile: null });
  const connector = await openHubspot({ access_token: "sandbox", base_url: sandbox.url }, { clock: realClock });
  const destination = wrap === undefined ? connector : wrap(connector);

  async function ask(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(sandbox.url + path, {
      method,
      headers: { authorization: "Bearer sandbox", "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text);
  }
  const control = (method: string, call: string, body?: unknown) => ask(method, `/__sandbox/${call}`, body);

  await control("POST", "fields", {
    object: "contacts",
    fields: [
      { name: "customer_id", type: "string", unique: true },
      { name: "vip", type: "bool" },
      { name: "born_on", type: "date" },
      { name: "seen_at", type: "datetime" },
      { name: "score", type: "number" },
      { name: "colours", type: "enumeration", fieldType: "checkbox", options: ["red", "blue", "green"] },
    ],
  });
  return {
    destination,
    isWrapped: wrap !== undefined,
    object: "contacts",
    fields: {
      key: "customer_id",
      caseless: "email",
      text: "firstname",
      longText: "firstname",
      number: "score",
      boolean: "vip",
      emptyBoolean: null,
      date: "born_on",
      timestamp: "seen_at",
      option: { field: "lifecyclestage", value: "lead" },
      set: { field: "colours", values: ["red", "blue"] },
      readOnly: "createdate",
      sticky: { field: "lifecyclestage", present: "customer", ignored: "lead" },
      poison: { field: "email", value: "no e-mail at all", code: "INVALID_EMAIL" },
    },
    resultsByPosition: false,
    unknownObject: "persons",
    unknownId: "999999999999",
    seed: async (records) => {
      const { ids } = (await control("POST", "records", { object: "contacts", records })) as { ids: string[] };
      return ids;
    },
    dump: async () => {
      const records = (await control("GET", "dump?object=contacts")) as { id: string; properties: object }[];
      return new Map(records.map(({ id, properties }) => [id, { ...properties }]));
    },
    mishap: async (call, mishap, times = 1) => {
      await control("POST", "faults", { match: PATHS[call], times, fault: mishap });
    },
    merge: async (into, from) => {
      const body = { primaryObjectId: into, objectIdToMerge: from };
      const { id } = (await ask("POST", "/crm/v3/objects/contacts/merge", body)) as { id: string };
      return id;
    },
    struck: async () => {
      const faults = (await control("GET", "faults")) as { struck: number }[];
      return faults.reduce((sum, { struck }) => sum + struck, 0);
    },
    calls: async () => ((await control("GET", "requests")) as unknown[]).length,
    close: async () => {
      await destination.close();
      await sandbox.close();
    },
  };
}
