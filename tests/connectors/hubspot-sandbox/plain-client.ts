// Plain fetch, written from developers.hubspot.com (API reference, v3 objects; v4 associations), with no vendor code.
import type { Body, Reply, TestClient } from "./client.ts";

export function plainClient(url: string, token = "sandbox"): TestClient {
  async function call(method: string, path: string, body?: unknown): Promise<Reply> {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.includes("json") === true;
    return { status: response.status, headers: response.headers, body: isJson ? (JSON.parse(text) as Body) : {} };
  }

  const objects = (type: string, rest = "") => `/crm/v3/objects/${type}${rest}`;
  const by = (idProperty?: string) => (idProperty === undefined ? "" : `&idProperty=${idProperty}`);

  return {
    call,
    batch: (type, action, inputs) => call("POST", objects(type, `/batch/${action}`), { inputs }),
    read: (type, ids, properties, idProperty) =>
      call("POST", objects(type, "/batch/read"), {
        properties,
        inputs: ids.map((id) => ({ id })),
        ...(idProperty === undefined ? {} : { idProperty }),
      }),
    get: (type, id, properties, idProperty) =>
      call("GET", objects(type, `/${encodeURIComponent(id)}?properties=${properties.join(",")}${by(idProperty)}`)),
    list: (type, limit, after) =>
      call("GET", objects(type, `?limit=${limit}${after === undefined ? "" : `&after=${after}`}`)),
    create: (type, properties) => call("POST", objects(type), { properties }),
    patch: (type, id, properties) => call("PATCH", objects(type, `/${id}`), { properties }),
    archive: (type, id) => call("DELETE", objects(type, `/${id}`)),
    search: (type, request) => call("POST", objects(type, "/search"), request),
    merge: (primaryObjectId, objectIdToMerge) =>
      call("POST", objects("contacts", "/merge"), { primaryObjectId, objectIdToMerge }),
    gdprDelete: (objectId, idProperty) => call("POST", objects("contacts", "/gdpr-delete"), { objectId, idProperty }),
    properties: (type) => call("GET", `/crm/v3/properties/${type}`),
  };
}
