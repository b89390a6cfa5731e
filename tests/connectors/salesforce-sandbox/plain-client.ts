// Plain fetch, written from developer.salesforce.com (REST API developer guide), with no client library.
import { BASE, type Options, type Reply, type TestClient } from "./client.ts";

export type Token = { readonly access_token: string; readonly instance_url: string; readonly id: string };

export async function fetchToken(url: string, form: Record<string, string> = {}): Promise<Response> {
  const usual = { grant_type: "client_credentials", client_id: "sandbox", client_secret: "sandbox" };
  return fetch(`${url}/services/oauth2/token`, { method: "POST", body: new URLSearchParams({ ...usual, ...form }) });
}

export async function plainClient(url: string): Promise<TestClient> {
  const token = (await (await fetchToken(url)).json()) as Token;
  return clientOf(url, token.access_token);
}

/** Status, headers and parsed body of one call. */
export async function send(
  url: string,
  token: string,
  method: string,
  path: string,
  body?: object,
  headers: Record<string, string> = {},
): Promise<{ status: number; headers: Headers; body: unknown }> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") === true;
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}

function clientOf(url: string, token: string): TestClient {
  async function at<T>(
    method: string,
    path: string,
    body?: object,
    headers?: Record<string, string>,
  ): Promise<Reply<T>> {
    const reply = await send(url, token, method, path, body, headers);
    const { status } = reply;
    if (status < 300) return { body: reply.body as T, error: null };
    if (status === 300) return { body: reply.body as T, error: { errorCode: "MULTIPLE_CHOICES", message: "" } };
    const first = (reply.body as { errorCode: string; message: string }[])[0];
    if (typeof first !== "object") throw new Error(`${method} ${path}: ${status} ${String(reply.body)}`);
    return { body: reply.body as T, error: first };
  }

  const rows = (object: string, records: readonly object[], options: Options) => ({
    allOrNone: options.allOrNone ?? false,
    records: records.map((record) => ({ attributes: { type: object }, ...record })),
  });

  return {
    create: (object, records, options = {}) =>
      at("POST", `${BASE}/composite/sobjects`, rows(object, records, options), options.headers),
    update: (object, records, options = {}) =>
      at("PATCH", `${BASE}/composite/sobjects`, rows(object, records, options), options.headers),
    upsert: (object, key, records, options = {}) =>
      at("PATCH", `${BASE}/composite/sobjects/${object}/${key}`, rows(object, records, options), options.headers),
    remove: (_object, ids, options = {}) =>
      at("DELETE", `${BASE}/composite/sobjects?ids=${ids.join(",")}&allOrNone=${options.allOrNone ?? false}`),
    retrieve: (object, ids, fields) =>
      at("GET", `${BASE}/composite/sobjects/${object}?ids=${ids.join(",")}&fields=${fields.join(",")}`),
    query: (soql, options = {}) =>
      at(
        "GET",
        `${BASE}/${options.all ? "queryAll" : "query"}?q=${encodeURIComponent(soql)}`,
        undefined,
        options.headers,
      ),
    more: (nextRecordsUrl) => at("GET", nextRecordsUrl),
    describe: (object) => at("GET", `${BASE}/sobjects/${object}/describe`),
    call: (method, path, body, headers) => at(method, `${BASE}${path}`, body, headers),
  };
}
