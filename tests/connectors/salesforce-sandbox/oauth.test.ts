// Proves who is let in: client credentials, signed assertions, sessions that end, and what else is refused.
import { createSign, generateKeyPairSync } from "node:crypto";
import { Connection } from "jsforce";
import { expect, test } from "vitest";
import { BASE, VERSION } from "./client.ts";
import { fetchToken, send, type Token } from "./plain-client.ts";
import { startedSandbox } from "./started-sandbox.ts";

const JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const USER = "integration@sandbox.example";

async function refusal(url: string, form: Record<string, string>): Promise<unknown> {
  const reply = await fetchToken(url, form);
  return [reply.status, ((await reply.json()) as { error: string }).error];
}

test("client credentials: the reply names the org, the user and the instance; anything else is a 400", async () => {
  const { url } = await startedSandbox();
  const reply = await fetchToken(url);
  expect(reply.status).toBe(200);
  const token = (await reply.json()) as Token;
  expect(token).toEqual({
    access_token: expect.any(String),
    instance_url: url,
    id: expect.stringMatching(new RegExp(`^${url}/id/00D[0-9A-Za-z]{15}/005[0-9A-Za-z]{15}$`)),
    token_type: "Bearer",
    issued_at: expect.stringMatching(/^\d{13}$/),
    signature: expect.any(String),
    scope: "api",
  });
  expect(await refusal(url, { client_id: "other" })).toEqual([400, "invalid_client_id"]);
  expect(await refusal(url, { client_secret: "other" })).toEqual([400, "invalid_client"]);
  expect(await refusal(url, { grant_type: "password" })).toEqual([400, "unsupported_grant_type"]);
});

test("the org is another one for another seed or port, and the same for the same", async () => {
  const org = async (url: string) => ((await (await fetchToken(url)).json()) as Token).id.split("/").at(-2);
  const one = await startedSandbox({ seed: 1 });
  const two = await startedSandbox({ seed: 2 });
  const first = await org(one.url);
  expect(await org(two.url)).not.toBe(first);
  await one.close();
  const again = await startedSandbox({ seed: 1, port: Number(new URL(one.url).port) });
  // fetch finds its connection to the closed sandbox dead at the first call.
  await fetch(again.url).catch(() => null);
  expect(await org(again.url)).toBe(first);
});

test("identity and userinfo tell org and user", async () => {
  const { url } = await startedSandbox();
  const { access_token, id } = (await (await fetchToken(url)).json()) as Token;
  const [organization_id, user_id] = id.split("/").slice(-2);
  for (const path of [new URL(id).pathname, "/services/oauth2/userinfo"]) {
    const { status, body } = await send(url, access_token, "GET", path);
    expect([status, body]).toMatchObject([200, { organization_id, user_id }]);
    expect((await send(url, "wrong", "GET", path)).status).toBe(401);
  }
});

test("without a session: 401 INVALID_SESSION_ID; the list of versions is open to all", async () => {
  const { url } = await startedSandbox();
  const refused = await send(url, "wrong", "GET", `${BASE}/limits/`);
  expect(refused.status).toBe(401);
  expect(refused.body).toEqual([{ message: "Session expired or invalid", errorCode: "INVALID_SESSION_ID" }]);
  const versions = (await send(url, "", "GET", "/services/data")).body as { version: string; label: string }[];
  expect(versions.at(0)?.version).toBe("50.0");
  expect(versions.at(-1)).toMatchObject({ version: "67.0", label: "Summer '26" });
});

test("every version from v50.0 to v67.0 answers, others are NOT_FOUND", async () => {
  const { url } = await startedSandbox();
  const { access_token } = (await (await fetchToken(url)).json()) as Token;
  const status = async (version: string) =>
    (await send(url, access_token, "GET", `/services/data/${version}/limits`)).status;
  expect(await Promise.all(["v50.0", "v60.0", "v67.0"].map(status))).toEqual([200, 200, 200]);
  expect(await Promise.all(["v49.0", "v68.0", "v60", "60.0"].map(status))).toEqual([404, 404, 404, 404]);
});

test("a signed assertion lets its user in; signature, audience, time, client and user are checked", async () => {
  const sandbox = await startedSandbox();
  const { url } = sandbox;
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  await sandbox.setUp("keys", { client_id: "app", public_key: publicKey.export({ type: "spki", format: "pem" }) });
  const nowS = Math.floor(Date.now() / 1_000);
  const good = { iss: "app", sub: USER, aud: url, exp: nowS + 120 };

  const signed = (claims: object, alg = "RS256") => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const text = `${part({ alg })}.${part(claims)}`;
    return `${text}.${createSign("RSA-SHA256").update(text).sign(privateKey, "base64url")}`;
  };
  const ask = (assertion: string) => fetchToken(url, { grant_type: JWT, assertion });
  const refused = async (assertion: string) => refusal(url, { grant_type: JWT, assertion });

  expect((await ask(signed(good))).status).toBe(200);
  expect((await ask(signed({ ...good, aud: "https://login.salesforce.com" }))).status).toBe(200);
  const invalid = [400, "invalid_grant"];
  expect(await refused(`${signed(good).slice(0, -8)}AAAAAAAA`)).toEqual(invalid);
  expect(await refused(signed(good, "none"))).toEqual(invalid);
  expect(await refused("nonsense")).toEqual(invalid);
  for (const wrong of [
    { aud: "https://elsewhere.example" },
    { exp: nowS - 1 },
    { exp: nowS + 3_600 },
    { sub: "nobody" },
  ]) {
    expect(await refused(signed({ ...good, ...wrong })), JSON.stringify(wrong)).toEqual(invalid);
  }
  expect(await refused(signed({ ...good, iss: "other" }))).toEqual([400, "invalid_client_id"]);
});

test("expire_token ends the session of the call: 401 until a new token is fetched", async () => {
  const sandbox = await startedSandbox();
  const { access_token } = (await (await fetchToken(sandbox.url)).json()) as Token;
  const status = async (token: string) => (await send(sandbox.url, token, "GET", `${BASE}/limits/`)).status;
  await sandbox.fault("expire_token");
  expect([await status(access_token), await status(access_token)]).toEqual([401, 401]);
  const fresh = (await (await fetchToken(sandbox.url)).json()) as Token;
  expect([await status(fresh.access_token), await status(access_token)]).toEqual([200, 401]);
});

test("jsforce fetches a new token by itself and repeats the call", async () => {
  const sandbox = await startedSandbox();
  const grant = { grant_type: "client_credentials" };
  let refreshes = 0;
  const connection = new Connection({
    loginUrl: sandbox.url,
    version: VERSION,
    oauth2: { loginUrl: sandbox.url, clientId: "sandbox", clientSecret: "sandbox" },
    refreshFn: (own, done) => {
      refreshes++;
      own.authorize(grant).then(
        () => done(null, own.accessToken ?? ""),
        (error: Error) => done(error),
      );
    },
  });
  await connection.authorize(grant);
  await sandbox.fault("expire_token");
  expect(await connection.create("Contact", { LastName: "A" })).toMatchObject({ success: true });
  expect(refreshes).toBe(1);
  expect(connection.limitInfo.apiUsage?.used).toBeGreaterThan(0);
});

test("a revoked token is let in no more", async () => {
  const { url } = await startedSandbox();
  const { access_token } = (await (await fetchToken(url)).json()) as Token;
  const body = new URLSearchParams({ token: access_token });
  expect((await fetch(`${url}/services/oauth2/revoke`, { method: "POST", body })).status).toBe(200);
  expect((await send(url, access_token, "GET", `${BASE}/limits/`)).status).toBe(401);
});
