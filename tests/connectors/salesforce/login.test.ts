// Proves that logging in works by both flows, happens once for all, ends, and is explained when it is refused (S20).
import { generateKeyPairSync, verify } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { audience } from "../../../connectors/salesforce/assertion.ts";
import type { Destination } from "../../../src/contract/destination.ts";
import { ORG, openAt, scriptedServer } from "./scripted-server.ts";

let server: Awaited<ReturnType<typeof scriptedServer>>;
const opened: Destination[] = [];
const quiet = new AbortController().signal;

async function open(config: object = {}): Promise<Destination> {
  const destination = await openAt(server.url, config);
  opened.push(destination);
  return destination;
}

beforeEach(async () => {
  server = await scriptedServer();
});
afterEach(async () => {
  for (const destination of opened.splice(0)) await destination.close();
  await server.close();
});

const organization = { Id: ORG, Name: "Acme", InstanceName: "EU42", IsSandbox: false };
const CHECKED = { body: { done: true, totalSize: 1, records: [organization] } };
const EXPIRED = { status: 401, body: [{ message: "Session expired or invalid", errorCode: "INVALID_SESSION_ID" }] };

test("client credentials: id and secret go in a form; the token goes on every call", async () => {
  const destination = await open();
  server.script(CHECKED, CHECKED);
  await destination.check(quiet);
  await destination.check(quiet);
  expect(server.asked.map((call) => call.body)).toEqual([
    { grant_type: "client_credentials", client_id: "app", client_secret: "secret-canary" },
  ]);
  expect(server.seen.map((call) => call.headers.authorization)).toEqual(["Bearer token-1", "Bearer token-1"]);
});

test("JWT bearer: an assertion for the user, signed with the key, of three minutes", async () => {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const auth = { flow: "jwt", client_id: "app", username: "u@acme.example", private_key: pem.replaceAll("\n", "\\n") };
  const destination = await open({ auth });
  server.script(CHECKED);
  await destination.check(quiet);
  const { grant_type, assertion = "" } = server.asked[0]?.body ?? {};
  expect(grant_type).toBe("urn:ietf:params:oauth:grant-type:jwt-bearer");
  const [head = "", claims = "", signature = ""] = assertion.split(".");
  const signed = Buffer.from(`${head}.${claims}`);
  expect(verify("RSA-SHA256", signed, publicKey, Buffer.from(signature, "base64url"))).toBe(true);
  const said = JSON.parse(Buffer.from(claims, "base64url").toString());
  expect(said).toMatchObject({ iss: "app", sub: "u@acme.example", aud: server.url });
  expect(said.exp - Date.now() / 1_000).toBeGreaterThan(150);
  expect(said.exp - Date.now() / 1_000).toBeLessThanOrEqual(180);
});

test.each([
  ["https://acme.my.salesforce.com", "https://login.salesforce.com"],
  ["https://login.salesforce.com", "https://login.salesforce.com"],
  ["https://acme--dev.sandbox.my.salesforce.com", "https://test.salesforce.com"],
  ["https://test.salesforce.com/", "https://test.salesforce.com"],
  ["http://127.0.0.1:4020", "http://127.0.0.1:4020"],
])("an assertion for %s is meant for %s", (url, aud) => {
  expect(audience(url)).toBe(aud);
});

test("a private key that is none is said without quoting it", async () => {
  const auth = { flow: "jwt", client_id: "app", username: "u", private_key: "-----BEGIN canary-----" };
  const error = await (await open({ auth })).check(quiet).catch((fault: unknown) => fault as Error);
  expect(error).toMatchObject({ code: "AUTH_REFUSED", message: expect.stringContaining("private_key") });
  expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain("canary");
  expect(server.asked).toEqual([]);
});

describe("a login that lets nobody in", () => {
  const error = (code: string, words: string) => ({ status: 400, body: { error: code, error_description: words } });
  const reply = (change: object) => ({ body: { ...server.tokenReply("t"), ...change } });
  test.each([
    [
      "a wrong secret",
      () => error("invalid_client", "invalid client credentials"),
      "invalid client credentials",
      "client_secret",
    ],
    [
      "an unknown app",
      () => error("invalid_client_id", "client identifier invalid"),
      "client identifier invalid",
      "client_id",
    ],
    [
      "no run-as user",
      () => error("invalid_grant", "no client credentials user enabled"),
      "no client credentials user",
      "run-as user",
    ],
    [
      "the wrong host",
      () => error("invalid_grant", "request not supported on this domain"),
      "this domain",
      "My Domain",
    ],
    [
      "an unapproved user",
      () => error("invalid_grant", "user hasn't approved this consumer"),
      "approved",
      "pre-authorize",
    ],
    ["a reply without id", () => reply({ id: undefined }), "without id", "login_url"],
    ["a reply without token", () => reply({ access_token: "" }), "without access_token", "login_url"],
    ["a reply without instance", () => reply({ instance_url: null }), "without instance_url", "login_url"],
    ["an instance that is not https", () => reply({ instance_url: "http://evil.example" }), "not https", "login_url"],
    ["HTML", () => ({ headers: { "content-type": "text/html" }, body: "<html>" }), "no token", "login_url"],
    ["a redirect", () => ({ status: 302, headers: { location: "https://x.example/" } }), "x.example", "login_url"],
  ])("%s is refused with a reason and a way out", async (_, script, words, fix) => {
    server.login(script());
    await expect((await open()).check(quiet)).rejects.toMatchObject({
      code: "AUTH_REFUSED",
      message: expect.stringContaining(words),
      fix: expect.stringContaining(fix),
    });
    expect(server.seen).toEqual([]);
  });

  test.each([
    ["a login server that is down", { status: 503, body: "<html>" }],
    ["too many logins", { status: 400, body: { error: "invalid_grant", error_description: "login rate exceeded" } }],
    ["a login that breaks off", { act: (request: { socket: { destroy(): void } }) => request.socket.destroy() }],
  ])("%s passes: nothing was sent", async (_, script) => {
    const destination = await open();
    server.login(script);
    await expect(destination.check(quiet)).rejects.toMatchObject({ code: "DESTINATION_UNREACHABLE" });
    await destination.describe("Contact", [], quiet);
    server.script(EXPIRED);
    server.login(script);
    const writes = [{ by: { match: {} }, fields: { LastName: "x" } }];
    const reply = await destination.write({ object: "Contact", operation: "create", writes }, quiet);
    expect(reply.outcomes).toMatchObject([{ kind: "deferred" }]);
  });

  test("the secret stands in no message", async () => {
    server.login(error("invalid_client", "invalid client credentials"));
    const fault = await (await open()).check(quiet).catch((caught: unknown) => caught);
    expect(JSON.stringify(fault, Object.getOwnPropertyNames(fault))).not.toContain("secret-canary");
  });
});

test("calls that begin together log in once", async () => {
  const destination = await open();
  server.script(CHECKED, CHECKED, CHECKED, CHECKED);
  await Promise.all([1, 2, 3, 4].map(() => destination.check(quiet)));
  expect(server.asked).toHaveLength(1);
});

test("a session that ends is renewed once, however many calls fail together", async () => {
  const destination = await open();
  server.script(CHECKED);
  await destination.check(quiet);
  // All four must have been refused before the first is answered, so that they fail together.
  const waiting: (() => void)[] = [];
  const refuse = {
    act: (_: unknown, response: { writeHead(status: number): void; end(text: string): void }) => {
      waiting.push(() => {
        response.writeHead(401);
        response.end(JSON.stringify(EXPIRED.body));
      });
      if (waiting.length === 4) for (const go of waiting) go();
    },
  };
  server.script(refuse, refuse, refuse, refuse, CHECKED, CHECKED, CHECKED, CHECKED);
  const told = await Promise.all([1, 2, 3, 4].map(() => destination.check(quiet)));
  expect(told.map(({ value }) => value.id)).toEqual([ORG, ORG, ORG, ORG]);
  expect(server.asked).toHaveLength(2);
  expect(server.seen.at(-1)?.headers.authorization).toBe("Bearer token-2");
});

test("a session that ends is renewed by a new assertion as well (JWT)", async () => {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const private_key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const destination = await open({ auth: { flow: "jwt", client_id: "app", username: "u@acme.example", private_key } });
  server.script(CHECKED, EXPIRED, CHECKED);
  await destination.check(quiet);
  await destination.check(quiet);
  expect(server.asked).toHaveLength(2);
  for (const { body } of server.asked) expect(body.assertion).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
  expect(server.seen.map((call) => call.headers.authorization)).toEqual([
    "Bearer token-1",
    "Bearer token-1",
    "Bearer token-2",
  ]);
});

test("a server that refuses every session ends the work: two tries a call, never more", async () => {
  const destination = await open();
  await destination.describe("Contact", [], quiet);
  server.script(EXPIRED, EXPIRED, EXPIRED, EXPIRED, EXPIRED, EXPIRED);
  await expect(destination.check(quiet)).rejects.toMatchObject({
    code: "AUTH_REFUSED",
    message: expect.stringContaining("INVALID_SESSION_ID"),
  });
  const writes = [{ by: { match: {} }, fields: { LastName: "x" } }];
  const writing = destination.write({ object: "Contact", operation: "create", writes }, quiet);
  await expect(writing).rejects.toMatchObject({ code: "AUTH_REFUSED" });
  expect(server.seen).toHaveLength(4);
  expect(server.asked).toHaveLength(3);
});

test("a secret that is changed in mid-run is told with the login's own reason", async () => {
  const destination = await open();
  server.script(CHECKED);
  await destination.check(quiet);
  server.script(EXPIRED);
  server.login({ status: 400, body: { error: "invalid_client", error_description: "invalid client credentials" } });
  await expect(destination.check(quiet)).rejects.toMatchObject({
    code: "AUTH_REFUSED",
    message: expect.stringContaining("invalid client credentials"),
  });
});
