// Proves the inputs of the API's threat table: who may do what, what is refused and how, and that no answer tells what it must not.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SCOPES, type Scope, type TokenRecord } from "../../../src/contract/service.ts";
import { routes } from "../../../src/service/api/routes.ts";
import { crowd } from "../../e2e/people.ts";
import { type Answered, type Asked, ask, askRaw } from "./ask.ts";
import { type Rig, startRig } from "./rig.ts";
import { SCENARIO_FILES } from "./scenarios.ts";

let rig: Rig;
let places = 0;
/** Bad tokens count by address: each case comes from its own. */
const elsewhere = (): string => `127.0.${1 + (++places >> 8)}.${places & 255 || 1}`;

beforeAll(async () => {
  rig = await startRig({ people: crowd(3), files: SCENARIO_FILES });
  // From here on nobody gets in without a token.
  await rig.token(["admin"]);
});
afterAll(() => rig.close());

const HEADERS = {
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
  "referrer-policy": "no-referrer",
  "content-security-policy": expect.stringMatching(/^default-src 'none';.*frame-ancestors 'none'/),
};

/** What every refusal looks like, whoever refuses. */
function expectRefused(answer: Answered, status: number, code: string): void {
  expect([answer.status, answer.body.code], answer.text).toEqual([status, code]);
  expect(answer.headers["content-type"]).toMatch(/^application\/problem\+json/);
  expect(answer.headers).toMatchObject(HEADERS);
  expect(answer.body).toMatchObject({
    type: "about:blank",
    title: expect.stringMatching(/\w/),
    status,
    detail: expect.stringMatching(/\w/),
  });
  expect(answer.body).toHaveProperty("fix");
  expect(answer.text).not.toMatch(/\bat .*\.(ts|js):\d+|node_modules|\/src\//);
}

type Case = readonly [name: string, status: number, code: string, method: string, path: string, asked?: Asked];

const RUNS = "/api/v1/syncs/people/runs";
const json = (text: string): Asked => ({ body: text, headers: { "content-type": "application/json" } });
const typed = (type: string, body: string): Asked => ({ body, headers: { "content-type": type } });
const host = (name: string): Asked => ({ headers: { host: name } });
const origin = (name: string): Asked => ({ headers: { origin: name } });
const DEEP = `${'{"action":'}${"[".repeat(100_000)}${"]".repeat(100_000)}}`;

const CASES: readonly Case[] = [
  ...(["1e9", "-1", "NaN", "0", "1.5", "", "0x10", "201", "9999999999", "1 or 1=1", "ten", "١"] as const).map(
    (limit): Case => [`limit=${limit}`, 400, "BAD_REQUEST", "GET", `/api/v1/runs?limit=${encodeURIComponent(limit)}`],
  ),
  ["limit twice", 400, "BAD_REQUEST", "GET", "/api/v1/runs?limit=1&limit=2"],
  ["a cursor that is none", 400, "BAD_REQUEST", "GET", "/api/v1/runs?cursor=zzz"],
  ["an empty cursor", 400, "BAD_REQUEST", "GET", "/api/v1/runs?cursor="],
  [
    "another list's cursor",
    400,
    "BAD_REQUEST",
    "GET",
    `/api/v1/runs?cursor=${Buffer.from("17").toString("base64url")}`,
  ],
  [
    "a cursor of SQL",
    400,
    "BAD_REQUEST",
    "GET",
    `/api/v1/audit?cursor=${Buffer.from("1 or 1=1").toString("base64url")}`,
  ],
  ["a cursor of 5,000 characters", 400, "BAD_REQUEST", "GET", `/api/v1/runs?cursor=${"a".repeat(5_000)}`],
  ["an unknown query key", 400, "BAD_REQUEST", "GET", "/api/v1/runs?colour=red"],
  ["a query key of the prototype", 400, "BAD_REQUEST", "GET", "/api/v1/runs?__proto__=1"],
  ["another of the prototype", 400, "BAD_REQUEST", "GET", "/api/v1/runs?constructor=1"],
  ["a state that is none", 400, "BAD_REQUEST", "GET", "/api/v1/runs?state=happy"],
  ["a wait that is too long", 400, "BAD_REQUEST", "GET", "/api/v1/runs/00000000000000000a?wait=61"],
  ["a wait of text", 400, "BAD_REQUEST", "GET", "/api/v1/runs/00000000000000000a?wait=1e1"],
  ["a way out, coded", 404, "UNKNOWN_SYNC", "GET", "/api/v1/syncs/..%2f..%2fetc%2fpasswd"],
  ["a way out, coded twice", 404, "UNKNOWN_SYNC", "GET", "/api/v1/syncs/..%252f..%252fetc"],
  ["a way out of the runs", 404, "UNKNOWN_RUN", "GET", "/api/v1/runs/..%2f..%2fstate.db/plan"],
  ["a way out with backslashes", 404, "UNKNOWN_RUN", "GET", "/api/v1/runs/..%5c..%5cstate.db/rows"],
  ["a way out in clear", 404, "NOT_FOUND", "GET", "/api/v1/syncs/../../etc/passwd"],
  ["NUL as a sync", 404, "UNKNOWN_SYNC", "GET", "/api/v1/syncs/%00"],
  ["NUL in a run", 404, "UNKNOWN_RUN", "GET", "/api/v1/runs/0%000"],
  ["NUL in a model", 404, "UNKNOWN_MODEL", "GET", "/api/v1/models/people%00/preview"],
  ["a member of the prototype as a sync", 404, "UNKNOWN_SYNC", "GET", "/api/v1/syncs/__proto__"],
  ["another as a model", 404, "UNKNOWN_MODEL", "GET", "/api/v1/models/constructor/preview"],
  ["another as a connection", 404, "UNKNOWN_CONNECTION", "POST", "/api/v1/connections/toString/check"],
  ["a broken percent", 400, "BAD_REQUEST", "GET", "/api/v1/syncs/%E0%A4%A"],
  ["a run id in capitals", 404, "UNKNOWN_RUN", "GET", "/api/v1/runs/00000000000000000A"],
  ["a run of SQL", 404, "UNKNOWN_RUN", "GET", `/api/v1/runs/${encodeURIComponent("x' or '1'='1")}`],
  ["a name of 1,900 characters", 404, "UNKNOWN_SYNC", "GET", `/api/v1/syncs/${"x".repeat(1_900)}`],
  ["a name of 5,000 characters", 414, "NAME_TOO_LONG", "GET", `/api/v1/syncs/${"x".repeat(5_000)}`],
  [
    "markup as a name",
    404,
    "UNKNOWN_SYNC",
    "GET",
    `/api/v1/syncs/${encodeURIComponent("<img src=x onerror=alert(1)>")}`,
  ],
  ["no such path", 404, "NOT_FOUND", "GET", "/api/v2/syncs"],
  ["a trailing slash", 404, "UNKNOWN_SYNC", "GET", "/api/v1/syncs/"],
  ["PUT", 404, "NOT_FOUND", "PUT", "/api/v1/syncs/people"],
  ["DELETE", 404, "NOT_FOUND", "DELETE", "/api/v1/runs/00000000000000000a"],
  ["PATCH", 404, "NOT_FOUND", "PATCH", "/api/v1/syncs/people"],
  ["OPTIONS, as before a call from another site", 404, "NOT_FOUND", "OPTIONS", RUNS],
  ["TRACE", 404, "NOT_FOUND", "TRACE", "/api/v1/syncs"],
  ["POST where there is only GET", 404, "NOT_FOUND", "POST", "/api/v1/runs"],
  ["GET where there is only POST", 404, "NOT_FOUND", "GET", RUNS],

  ["no JSON at all", 400, "BAD_REQUEST", "POST", RUNS, json("{")],
  ["a number", 400, "BAD_REQUEST", "POST", RUNS, json("1")],
  ["null", 400, "BAD_REQUEST", "POST", RUNS, json("null")],
  ["an array", 400, "BAD_REQUEST", "POST", RUNS, json("[]")],
  ["100,000 nested arrays", 400, "BAD_REQUEST", "POST", RUNS, json(DEEP)],
  ["an unknown key", 400, "BAD_REQUEST", "POST", RUNS, { body: { colour: "red" } }],
  ["a wrong type", 400, "BAD_REQUEST", "POST", RUNS, { body: { wait: "5" } }],
  ["a wrong action", 400, "BAD_REQUEST", "POST", RUNS, { body: { action: "reset" } }],
  ["a wait below 0", 400, "BAD_REQUEST", "POST", RUNS, { body: { wait: -1 } }],
  ["a wait that is too long in the body", 400, "BAD_REQUEST", "POST", RUNS, { body: { wait: 61 } }],
  ["a wait of 1e400", 400, "BAD_REQUEST", "POST", RUNS, json('{"wait":1e400}')],
  ["an approval of text", 400, "BAD_REQUEST", "POST", RUNS, { body: { approve: "true" } }],
  ["__proto__ in the body", 400, "BAD_REQUEST", "POST", RUNS, json('{"__proto__":{"approve":true}}')],
  ["__proto__, escaped", 400, "BAD_REQUEST", "POST", RUNS, json('{"\\u005f_proto__":{"approve":true}}')],
  ["constructor in the body", 400, "BAD_REQUEST", "POST", RUNS, json('{"constructor":{"prototype":{"wait":1}}}')],
  ["a body of 2 MB", 413, "BODY_TOO_LARGE", "POST", RUNS, json(`{"action":"${"x".repeat(2 << 20)}"}`)],
  ["text", 415, "NOT_JSON", "POST", RUNS, typed("text/plain", "{}")],
  ["a form", 415, "NOT_JSON", "POST", RUNS, typed("application/x-www-form-urlencoded", "action=run")],
  ["a multipart form", 415, "NOT_JSON", "POST", RUNS, typed("multipart/form-data; boundary=x", "--x--")],
  ["a body of no type", 415, "NOT_JSON", "POST", RUNS, { body: "{}", headers: { "content-length": "2" } }],
  ["a type of nonsense", 415, "NOT_JSON", "POST", RUNS, typed("application/jsonp", "{}")],

  ["another host", 421, "WRONG_HOST", "GET", "/api/v1/syncs", host("evil.com")],
  ["another host with a port", 421, "WRONG_HOST", "GET", "/api/v1/syncs", host("evil.com:80")],
  ["a host that begins as ours", 421, "WRONG_HOST", "GET", "/api/v1/syncs", host("127.0.0.1.evil.com")],
  ["a host that ends as ours", 421, "WRONG_HOST", "GET", "/api/v1/syncs", host("evil.com@127.0.0.1")],
  ["another host for what needs no token", 421, "WRONG_HOST", "GET", "/health/live", host("evil.com")],
  ["another host for the page", 421, "WRONG_HOST", "GET", "/docs", host("evil.com")],
  ["another host for no path", 421, "WRONG_HOST", "GET", "/nowhere", host("evil.com")],
  ["the origin null", 403, "WRONG_ORIGIN", "POST", RUNS, origin("null")],
  ["another origin", 403, "WRONG_ORIGIN", "POST", RUNS, origin("https://evil.com")],
  ["an origin that begins as ours", 403, "WRONG_ORIGIN", "POST", RUNS, origin("http://127.0.0.1.evil.com")],
  ["an origin of a file", 403, "WRONG_ORIGIN", "POST", "/api/v1/syncs/people/pause", origin("file://")],
  ["an empty origin", 403, "WRONG_ORIGIN", "POST", RUNS, origin("")],
];

describe("an input of the table is refused as it should be", () => {
  for (const [name, status, code, method, path, asked] of CASES)
    it(`${name}: ${status} ${code}`, async () => {
      const before = await rig.state.openSyncs();
      expectRefused(await rig.ask(method, path, asked), status, code);
      expect(await rig.state.openSyncs()).toEqual(before);
    });

  it("a prototype stays what it is", () => {
    expect(({} as Record<string, unknown>).approve).toBeUndefined();
  });

  it.each(["localhost", "LOCALHOST:1", "127.0.0.1", "[::1]:8080"])("our own name %s is answered", async (name) => {
    expect((await rig.ask("GET", "/api/v1/syncs", host(name))).status).toBe(200);
  });

  it("a page of our own may do what it is allowed to", async () => {
    expect((await rig.ask("POST", "/api/v1/syncs/people/resume", origin(rig.url))).status).toBe(200);
  });
});

describe("bytes that are no sound request", () => {
  const first = (path: string, ...lines: string[]): string => `${[path, ...lines].join("\r\n")}\r\n\r\n`;
  const HOST = "Host: 127.0.0.1";
  it.each([
    ["no host", 421, [first("GET /api/v1/syncs HTTP/1.1", "Connection: close")]],
    ["an empty host", 421, [first("GET /api/v1/syncs HTTP/1.1", "Host:", "Connection: close")]],
    ["no host, HTTP/1.0", 421, [first("GET /api/v1/syncs HTTP/1.0")]],
    [
      "another site's address in the first line",
      401,
      [first("GET http://evil.com/api/v1/syncs HTTP/1.1", HOST, "Connection: close")],
    ],
    [
      "a token of 1 MB",
      431,
      [first("GET /api/v1/syncs HTTP/1.1", HOST, `Authorization: Bearer ${"a".repeat(1 << 20)}`)],
    ],
    ["no HTTP", 400, ["\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"]],
    ["two lengths", 400, [first(`POST ${RUNS} HTTP/1.1`, HOST, "Content-Length: 2", "Content-Length: 3"), "{}"]],
    [
      "a length and chunks",
      400,
      [first(`POST ${RUNS} HTTP/1.1`, HOST, "Content-Length: 2", "Transfer-Encoding: chunked"), "0\r\n\r\n"],
    ],
    ["a line break in a header", 400, [first("GET /api/v1/syncs HTTP/1.1", HOST, "X-A: b\rInjected: c")]],
  ] as const)("%s: %i", async (_, status, pieces) => {
    const text = await askRaw(rig.url, pieces);
    expect(text.split("\r\n")[0]).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    const [head = "", body = ""] = text.split("\r\n\r\n");
    expect(head.toLowerCase()).toContain("content-type: application/problem+json");
    for (const name of Object.keys(HEADERS)) expect(head.toLowerCase()).toContain(`${name}: `);
    expect(JSON.parse(body)).toMatchObject({ type: "about:blank", status });
    expect((await rig.ask("GET", "/health/live")).status).toBe(200);
  });
});

describe("tokens", () => {
  const past = Date.now() - 1_000;
  const bad = (headers: Record<string, string | string[]>): Promise<Answered> =>
    ask(rig.url, "GET", "/api/v1/syncs", { headers, from: elsewhere() });

  it("none at all", async () => {
    const answer = await bad({});
    expectRefused(answer, 401, "UNAUTHORIZED");
    expect(answer.headers["www-authenticate"]).toBe("Bearer");
  });

  it.each([
    ["unknown", "Bearer slc_0000000000000000000000000000000000000000000"],
    ["empty", "Bearer "],
    ["no Bearer", "Basic c2xjXzAwMDA6"],
    ["with blanks", "Bearer a b"],
    ["a hash of one", `Bearer ${"ab".repeat(32)}`],
    ["201 characters", `Bearer ${"a".repeat(201)}`],
    ["10,000 characters", `Bearer ${"a".repeat(10_000)}`],
    ["of SQL", "Bearer ' or 1=1 --"],
    ["of latin letters", "Bearer ÿþý"],
  ])("%s", async (_, authorization) => expectRefused(await bad({ authorization }), 401, "UNAUTHORIZED"));

  it("expired, revoked, or both", async () => {
    const parts: Partial<TokenRecord>[] = [
      { expiresAt: past },
      { expiresAt: Date.now() },
      { revokedAt: past },
      { expiresAt: past, revokedAt: past },
    ];
    for (const part of parts) expectRefused(await bad(await rig.token(["admin"], part)), 401, "UNAUTHORIZED");
    expect((await bad(await rig.token(["read"], { expiresAt: Date.now() + 60_000 }))).status).toBe(200);
  });

  it("revoked while it is used", async () => {
    const headers = await rig.token(["read"], { id: "soon-over" });
    expect((await bad(headers)).status).toBe(200);
    await rig.state.revokeToken("soon-over", Date.now());
    expectRefused(await bad(headers), 401, "UNAUTHORIZED");
  });

  it("two headers, also where both are good", async () => {
    const { authorization } = await rig.token(["read"]);
    expectRefused(await bad({ authorization: [authorization, authorization] }), 401, "UNAUTHORIZED");
    const pieces = [
      "GET /api/v1/syncs HTTP/1.1",
      "Host: localhost",
      `Authorization: ${authorization}`,
      "aUTHORIZATION: Bearer x",
    ];
    const raw = await askRaw(rig.url, [`${pieces.join("\r\n")}\r\nConnection: close\r\n\r\n`]);
    expect(raw).toMatch(/^HTTP\/1\.1 401 /);
  });

  it("in the query or in a cookie count for nothing", async () => {
    const { authorization } = await rig.token(["admin"]);
    const key = authorization.slice("Bearer ".length);
    expectRefused(await bad({ cookie: `token=${key}` }), 401, "UNAUTHORIZED");
    const asked = { from: elsewhere() };
    expectRefused(await ask(rig.url, "GET", `/api/v1/syncs?token=${key}`, asked), 401, "UNAUTHORIZED");
  });

  it("of 20 that are bad in a minute the 21st is refused for that; a good one and other addresses pass", async () => {
    const from = elsewhere();
    const call = (authorization: string) => ask(rig.url, "GET", "/api/v1/syncs", { from, headers: { authorization } });
    for (let i = 0; i < 20; i++) expectRefused(await call(`Bearer bad${i}`), 401, "UNAUTHORIZED");
    const limited = await call("Bearer bad");
    expectRefused(limited, 429, "TOO_MANY_BAD_TOKENS");
    expect(Number(limited.headers["retry-after"])).toBeGreaterThan(0);
    expect(Number(limited.headers["retry-after"])).toBeLessThanOrEqual(60);
    const good = await rig.token(["read"]);
    expect((await call(good.authorization)).status).toBe(200);
    expectRefused(await bad({ authorization: "Bearer bad" }), 401, "UNAUTHORIZED");
  });

  it("stand nowhere in the state in clear", async () => {
    const { authorization } = await rig.token(["read"]);
    expect(JSON.stringify(await rig.state.tokens())).not.toContain(authorization.slice("Bearer ".length));
  });
});

describe("scopes", () => {
  const concrete = (path: string): string =>
    path
      .replace("/syncs/{name}", "/syncs/people")
      .replace("/models/{name}", "/models/people")
      .replace("/connections/{name}", "/connections/crm")
      .replace("{id}", "00000000000000000a")
      .replace("{key}", "1");

  it.each(
    routes.flatMap(({ method, path, scope }) => (scope === null ? [] : [[method, concrete(path), scope] as const])),
  )("%s %s needs %s, which no other but admin is", async (method, path, scope) => {
    const others = SCOPES.filter((one): one is Scope => one !== scope && one !== "admin");
    const headers = await rig.token(others);
    expectRefused(await rig.ask(method, path, { headers }), 403, "SCOPE_MISSING");
    expectRefused(await rig.ask(method, path, { headers: await rig.token([]) }), 403, "SCOPE_MISSING");
    if (path.endsWith("/events")) return;
    const allowed = await rig.ask(method, path, { headers: await rig.token([scope]) });
    expect([allowed.status, allowed.body.code]).not.toEqual([403, "SCOPE_MISSING"]);
  });

  it.each(["approve", "insist"])("%s with a run needs the scope of approvals as well", async (leave) => {
    const body = { [leave]: true, wait: 30 };
    const refused = await rig.ask("POST", RUNS, { body, headers: await rig.token(["run"]) });
    expectRefused(refused, 403, "SCOPE_MISSING");
    const allowed = await rig.ask("POST", RUNS, { body, headers: await rig.token(["run", "approve"]) });
    expect(allowed.status).toBe(200);
  });
});

describe("a token of some syncs", () => {
  let headers: { readonly authorization: string };
  beforeAll(async () => {
    headers = await rig.token(["read", "run", "approve", "values"], { syncs: ["people"] });
  });

  it.each([
    ["GET", "/api/v1/syncs/NAME"],
    ["POST", "/api/v1/syncs/NAME/runs"],
    ["POST", "/api/v1/syncs/NAME/pause"],
    ["POST", "/api/v1/syncs/NAME/resume"],
    ["GET", "/api/v1/syncs/NAME/rows/1"],
    ["GET", "/api/v1/runs?sync=NAME"],
  ])("%s %s: a sync that it may not see is one that is not there, to the byte", async (method, path) => {
    const [forbidden, unknown] = [
      await rig.ask(method, path.replace("NAME", "firms"), { headers }),
      await rig.ask(method, path.replace("NAME", "ghost"), { headers }),
    ];
    expectRefused(forbidden, 404, "UNKNOWN_SYNC");
    expect(bytesOf(forbidden, "firms")).toEqual(bytesOf(unknown, "ghost"));
  });

  it.each([
    ["GET", "/api/v1/runs/ID"],
    ["GET", "/api/v1/runs/ID?wait=60"],
    ["GET", "/api/v1/runs/ID/rows"],
    ["GET", "/api/v1/runs/ID/plan"],
    ["POST", "/api/v1/runs/ID/cancel"],
    ["POST", "/api/v1/runs/ID/approve"],
  ])("%s %s: so is a run", async (method, path) => {
    const { id } = await rig.run("firms", { action: "plan" });
    const ghost = "00000000000000000a";
    const [forbidden, unknown] = [
      await rig.ask(method, path.replace("ID", id), { headers }),
      await rig.ask(method, path.replace("ID", ghost), { headers }),
    ];
    expectRefused(forbidden, 404, "UNKNOWN_RUN");
    expect(bytesOf(forbidden, id)).toEqual(bytesOf(unknown, ghost));
  });

  it("so is a model that none of its syncs reads", async () => {
    const other = await rig.token(["values"], { syncs: ["ghost"] });
    const [forbidden, unknown] = [
      await rig.ask("GET", "/api/v1/models/people/preview", { headers: other }),
      await rig.ask("GET", "/api/v1/models/ghost/preview", { headers: other }),
    ];
    expectRefused(forbidden, 404, "UNKNOWN_MODEL");
    expect(bytesOf(forbidden, "people")).toEqual(bytesOf(unknown, "ghost"));
  });

  it("lists have only its own", async () => {
    await rig.run("firms", { action: "plan" });
    await rig.run("people");
    const syncs = (await rig.ask("GET", "/api/v1/syncs", { headers })).body.syncs as { name: string }[];
    expect(syncs.map(({ name }) => name)).toEqual(["people"]);
    const runs = (await rig.ask("GET", "/api/v1/runs?plans=true&limit=200", { headers })).body.runs as {
      sync: string;
    }[];
    expect(new Set(runs.map(({ sync }) => sync))).toEqual(new Set(["people"]));
  });

  it("metrics, which name every sync, are not for it", async () => {
    expectRefused(await rig.ask("GET", "/metrics", { headers }), 403, "SCOPE_MISSING");
  });

  it("neither is the audit log, nor a connection, whatever its scope", async () => {
    const admin = await rig.token(["admin"], { syncs: ["people"] });
    expectRefused(await rig.ask("GET", "/api/v1/audit", { headers: admin }), 403, "SCOPE_MISSING");
    expectRefused(await rig.ask("GET", "/api/v1/audit?sync=people", { headers: admin }), 403, "SCOPE_MISSING");
    expectRefused(await rig.ask("POST", "/api/v1/connections/crm/check", { headers: admin }), 403, "SCOPE_MISSING");
  });

  it("what is wrong with files of others is not for it", async () => {
    await rig.write({ "syncs/secret_plans.yml": "model: [" });
    for (let i = 0; i < 2; i++) await rig.service.parts.live.look();
    expect((await rig.ask("GET", "/api/v1/project")).text).toContain("secret_plans");
    const seen = await rig.ask("GET", "/api/v1/project", { headers });
    expect(seen.body.refused).toMatchObject({ problems: [] });
    expect(seen.text).not.toContain("secret_plans");
  });

  /** All but the time, and but for the name. */
  function bytesOf({ status, headers: { date: _, ...rest }, text }: Answered, name: string): unknown {
    const { "content-length": length, ...others } = rest;
    return { status, others, length: Number(length) - name.length, text: text.replaceAll(name, "…") };
  }
});

describe("every answer", () => {
  it.each(["/health/live", "/health/ready", "/metrics", "/api/v1/syncs", "/docs", "/docs.css", "/openapi.json"])(
    "%s carries the headers",
    async (path) => {
      const answer = await rig.ask("GET", path);
      expect(answer.status).toBe(200);
      expect(answer.headers).toMatchObject(HEADERS);
      for (const name of ["server", "x-powered-by", "access-control-allow-origin"])
        expect(answer.headers[name]).toBeUndefined();
    },
  );

  it("HEAD says what GET would, without the body", async () => {
    const answer = await rig.ask("HEAD", "/health/live");
    expect([answer.status, answer.text]).toEqual([200, ""]);
    expect((await ask(rig.url, "HEAD", "/api/v1/syncs", { from: elsewhere() })).status).toBe(401);
  });
});
