// Proves that every route of the API answers what its schema says, that lists end, that runs can be started, waited for,
// cancelled, approved and followed, and that every act is in the audit log.
import { Agent, request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { z } from "zod";
import { routes } from "../../../src/service/api/routes.ts";
import { crowd, person } from "../../e2e/people.ts";
import { type Answered, ask } from "./ask.ts";
import { followEvents } from "./follow-events.ts";
import { type Rig, startRig, until } from "./rig.ts";
import { heldRun, queuedAside, SCENARIO_FILES, SCENARIOS, TRIGGER_SECRET } from "./scenarios.ts";

const STREAMS = ["GET /api/v1/events"];
const PEOPLE = crowd(7);

let rig: Rig;

beforeAll(async () => {
  rig = await startRig({ people: PEOPLE, files: SCENARIO_FILES });
});
afterAll(() => rig.close());

const ids = (answer: Answered): string[] => (answer.body.runs as { id: string }[]).map(({ id }) => id);

describe("every route", () => {
  let whole: Rig;
  beforeAll(async () => {
    const triggers = { ci: { type: "hmac", secret: "${env:CI_SECRET}", syncs: ["people"] } };
    const env = { CI_SECRET: TRIGGER_SECRET };
    whole = await startRig({ people: PEOPLE, files: SCENARIO_FILES, settings: { triggers }, env });
  });
  afterAll(() => whole.close());

  it.each(routes.map((one) => [`${one.method} ${one.path}`, one] as const).filter(([name]) => !STREAMS.includes(name)))(
    "%s",
    async (name, one) => {
      const scenario = SCENARIOS[name];
      if (scenario === undefined) throw new Error("a route without a scenario: add one to scenarios.ts");
      const answer = await scenario(whole);
      const schema = one.answers[answer.status];
      expect(schema, `${answer.status} is no answer of this route: ${answer.text}`).toBeDefined();
      if (typeof schema === "string") return expect(answer.headers["content-type"]).toContain(schema);
      // Nothing is in the answer of which the document is silent.
      expect((schema as z.ZodType).parse(answer.body)).toEqual(answer.body);
      expect(answer.headers["content-type"]).toContain("application/json");
    },
  );

  it("has a scenario, and every scenario a route", () => {
    const names = routes.map((one) => `${one.method} ${one.path}`).filter((name) => !STREAMS.includes(name));
    expect(Object.keys(SCENARIOS).sort()).toEqual(names.sort());
  });
});

describe("starting runs", () => {
  it("answers 202 with where to look; the long poll gives its end", async () => {
    await rig.write({ "people.json": crowd(8) });
    const begun = await rig.ask("POST", "/api/v1/syncs/people/runs", { body: {} });
    expect(begun).toMatchObject({ status: 202, body: { state: "queued", action: "run", trigger: "api" } });
    const ended = await rig.ask("GET", `${begun.headers.location}?wait=60`);
    expect(ended).toMatchObject({ status: 200, body: { id: begun.body.id, state: "succeeded" } });
  });

  it("waits as long as it is asked to and answers 200 when it is over; no body at all is a run", async () => {
    expect(await rig.ask("POST", "/api/v1/syncs/people/runs", { body: { wait: 60 } })).toMatchObject({
      status: 200,
      body: { state: "succeeded", planned: 0 },
    });
    expect(await rig.ask("POST", "/api/v1/syncs/people/runs")).toMatchObject({ status: 202, body: { action: "run" } });
    const said = { "content-type": "application/json", "content-length": "0" };
    expect((await rig.ask("POST", "/api/v1/syncs/people/runs", { headers: said })).status).toBe(202);
    await rig.run("people");
  });

  it("plans without sending, and resends every row", async () => {
    await rig.run("people");
    await rig.portal.forgetRequests();
    const plan = await rig.run("people", { action: "plan" });
    expect(plan).toMatchObject({ action: "plan", state: "succeeded", planned: 0 });
    expect(await rig.portal.writes()).toEqual([]);
    expect(await rig.run("people", { action: "resync" })).toMatchObject({ action: "resync", planned: 8 });
    expect((await rig.portal.writes()).length).toBeGreaterThan(0);
    expect(ids(await rig.ask("GET", "/api/v1/runs?sync=people"))).not.toContain(plan.id);
    expect(ids(await rig.ask("GET", "/api/v1/runs?sync=people&plans=true"))).toContain(plan.id);
    const last = await rig.ask("GET", "/api/v1/syncs/people");
    expect(last.body.last_run).not.toMatchObject({ id: plan.id });
  });

  it("fifty at once with one Idempotency-Key make one run", async () => {
    await rig.portal.fault({ match: { path: "/batch/" }, times: 1, fault: { delay_ms: 100 } });
    const headers = { "idempotency-key": "deploy-1" };
    const start = () => rig.ask("POST", "/api/v1/syncs/people/runs", { body: { action: "resync" }, headers });
    const answers = await Promise.all(Array.from({ length: 50 }, start));
    expect([...new Set(answers.map(({ status }) => status))].every((status) => status === 202 || status === 200)).toBe(
      true,
    );
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    const [first] = answers;
    expect((await rig.ask("GET", `/api/v1/runs/${first?.body.id}?wait=30`)).body.state).toBe("succeeded");
    expect((await start()).body).toMatchObject({ id: first?.body.id, state: "succeeded" });
    const other = await rig.ask("POST", "/api/v1/syncs/people/runs", { body: { action: "run" }, headers });
    expect(other).toMatchObject({ status: 422, body: { code: "IDEMPOTENCY_KEY" } });
  });

  it("fifty without a key while one is at work are that one and one that waits", async () => {
    await rig.run("people");
    await rig.portal.hold("/batch/");
    const first = await rig.ask("POST", "/api/v1/syncs/people/runs", { body: { action: "resync" } });
    await until(async () => (await rig.ask("GET", `/api/v1/runs/${first.body.id}`)).body.state === "writing");
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => rig.ask("POST", "/api/v1/syncs/people/runs", { body: {} })),
    );
    const joined = new Set(answers.map(({ body }) => body.id));
    expect(joined.size).toBe(1);
    expect(joined.has(first.body.id)).toBe(false);
    expect(answers.every(({ body }) => body.state === "queued")).toBe(true);
    expect(ids(await rig.ask("GET", "/api/v1/runs?sync=people&state=queued"))).toEqual([...joined]);
    await rig.portal.noFaults();
    const [second] = joined;
    expect((await rig.ask("GET", `/api/v1/runs/${second}?wait=30`)).body).toMatchObject({ state: "succeeded" });
    expect((await rig.ask("GET", `/api/v1/runs/${first.body.id}`)).body.state).toBe("succeeded");
  });

  it.each([[""], ["x".repeat(201)]])("refuses an Idempotency-Key that is none: %s", async (key) => {
    const headers = { "idempotency-key": key };
    expect(await rig.ask("POST", "/api/v1/syncs/people/runs", { body: {}, headers })).toMatchObject({
      status: 400,
      body: { code: "IDEMPOTENCY_KEY" },
    });
  });
});

describe("cancelling", () => {
  it("ends a run that waits at once; one that is over stays as it is", async () => {
    const id = await queuedAside(rig, "firms");
    const cancelled = await rig.ask("POST", `/api/v1/runs/${id}/cancel`);
    expect(cancelled).toMatchObject({ status: 202, body: { state: "cancelled", code: "CANCELLED" } });
    expect(cancelled.body.reason).toMatch(/Ann/);
    expect(await rig.ask("POST", `/api/v1/runs/${id}/cancel`)).toMatchObject({
      status: 409,
      body: { code: "RUN_OVER" },
    });
  });

  it("stops a run at work before its next batch, and whoever waits for it is told", async () => {
    await rig.run("people");
    await rig.portal.hold("/batch/");
    const { body } = await rig.ask("POST", "/api/v1/syncs/people/runs", { body: { action: "resync" } });
    await until(async () => (await rig.ask("GET", `/api/v1/runs/${body.id}`)).body.state === "writing");
    expect((await rig.ask("GET", "/api/v1/syncs/people")).body.running).toBe(body.id);
    const waiting = rig.ask("GET", `/api/v1/runs/${body.id}?wait=30`);
    expect((await rig.ask("POST", `/api/v1/runs/${body.id}/cancel`)).status).toBe(202);
    await rig.portal.noFaults();
    expect((await waiting).body).toMatchObject({ state: "cancelled", code: "CANCELLED" });
    expect((await rig.ask("GET", "/api/v1/syncs/people")).body.running).toBeNull();
    expect(await rig.run("people")).toMatchObject({ state: "succeeded" });
  });
});

describe("a held run", () => {
  it("is released by one approval; the next run sends that set; its rows are told", async () => {
    const held = await heldRun(rig);
    expect(held).toMatchObject({ state: "blocked", code: "HELD" });
    const plan = await rig.ask("GET", `/api/v1/runs/${held.id}/plan?limit=1000`);
    expect((plan.body.rows as unknown[]).length).toBe(8);
    const approved = await rig.ask("POST", `/api/v1/runs/${held.id}/approve`);
    expect(approved).toMatchObject({ status: 200, body: { run: held.id } });
    const sent = await rig.run("firms");
    expect(sent).toMatchObject({ state: "succeeded", created: 8 });
    expect(await rig.ask("POST", `/api/v1/runs/${sent.id}/approve`)).toMatchObject({
      status: 404,
      body: { code: "UNKNOWN_RUN" },
    });
    const audit = await rig.ask("GET", "/api/v1/audit?sync=firms&limit=5");
    expect(audit.body.entries).toContainEqual(expect.objectContaining({ act: "approve", who: "Ann", run: held.id }));
  });
});

describe("lists", () => {
  it("of runs go on page by page to the end, each run once, newest first", async () => {
    const all = ids(await rig.ask("GET", "/api/v1/runs?plans=true&limit=200"));
    const paged: string[] = [];
    let path: string | null = "/api/v1/runs?plans=true&limit=3";
    while (path !== null) {
      const page: Answered = await rig.ask("GET", path);
      paged.push(...ids(page));
      path = page.body.next === null ? null : `/api/v1/runs?plans=true&limit=3&cursor=${String(page.body.next)}`;
    }
    expect(paged).toEqual(all);
    expect([...all].sort().reverse()).toEqual(all);
    expect(all.length).toBeGreaterThan(6);
  });

  it("of planned rows and of audit entries do so as well", async () => {
    const { id } = await rig.run("people", { action: "plan" });
    const resync = await rig.run("people", { action: "resync" });
    expect(id).not.toBe(resync.id);
    const rows = await pages(`/api/v1/runs/${resync.id}/plan?limit=3`, "rows");
    expect(rows.map(({ seq }) => seq)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    const entries = await pages("/api/v1/audit?limit=4", "entries");
    expect(entries.length).toBeGreaterThan(8);
    expect(entries.map(({ at }) => at)).toEqual(
      entries
        .map(({ at }) => at)
        .sort()
        .reverse(),
    );
  });

  async function pages(path: string, member: string): Promise<Readonly<Record<string, unknown>>[]> {
    const found: Readonly<Record<string, unknown>>[] = [];
    let cursor = "";
    for (;;) {
      const page = await rig.ask("GET", `${path}${cursor}`);
      expect(page.status).toBe(200);
      found.push(...(page.body[member] as Readonly<Record<string, unknown>>[]));
      if (page.body.next === null) return found;
      cursor = `&cursor=${String(page.body.next)}`;
    }
  }
});

describe("syncs", () => {
  it("are paused and resumed by name; a paused one still runs when it is asked to", async () => {
    const paused = await rig.ask("POST", "/api/v1/syncs/people/pause");
    expect(paused.body).toMatchObject({ name: "people", paused: true, paused_by: "Ann", schedule: "every 12h" });
    expect(await rig.run("people")).toMatchObject({ state: "succeeded" });
    const resumed = await rig.ask("POST", "/api/v1/syncs/people/resume");
    expect(resumed.body).toMatchObject({ paused: false, paused_by: null });
    expect(Date.parse(String(resumed.body.next_at))).toBeGreaterThan(Date.now());
  });

  it("tell a row's story with its values", async () => {
    const story = await rig.ask("GET", "/api/v1/syncs/people/rows/1");
    expect(story.body).toMatchObject({ sync: "people", key: "1", accepted: { origin: "created" } });
    expect(story.text).toContain("First 1");
    const unknown = await rig.ask("GET", "/api/v1/syncs/people/rows/4711");
    expect(unknown).toMatchObject({ status: 200, body: { accepted: null, story: [] } });
  });

  it("rows of a run come in pages, each once", async () => {
    const refused = [21, 22, 23].map((id) => ({ ...person(id), email: `no address ${id}` }));
    const repeated = [31, 32, 33].flatMap((id) => [person(id), person(id)]);
    const other = await startRig({ people: [...crowd(8), ...refused, ...repeated] });
    try {
      const run = await other.run("people");
      expect(run).toMatchObject({ state: "partial" });
      const keysOf = async (state: string, limit: number): Promise<string[]> => {
        const keys: string[] = [];
        let cursor = "";
        for (let page = 0; page < 9; page++) {
          const at = `/api/v1/runs/${run.id}/rows?state=${state}&limit=${limit}${cursor}`;
          const { body } = await other.ask("GET", at);
          const [group] = body.groups as { examples: { key: string }[] }[];
          keys.push(...(group?.examples ?? []).map(({ key }) => key));
          if (body.next === null) return keys.sort();
          cursor = `&cursor=${body.next}`;
        }
        throw new Error("the list does not end");
      };
      expect(await keysOf("applied", 3)).toEqual(["1", "2", "3", "4", "5", "6", "7", "8"]);
      expect(await keysOf("rejected", 2)).toEqual(["21", "22", "23"]);
      expect(await keysOf("waiting", 2)).toEqual(["21", "22", "23"]);
      expect(await keysOf("invalid", 2)).toEqual(["31", "32", "33"]);
      expect((await other.ask("GET", `/api/v1/runs/${run.id}/rows?cursor=zzz`)).status).toBe(400);
    } finally {
      await other.close();
    }
  });

  it("row values and keys come only with the scope values", async () => {
    const headers = await rig.token(["read"]);
    const run = await rig.run("people", { action: "resync" });
    const plan = await rig.ask("GET", `/api/v1/runs/${run.id}/plan`, { headers });
    expect(plan.body).toMatchObject({ rows: [], next: null, run: { planned: 8 } });
    const rows = await rig.ask("GET", `/api/v1/runs/${run.id}/rows?state=applied`, { headers });
    expect(rows.body).toMatchObject({ groups: [{ state: "applied", count: 8, examples: [] }], next: null });
    expect((await rig.ask("GET", "/api/v1/syncs/people/rows/1", { headers })).status).toBe(403);
    expect((await rig.ask("GET", "/api/v1/models/people/preview", { headers })).status).toBe(403);
  });

  it("a model's preview shows so many rows as text, and no more than it has", async () => {
    const two = await rig.ask("GET", "/api/v1/models/people/preview?limit=2");
    expect(two.body).toMatchObject({ model: "people", columns: expect.arrayContaining([expect.anything()]) });
    expect(two.body.rows).toMatchObject([{ id: "1" }, { id: "2" }]);
    expect((await rig.ask("GET", "/api/v1/models/people/preview")).body.rows).toHaveLength(8);
  });

  it("connections say what they reach", async () => {
    const crm = await rig.ask("POST", "/api/v1/connections/crm/check");
    expect(crm.body).toMatchObject({ connection: "crm", says: expect.stringMatching(/upsert/) });
    expect((await rig.ask("POST", "/api/v1/connections/warehouse/check")).status).toBe(200);
  });
});

describe("the audit log", () => {
  it.each([
    [
      "start",
      () => rig.ask("POST", "/api/v1/syncs/people/runs", { body: { wait: 30, action: "plan" } }),
      { sync: "people", detail: "plan" },
    ],
    ["pause", () => rig.ask("POST", "/api/v1/syncs/people/pause"), { sync: "people", run: null }],
    ["resume", () => rig.ask("POST", "/api/v1/syncs/people/resume"), { sync: "people", run: null }],
    [
      "cancel",
      async () => rig.ask("POST", `/api/v1/runs/${await queuedAside(rig, "firms")}/cancel`),
      { sync: "firms" },
    ],
    ["check connection", () => rig.ask("POST", "/api/v1/connections/crm/check"), { sync: null, detail: "crm" }],
  ] as const)("has every act: %s", async (act, run, wanted) => {
    const answer = await run();
    expect(answer.status).toBeLessThan(300);
    const [newest] = (await rig.ask("GET", "/api/v1/audit?limit=1")).body.entries as object[];
    expect(newest).toMatchObject({ act, who: "Ann", ...wanted });
  });

  it("names the token that acted, and has nothing of what was refused", async () => {
    const headers = await rig.token(["run"], { name: "ci" });
    await rig.ask("POST", "/api/v1/syncs/people/pause", { headers });
    await rig.ask("POST", "/api/v1/syncs/nobody/pause", { headers });
    await rig.ask("POST", "/api/v1/connections/crm/check", { headers });
    const entries = (await rig.ask("GET", "/api/v1/audit?limit=1")).body.entries;
    expect(entries).toMatchObject([{ act: "pause", who: "token ci", sync: "people" }]);
    await rig.ask("POST", "/api/v1/syncs/people/resume");
  });
});

describe("metrics", () => {
  it("have names and units as Prometheus wants them, and samples as its text format has them", async () => {
    await rig.run("people");
    const { text, headers } = await rig.ask("GET", "/metrics");
    expect(headers["content-type"]).toMatch(/^text\/plain; version=0\.0\.4/);
    const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = "", type = ""]) => ({ name, type }));
    const own = types.filter(({ name }) => name.startsWith("sluice_"));
    expect(own.length).toBeGreaterThan(8);
    for (const { name, type } of own) {
      expect(name).toMatch(/^[a-z][a-z0-9_]*[a-z0-9]$/);
      expect(name.endsWith("_total"), name).toBe(type === "counter");
      if (type === "histogram") expect(name).toMatch(/_(seconds|bytes)$/);
      expect(name).not.toMatch(/_(ms|milliseconds|minutes|count|sum|bucket)$/);
      expect(text).toMatch(new RegExp(`^# HELP ${name} \\S`, "m"));
    }
    for (const line of text.trim().split("\n"))
      expect(line).toMatch(
        /^(# (HELP|TYPE) .+|[a-zA-Z_:][\w:]*(\{[a-zA-Z_]\w*="[^"]*"(,[a-zA-Z_]\w*="[^"]*")*\})? \S+|)$/,
      );
    expect(text).toMatch(/sluice_runs_total\{sync="people",action="run",state="succeeded"\} [1-9]/);
    expect(text).toMatch(
      /sluice_http_request_duration_seconds_count\{route="\/api\/v1\/syncs\/:name\/runs",method="POST"/,
    );
  });

  it("have no label of a caller's making", async () => {
    await rig.ask("GET", "/api/v1/nowhere/hostile-name-4711");
    await rig.ask("GET", "/api/v1/syncs/hostile-name-4711");
    expect((await rig.ask("GET", "/metrics")).text).not.toContain("4711");
  });
});

describe("events", () => {
  it("tell a run from its queue to its end, and go on from Last-Event-ID without a gap or an echo", async () => {
    const first = await followEvents(rig.url, "/api/v1/events?sync=people", rig.localKey);
    const run = await rig.run("people");
    await until(() => first.events.some(({ kind }) => kind === "run.ended"));
    first.close();
    expect(first.headers["content-type"]).toBe("text/event-stream");
    const mine = first.events.filter((event) => event.detail.run === run.id);
    expect(mine.map(({ kind }) => kind).filter((kind) => kind !== "run.progress")).toEqual([
      "run.queued",
      "run.begun",
      "run.ended",
    ]);
    expect(mine.at(-1)?.detail).toMatchObject({ sync: "people", state: "succeeded", at: expect.stringMatching(/Z$/) });
    const missed = await rig.run("people");
    const again = await followEvents(rig.url, "/api/v1/events?sync=people", rig.localKey, first.events.at(-1)?.id);
    await until(() => again.events.some(({ kind }) => kind === "run.ended"));
    again.close();
    expect(new Set(again.events.map((event) => event.detail.run))).toEqual(new Set([missed.id]));
    const all = [...first.events, ...again.events].map(({ id }) => Number(id));
    expect(all).toEqual([...new Set(all)].sort((a, b) => a - b));
  });

  it("of other syncs and runs stay away, also from callers that may not see them", async () => {
    const { authorization } = await rig.token(["read"], { syncs: ["firms"] });
    const other = await followEvents(rig.url, "/api/v1/events?sync=firms", rig.localKey);
    const limited = await followEvents(rig.url, "/api/v1/events", authorization.slice("Bearer ".length));
    const one = await followEvents(rig.url, "/api/v1/events?run=00000000000000000a", rig.localKey);
    const whole = await followEvents(rig.url, "/api/v1/events", rig.localKey);
    const run = await rig.run("people");
    await until(() => whole.events.some(({ detail }) => detail.run === run.id && detail.state !== undefined));
    for (const stream of [other, limited, one, whole]) stream.close();
    expect([...other.events, ...limited.events, ...one.events]).toEqual([]);
  });

  it("are answered to HEAD without a stream that stays open", async () => {
    const answer = await rig.ask("HEAD", "/api/v1/events");
    expect([answer.status, answer.text]).toEqual([404, ""]);
  });
});

it("a caller that keeps its connection for many requests leaves nothing behind on it", async () => {
  const warnings: string[] = [];
  const warn = (warning: Error): void => {
    warnings.push(warning.name);
  };
  process.on("warning", warn);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const { hostname, port } = new URL(rig.url);
  for (let i = 0; i < 30; i++)
    await new Promise<void>((resolve, reject) => {
      const headers = { authorization: `Bearer ${rig.localKey}` };
      const call = request({ agent, hostname, port, path: "/api/v1/project", headers }, (answer) => {
        answer.resume().on("end", resolve);
      });
      call.on("error", reject).end();
    });
  agent.destroy();
  await new Promise(setImmediate);
  process.off("warning", warn);
  expect(warnings).toEqual([]);
});

it("the document and the page are there for everybody who reaches the service", async () => {
  const document = await ask(rig.url, "GET", "/openapi.json");
  expect(document.body).toMatchObject({ openapi: "3.1.0", info: { version: "9.9.9" } });
  const page = await ask(rig.url, "GET", "/docs");
  expect(page.headers["content-type"]).toMatch(/text\/html/);
  for (const { path } of routes) expect(page.text).toContain(path);
  expect((await ask(rig.url, "GET", "/docs.css")).headers["content-type"]).toMatch(/text\/css/);
});
