// The vendor's own client library behind the same interface, its limiter and retries left off.
import { Client } from "@hubspot/api-client";
import type { Body, Reply, TestClient } from "./client.ts";

type HttpInfo = { httpStatusCode: number; headers: Record<string, string>; data?: unknown };
type ApiException = { code: number; body: unknown; headers: Record<string, string> };

export function vendorClient(url: string, token = "sandbox"): TestClient {
  const client = new Client({ accessToken: token, basePath: url });
  const { basicApi, batchApi, searchApi } = client.crm.objects;

  async function call(method: string, path: string, body?: unknown): Promise<Reply> {
    const response = await client.apiRequest({ method, path, ...(body === undefined ? {} : { body }) });
    const text = await response.text();
    return { status: response.status, headers: new Headers(), body: text === "" ? {} : (JSON.parse(text) as Body) };
  }

  function batch(type: string, action: string, inputs: readonly unknown[]): Promise<HttpInfo> {
    // The library's own input types are classes without constructors; what goes over the wire is plain JSON.
    const body = { inputs } as never;
    if (action === "create") return batchApi.createWithHttpInfo(type, body);
    if (action === "update") return batchApi.updateWithHttpInfo(type, body);
    if (action === "upsert") return batchApi.upsertWithHttpInfo(type, body);
    return batchApi.archiveWithHttpInfo(type, body);
  }

  return {
    call,
    batch: (type, action, inputs) => settled(batch(type, action, inputs)),
    read(type, ids, properties, idProperty) {
      const by = idProperty === undefined ? {} : { idProperty };
      const inputs = ids.map((id) => ({ id }));
      return settled(
        batchApi.readWithHttpInfo(type, { inputs, properties: [...properties], propertiesWithHistory: [], ...by }),
      );
    },
    get: (type, id, properties, idProperty) =>
      settled(basicApi.getByIdWithHttpInfo(type, id, [...properties], undefined, undefined, undefined, idProperty)),
    list: (type, limit, after) => settled(basicApi.getPageWithHttpInfo(type, limit, after)),
    create: (type, properties) => settled(basicApi.createWithHttpInfo(type, { properties, associations: [] })),
    patch: (type, id, properties) => settled(basicApi.updateWithHttpInfo(type, id, { properties })),
    archive: (type, id) => settled(basicApi.archiveWithHttpInfo(type, id)),
    search: (type, request) => settled(searchApi.doSearchWithHttpInfo(type, request as never)),
    // 13.5 has no door to these two but its generic one.
    merge: (primaryObjectId, objectIdToMerge) =>
      call("POST", "/crm/v3/objects/contacts/merge", { primaryObjectId, objectIdToMerge }),
    gdprDelete: (objectId, idProperty) =>
      call("POST", "/crm/v3/objects/contacts/gdpr-delete", { objectId, idProperty }),
    properties: (type) => settled(client.crm.properties.coreApi.getAllWithHttpInfo(type)),
  };
}

async function settled(answer: Promise<HttpInfo>): Promise<Reply> {
  try {
    const { httpStatusCode, headers, data } = await answer;
    return { status: httpStatusCode, headers: new Headers(headers), body: plain(data) };
  } catch (error) {
    if (typeof error !== "object" || error === null || !("code" in error) || typeof error.code !== "number")
      throw error;
    const { code, body, headers } = error as ApiException;
    return { status: code, headers: new Headers(headers), body: plain(body) };
  }
}

/** The library renames `new` and makes Dates; JSON brings both back. */
function plain(value: unknown): Body {
  if (typeof value !== "object" || value === null) return {};
  return JSON.parse(JSON.stringify(value).replaceAll('"_new":', '"new":')) as Body;
}
