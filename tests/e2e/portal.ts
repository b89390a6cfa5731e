import { afterAll } from "vitest";
import { startHubspotSandbox } from "../../connectors/hubspot/sandbox/server.ts";

export type Fields = Readonly<Record<string, string | null>>;
export type PortalRecord = { readonly id: string; readonly properties: Fields; readonly archived: boolean };
export type PortalRequest = {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly rows: number;
  readonly time: number;
};
export type NewField = {
  readonly name: string;
  readonly type?: string;
  readonly fieldType?: string;
  readonly unique?: boolean;
  readonly readonly?: boolean;
  readonly length?: number;
  readonly options?: readonly string[];
};

/** The sandbox, a person with a mouse in its CRM, and its control calls. */
export interface Portal {
  readonly url: string;
  addFields(object: string, fields: readonly NewField[]): Promise<void>;
  seed(object: string, records: readonly Fields[]): Promise<readonly string[]>;
  dump(object?: string, archived?: boolean): Promise<readonly PortalRecord[]>;
  requests(): Promise<readonly PortalRequest[]>;
  /** Calls that may write, whatever came of them. */
  writes(): Promise<readonly PortalRequest[]>;
  forgetRequests(): Promise<void>;
  fault(...faults: readonly object[]): Promise<void>;
  /** Calls of this path are kept waiting, but for the first so many. */
  hold(path: string, after?: number): Promise<void>;
  /** How many calls faults have met so far. */
  held(): Promise<number>;
  /** From now on all is well; what was held has landed when this returns. */
  noFaults(): Promise<void>;
  /** As a person would, past faults and limits of the account that is tested. */
  edit(object: string, id: string, properties: Fields): Promise<void>;
  archive(object: string, id: string): Promise<void>;
  merge(object: string, primary: string, other: string): Promise<string>;
}

/** Longer than any test. */
const HOLD_MS = 600_000;
const WRITING = /\/batch\/(create|update|upsert|archive)|\/merge|\/gdpr-delete/;

/** Starts sandboxes that end with the test file. */
export function portalMaker(): (options?: { tier?: string; seed?: number }) => Promise<Portal> {
  const closers: (() => Promise<void>)[] = [];
  afterAll(async () => {
    for (const close of closers) await close();
  });
  return async ({ tier = "unlimited", seed = 1 } = {}) => {
    const sandbox = await startHubspotSandbox({ port: 0, seed, tier, dataFile: null });
    closers.push(() => sandbox.close());
    return portalAt(sandbox.url);
  };
}

export function portalAt(url: string): Portal {
  const ask = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: "Bearer sandbox", "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text === "" ? null : JSON.parse(text)) as T;
  };
  const control = <T>(method: string, path: string, body?: unknown) => ask<T>(method, `/__sandbox/${path}`, body);
  const requests = () => control<readonly PortalRequest[]>("GET", "requests");
  return {
    url,
    addFields: (object, fields) => control("POST", "fields", { object, fields }),
    seed: async (object, records) => {
      const { ids } = await control<{ ids: readonly string[] }>("POST", "records", { object, records });
      return ids;
    },
    dump: (object = "contacts", archived = false) => control("GET", `dump?object=${object}&archived=${archived}`),
    requests,
    writes: async () => (await requests()).filter((request) => WRITING.test(request.path)),
    forgetRequests: () => control("DELETE", "requests"),
    fault: (...faults) => control("POST", "faults", faults),
    hold: (path, after = 0) =>
      control("POST", "faults", [{ match: { path }, after, times: null, fault: { delay_ms: HOLD_MS } }]),
    held: async () => {
      const faults = await control<readonly { readonly struck: number }[]>("GET", "faults");
      return faults.reduce((sum, { struck }) => sum + struck, 0);
    },
    noFaults: () => control("DELETE", "faults"),
    edit: (object, id, properties) => ask("PATCH", `/crm/v3/objects/${object}/${id}`, { properties }),
    archive: (object, id) => ask("DELETE", `/crm/v3/objects/${object}/${id}`),
    merge: async (object, primaryObjectId, objectIdToMerge) => {
      const merged = await ask<{ id: string }>("POST", `/crm/v3/objects/${object}/merge`, {
        primaryObjectId,
        objectIdToMerge,
      });
      return merged.id;
    },
  };
}
