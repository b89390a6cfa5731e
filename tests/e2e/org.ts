import { afterAll } from "vitest";
import { startSalesforceSandbox } from "../../connectors/salesforce/sandbox/server.ts";

export type OrgRecord = Readonly<Record<string, unknown>> & { readonly Id: string };
export type OrgRequest = { readonly method: string; readonly path: string; readonly status: number };

/** The Salesforce sandbox, an administrator with a mouse in its org, and its control calls. */
export interface Org {
  readonly url: string;
  addFields(object: string, fields: readonly object[]): Promise<void>;
  /** Ids in the order of the records. */
  seed(object: string, records: readonly object[]): Promise<readonly string[]>;
  dump(object: string): Promise<readonly OrgRecord[]>;
  requests(): Promise<readonly OrgRequest[]>;
  /** Calls that may write records, whatever came of them. */
  writes(): Promise<readonly OrgRequest[]>;
  forgetRequests(): Promise<void>;
  fault(...faults: readonly object[]): Promise<void>;
  /** As an administrator would: `merge`, `convert`, `duplicate-rules` … */
  setUp<T>(call: string, body: object): Promise<T>;
  remove(object: string, id: string): Promise<void>;
  edit(object: string, id: string, fields: object): Promise<void>;
}

/** Starts sandboxes that end with the test file. */
export function orgMaker(): (options?: { tier?: string; seed?: number }) => Promise<Org> {
  const closers: (() => Promise<void>)[] = [];
  afterAll(async () => {
    for (const close of closers) await close();
  });
  return async ({ tier = "unlimited", seed = 1 } = {}) => {
    const sandbox = await startSalesforceSandbox({ port: 0, seed, tier, dataFile: null });
    closers.push(() => sandbox.close());
    return orgAt(sandbox.url);
  };
}

const WRITING = /\/composite\/sobjects|\/sobjects\/\w+\/\w+/;

export function orgAt(url: string): Org {
  const ask = async <T>(method: string, path: string, body?: unknown, headers: object = {}): Promise<T> => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { "content-type": "application/json", ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text === "" ? null : JSON.parse(text)) as T;
  };
  const control = <T>(method: string, path: string, body?: unknown) => ask<T>(method, `/__sandbox/${path}`, body);
  /** A session of somebody else's. */
  const asUser = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const login = new URLSearchParams({
      grant_type: "client_credentials",
      client_id: "sandbox",
      client_secret: "sandbox",
    });
    const token = await fetch(`${url}/services/oauth2/token`, { method: "POST", body: login });
    const { access_token } = (await token.json()) as { access_token: string };
    return ask<T>(method, `/services/data/v60.0/${path}`, body, { authorization: `Bearer ${access_token}` });
  };
  const requests = () => control<readonly OrgRequest[]>("GET", "requests");
  return {
    url,
    addFields: (object, fields) => control("POST", "fields", { object, fields }),
    seed: async (object, records) => {
      const { ids } = await control<{ ids: readonly string[] }>("POST", "records", { object, records });
      return ids;
    },
    dump: (object) => control("GET", `dump?object=${object}`),
    requests,
    writes: async () => (await requests()).filter(({ method, path }) => method !== "GET" && WRITING.test(path)),
    forgetRequests: () => control("DELETE", "requests"),
    fault: (...faults) => control("POST", "faults", faults),
    setUp: (call, body) => ask("POST", `/__sandbox/${call}`, body),
    remove: (object, id) => asUser("DELETE", `sobjects/${object}/${id}`),
    edit: (object, id, fields) => asUser("PATCH", `sobjects/${object}/${id}`, fields),
  };
}

/** A connection of sluice.yml to it. */
export function orgConnection(url: string): object {
  return {
    type: "salesforce",
    login_url: url,
    auth: { flow: "client_credentials", client_id: "sandbox", client_secret: "sandbox" },
  };
}
