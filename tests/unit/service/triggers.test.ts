// Proves that a signed call starts a trigger's syncs once, that nothing else of it counts, and that nobody learns by asking what a
// trigger's name or secret is.
import { createHmac } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Answered, ask, askRaw } from "./ask.ts";
import { type Rig, startRig, until } from "./rig.ts";

const OLD = "trigger-canary-old-0123456789";
const NEW = "trigger-canary-new-0123456789";
const DBT = "trigger-canary-dbt-0123456789";
const TRIGGERS = {
  orders: { type: "hmac", secret: ["${env:OLD}", "${env:NEW}"], syncs: ["people"] },
  crm: { type: "hmac", secret: "${env:NEW}", select: ["tag:crm"] },
  dbt: { type: "dbt_cloud", secret: "${env:DBT}", syncs: ["people"], jobs: [123] },
  any_job: { type: "dbt_cloud", secret: "${env:DBT}", syncs: ["people"] },
  not_here: { type: "hmac", secret: "${env:NOT_HERE}", syncs: ["people"] },
};

let rig: Rig;
let address = 1;
beforeAll(async () => {
  rig = await startRig({ env: { OLD, NEW, DBT } });
  const project = JSON.parse(await readFile(join(rig.dir, "sluice.yml"), "utf8")) as object;
  const people = JSON.parse(await readFile(join(rig.dir, "syncs/people.yml"), "utf8")) as object;
  await rig.write({
    "sluice.yml": { ...project, triggers: TRIGGERS },
    "syncs/again.yml": { ...people, tags: ["crm"], renamed_from: false },
  });
  await rig.service.parts.live.look();
  await rig.service.parts.live.look();
  expect(rig.service.parts.live.refused()).toBeNull();
});
afterAll(() => rig.close());

const hex = (secret: string, text: string): string => createHmac("sha256", secret).update(text).digest("hex");
const seconds = (): number => Math.floor(Date.now() / 1000);

type Signing = {
  secret?: string;
  body?: string;
  stamp?: string | number;
  headers?: Record<string, string>;
  from?: string;
};

function pull(name: string, signing: Signing = {}): Promise<Answered> {
  const { secret = OLD, body = '{"sync":"again"}', stamp = seconds(), from = "127.0.0.1" } = signing;
  const headers = {
    "content-type": "application/json",
    "x-sluice-timestamp": String(stamp),
    "x-sluice-signature": `sha256=${hex(secret, `${stamp}.${body}`)}`,
    ...signing.headers,
  };
  return ask(rig.url, "POST", `/api/v1/triggers/${name}`, { body, headers, from });
}

/** Wrong ones are counted by address: each test that makes some has its own. */
const elsewhere = (): string => `127.0.0.${++address}`;

const event = (patch: object = {}, run: object = {}): string =>
  JSON.stringify({
    accountId: 1,
    webhookId: "wsu_1",
    eventId: `wev_${Math.random()}`,
    timestamp: "2026-01-31T19:29:35.789265936Z",
    eventType: "job.run.completed",
    data: { jobId: "123", runId: "12345", runStatus: "Success", runStatusCode: 10, ...run },
    ...patch,
  });
const dbt = (name: string, body: string, authorization = hex(DBT, body), from = "127.0.0.1") =>
  ask(rig.url, "POST", `/api/v1/triggers/${name}`, {
    body,
    headers: { "content-type": "application/json", authorization },
    from,
  });

const runsOf = async (sync: string): Promise<number> => (await rig.state.runs({ sync, limit: 100 })).length;
const idle = () => until(async () => (await rig.state.openSyncs()).length === 0);

describe("a trigger of one's own", () => {
  it.each([OLD, NEW])("starts its syncs by either secret, and history and audit log say who it was", async (secret) => {
    await idle();
    const { status, body } = await pull("orders", {
      secret,
      body: JSON.stringify({ secret }),
      headers: { "x-sluice-id": secret },
    });
    expect(status).toBe(202);
    expect(body).toEqual({ started: [{ sync: "people", run: expect.any(String) }], repeated: false });
    const [{ run: id = "" } = {}] = body.started as { run: string }[];
    expect(await rig.state.run(id)).toMatchObject({ sync: "people", action: "run", trigger: "trigger orders" });
    const [entry] = await rig.state.audits({ beforeId: null, sync: "people", limit: 1 });
    expect(entry).toMatchObject({ who: "trigger orders", act: "start", run: id });
    await idle();
    expect(await rig.state.run(id)).toMatchObject({ state: "succeeded" });
  });

  it("starts the syncs that a selector means, and none that the body names", async () => {
    const { body } = await pull("crm", { secret: NEW });
    expect(body.started).toEqual([{ sync: "again", run: expect.any(String) }]);
  });

  it("starts nothing twice: not for the same bytes, whatever their id, nor for the same id signed anew", async () => {
    await idle();
    const stamp = seconds();
    const first = await pull("orders", { stamp, body: "{}", headers: { "x-sluice-id": "a" } });
    expect(first.status).toBe(202);
    await idle();
    const before = await runsOf("people");
    const again = [
      await pull("orders", { stamp, body: "{}", headers: { "x-sluice-id": "a" } }),
      await pull("orders", { stamp, body: "{}", headers: { "x-sluice-id": "b" } }),
      await pull("orders", { stamp, body: "{}" }),
      await pull("orders", { stamp: stamp - 1, body: "{}", headers: { "x-sluice-id": "a" } }),
    ];
    for (const { status, body } of again) expect([status, body]).toEqual([200, { started: [], repeated: true }]);
    expect(await runsOf("people")).toBe(before);
  });

  it("makes one run of the same message that comes many times at once", async () => {
    await idle();
    const before = await runsOf("people");
    const stamp = seconds() - 7;
    const all = await Promise.all(Array.from({ length: 10 }, () => pull("orders", { stamp })));
    expect(all.filter(({ status }) => status === 202)).toHaveLength(1);
    await idle();
    expect(await runsOf("people")).toBe(before + 1);
  });

  it("reads the bytes as they came, not what they mean", async () => {
    const body = '{ "a" : "\\u00e4\u00e4" }';
    expect((await pull("orders", { body })).status).toBe(202);
    const stamp = seconds();
    const from = elsewhere();
    const headers = { "x-sluice-signature": `sha256=${hex(OLD, `${stamp}.${JSON.stringify(JSON.parse(body))}`)}` };
    expect((await pull("orders", { body, stamp, headers, from })).status).toBe(404);
  });

  it("takes a call without a body, and no body that is not JSON", async () => {
    expect((await pull("orders", { body: "" })).status).toBe(202);
    expect((await pull("orders", { body: "{" })).status).toBe(400);
    expect((await pull("orders", { headers: { "content-type": "text/plain" } })).status).toBe(415);
  });
});

describe("what is not signed as it must be", () => {
  /** Of an empty object, with the true signature put so. */
  const signed = (put: (good: string) => string) => (): Signing => {
    const stamp = seconds();
    const headers = { "x-sluice-signature": put(hex(OLD, `${stamp}.{}`)) };
    return { stamp, body: "{}", headers };
  };
  it.each<[string, string, () => Signing]>([
    ["an unknown trigger", "nobody", () => ({})],
    ["a name of every object", "constructor", () => ({})],
    ["a trigger whose secret is not set here", "not_here", () => ({ secret: "" })],
    ["another's secret", "crm", () => ({ secret: OLD })],
    ["a secret of dbt's", "dbt", () => ({ secret: DBT })],
    ["no signature", "orders", () => ({ headers: { "x-sluice-signature": "" } })],
    ["another scheme", "orders", signed((good) => `sha1=${good}`)],
    ["a signature without its scheme", "orders", signed((good) => good)],
    ["a part of the signature", "orders", signed((good) => `sha256=${good.slice(2)}`)],
    ["two signatures", "orders", signed((good) => `sha256=${good}, sha256=${good}`)],
    [
      "another time than the signed one",
      "orders",
      () => ({ stamp: seconds(), headers: { "x-sluice-timestamp": `${seconds() + 1}` } }),
    ],
    ["no time", "orders", () => ({ stamp: "" })],
    ["a time that is no number", "orders", () => ({ stamp: "1e9" })],
    ["an old time", "orders", () => ({ stamp: seconds() - 400 })],
    ["a time to come", "orders", () => ({ stamp: seconds() + 400 })],
  ])("is answered all the same, and starts nothing: %s", async (_, name, signing) => {
    await idle();
    const before = (await runsOf("people")) + (await runsOf("again"));
    const { status, body, text } = await pull(name, { ...signing(), from: elsewhere() });
    expect([status, body]).toEqual([
      404,
      {
        type: "about:blank",
        title: "Not found",
        status: 404,
        code: "TRIGGER_REFUSED",
        detail: "there is no such trigger, or the call is not signed as it must be",
        fix: "compare name, secret and clock with the sender's; the service's log says more",
      },
    ]);
    expect(text).not.toContain("canary");
    expect((await runsOf("people")) + (await runsOf("again"))).toBe(before);
  });

  it("counts with wrong tokens: after 20 from an address in a minute there is no other answer, and no other line in the log", async () => {
    const from = elsewhere();
    const wrong = () => pull("orders", { secret: "wrong", from });
    for (let one = 0; one < 10; one += 1) expect((await wrong()).status).toBe(404);
    const headers = { authorization: "Bearer wrong" };
    for (let one = 0; one < 10; one += 1)
      expect((await ask(rig.url, "GET", "/api/v1/syncs", { headers, from })).status).toBe(401);
    const lines = rig.log.length;
    const refused = await wrong();
    expect(refused).toMatchObject({ status: 429, headers: { "retry-after": expect.stringMatching(/^\d+$/) } });
    expect(rig.log.length).toBe(lines);
    expect((await pull("orders", { from, body: "[1]" })).status).toBe(202);
  });

  it("keeps its secrets out of the log, which says what was wrong", async () => {
    await pull("orders", { stamp: seconds() - 400, from: elsewhere() });
    expect(rig.log.join("")).toMatch(/a trigger was refused: its timestamp is 40\d s old/);
    expect(rig.log.join("")).not.toContain("canary");
  });

  it("is no larger than any body may be", async () => {
    const answer = await askRaw(rig.url, [
      `POST /api/v1/triggers/orders HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 2000000\r\nConnection: close\r\n\r\n`,
    ]);
    expect(answer).toMatch(/^HTTP\/1.1 413/);
  });
});

describe("a webhook of dbt Cloud", () => {
  it("starts the syncs when a listed job has succeeded, once", async () => {
    await idle();
    const body = event();
    const first = await dbt("dbt", body);
    expect([first.status, first.body]).toEqual([
      202,
      { started: [{ sync: "people", run: expect.any(String) }], repeated: false },
    ]);
    const again = await dbt("dbt", body);
    expect([again.status, again.body]).toEqual([200, { started: [], repeated: true }]);
  });

  it.each<[string, string, string]>([
    ["another job", event({}, { jobId: "124" }), "this job is not among the trigger's jobs"],
    ["a job that begins", event({ eventType: "job.run.started" }), "only job.run.completed starts anything"],
    [
      "a job that failed",
      event({ eventType: "job.run.errored" }, { runStatusCode: 20 }),
      "only job.run.completed starts anything",
    ],
    [
      "a job that completed and failed",
      event({}, { runStatus: "Errored", runStatusCode: 20 }),
      "the job did not succeed",
    ],
    ["the test of its endpoint, without a state", event({}, { runStatusCode: undefined }), "the job did not succeed"],
    ["a test with nothing in it", '{"test":true}', "this tells of no run of a job"],
  ])("is taken without starting anything: %s", async (_, body, reason) => {
    const { status, body: answer } = await dbt("dbt", body);
    expect([status, answer]).toEqual([200, { started: [], repeated: false, reason }]);
  });

  it("may be of any job where none is listed", async () => {
    expect((await dbt("any_job", event({}, { jobId: 987 }))).status).toBe(202);
  });

  it.each<[string, string]>([
    ["unsigned", ""],
    ["a token", "Bearer x"],
    ["with a scheme", `sha256=${"0".repeat(64)}`],
    ["by another secret", hex(OLD, "x")],
  ])("is refused %s", async (_, authorization) => {
    const { status, body } = await dbt("dbt", event(), authorization, elsewhere());
    expect([status, body.code]).toEqual([404, "TRIGGER_REFUSED"]);
  });
});
