import http from "node:http";

export type Script = {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  /** An object goes as JSON. */
  readonly body?: unknown;
  /** Instead of an answer. */
  readonly act?: (request: http.IncomingMessage, response: http.ServerResponse) => void;
};

/** What is looked at in bodies: the inputs of a batch. */
export type Body = {
  readonly inputs: readonly {
    readonly id: string;
    readonly objectWriteTraceId: string;
    readonly properties: Readonly<Record<string, string>>;
  }[];
};

export type Seen = {
  readonly method: string;
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Body;
};

const property = (name: string, type: string, more: object = {}) => ({
  name,
  label: name,
  type,
  fieldType: "text",
  options: [],
  ...more,
});

export const PROPERTIES = [
  property("email", "string"),
  property("firstname", "string"),
  property("customer_id", "string", { hasUniqueValue: true }),
  property("id", "string", { hasUniqueValue: true }),
  property("score", "number", { fieldType: "number" }),
  property("vip", "bool", { fieldType: "booleancheckbox" }),
  property("born", "date", { fieldType: "date" }),
  property("seen", "datetime", { fieldType: "date" }),
  property("colours", "enumeration", { fieldType: "checkbox", options: [{ value: "red" }, { value: "blue" }] }),
  property("stage", "enumeration", { fieldType: "select", options: [{ value: "a" }, { value: "b", hidden: true }] }),
  property("hubspot_owner_id", "enumeration", { externalOptions: true, referencedObjectType: "OWNER" }),
  property("createdate", "datetime", { modificationMetadata: { readOnlyValue: true } }),
  property("sum", "number", { calculated: true }),
  property("phone", "phone_number"),
];

/** Answers calls in order with what it is given, and with the properties whenever it is asked for them. */
export async function scriptedServer() {
  const scripts: Script[] = [];
  const seen: Seen[] = [];
  const server = http.createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const path = request.url ?? "";
    if (request.method === "GET" && path.startsWith("/crm/v3/properties/contacts")) {
      return answer(response, { body: { results: PROPERTIES } });
    }
    seen.push({ method: request.method ?? "", path, headers: request.headers, body: text && JSON.parse(text) });
    const script = scripts.shift() ?? { status: 500, body: { message: "the script is over" } };
    if (script.act !== undefined) return script.act(request, response);
    answer(response, script);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    /** What comes in the next calls. */
    script: (...next: Script[]) => void scripts.push(...next),
    seen,
    connections: () => new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count))),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answer(response: http.ServerResponse, script: Script): void {
  const isText = typeof script.body === "string";
  response.writeHead(script.status ?? 200, { "content-type": "application/json;charset=utf-8", ...script.headers });
  response.end(script.body === undefined ? "" : isText ? script.body : JSON.stringify(script.body));
}
