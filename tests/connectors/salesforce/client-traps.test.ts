// Proves what the vendor's client does unasked and why it is kept from it; where a new version fails here, a guard may go.
import { createRequire } from "node:module";
import { Connection } from "jsforce";
import { afterEach, beforeEach, expect, test } from "vitest";
import { scriptedServer } from "./scripted-server.ts";

type RequestModule = { setDefaults(defaults: object): void };
const requests = createRequire(import.meta.url)("jsforce/lib/request.js") as RequestModule;
const GRANT = { grant_type: "client_credentials" };
const BUSY = {
  status: 503,
  headers: { "retry-after": "3600" },
  body: [{ errorCode: "SERVER_UNAVAILABLE", message: "busy" }],
};
const EXPIRED = { status: 401, body: [{ errorCode: "INVALID_SESSION_ID", message: "expired" }] };

let server: Awaited<ReturnType<typeof scriptedServer>>;

beforeEach(async () => {
  server = await scriptedServer();
  requests.setDefaults({ retry: { maxRetries: 2, minTimeout: 1 } });
});
afterEach(async () => {
  await server.close();
});

const connection = (options: object = {}) =>
  new Connection({
    loginUrl: server.url,
    oauth2: { loginUrl: server.url, clientId: "app", clientSecret: "s" },
    ...options,
  });

test("a token reply without id crashes it", async () => {
  server.login({ body: { ...server.tokenReply("t"), id: undefined } });
  await expect(connection().authorize(GRANT)).rejects.toThrow(TypeError);
});

test("its version of the API is 50.0 where nobody says another", async () => {
  expect(connection().version).toBe("50.0");
});

test.each([
  ["GET", 3],
  ["DELETE", 3],
  ["POST", 1],
  ["PATCH", 1],
] as const)(
  "%s is sent %i times where it may be sent again twice, whatever Retry-After says",
  async (method, times) => {
    const conn = connection();
    await conn.authorize(GRANT);
    server.script(BUSY, BUSY, BUSY);
    const body = method === "POST" || method === "PATCH" ? { body: "{}" } : {};
    await expect(conn.request({ method, url: "/sobjects/Contact/x", ...body })).rejects.toThrow("busy");
    expect(server.seen).toHaveLength(times);
  },
);

test("it logs in again as often as a session is refused, with no end of its own", async () => {
  let logins = 0;
  const conn = connection({
    refreshFn: (_: unknown, done: (error: Error | null, token?: string) => void) => {
      logins++;
      done(null, `token ${logins}`);
    },
  });
  await conn.authorize(GRANT);
  server.script(...Array(20).fill(EXPIRED), { body: {} });
  await conn.request("/limits");
  expect(logins).toBe(20);
});

test("the key of a single upsert goes into the address as it is", async () => {
  const conn = connection();
  await conn.authorize(GRANT);
  server.script({ body: { id: "0035g000000aaaaAAA", success: true, errors: [] } });
  await conn.sobject("Contact").upsert({ Number__c: "a/b?c", LastName: "x" }, "Number__c");
  expect(server.seen[0]?.rawPath).toMatch(/\/Number__c\/a\/b\?c$/);
});
