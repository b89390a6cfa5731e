// Proves that runs and requests become spans where an endpoint is named, that they tell no row, key or secret, that an endpoint
// that is down costs a line in the log and nothing else, and that without one nothing of OpenTelemetry is loaded.
import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { ExportResultCode } from "@opentelemetry/core";
import type { ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace";
import { afterEach, describe, expect, it } from "vitest";
import { Fault } from "../../../src/contract/fault.ts";
import type { RunRecord } from "../../../src/contract/run.ts";
import { openLog } from "../../../src/service/open-log.ts";
import { type Log, NO_TRACES, type Traces } from "../../../src/service/service-parts.ts";
import { chooseTraces } from "../../../src/service/traces/choose-traces.ts";
import { patientExporter } from "../../../src/service/traces/patient-exporter.ts";
import { systemClock } from "../../../src/wire.ts";
import { crowd } from "../../e2e/people.ts";
import { type Collector, startCollector } from "./collector.ts";
import { type Rig, type RigOptions, startRig, until } from "./rig.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER = "00f067aa0ba902b7";
const TRACEPARENT = `00-${TRACE}-${CALLER}-01`;

const closers: (() => Promise<void>)[] = [];
const opened = <T extends { close(): Promise<void> }>(one: T): T => {
  closers.push(one.close);
  return one;
};
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

type Env = Readonly<Record<string, string>>;

function openTestLog(): { readonly log: Log; readonly lines: readonly string[] } {
  const lines: string[] = [];
  const log = openLog(
    (line) => lines.push(line),
    () => [],
  );
  return { log, lines };
}

async function openTraces(env: Env): Promise<{ readonly traces: Traces; readonly log: readonly string[] }> {
  const { log, lines } = openTestLog();
  const options = { version: "9.9.9", clock: systemClock(), log };
  return { traces: await chooseTraces((name) => env[name], options), log: lines };
}

const to = ({ url }: { readonly url: string }): Env => ({ OTEL_EXPORTER_OTLP_ENDPOINT: url });
const soon = (): AbortSignal => AbortSignal.timeout(5_000);

/** A service that traces; stopping it sends what is left. */
async function startTraced(collector: { readonly url: string }, options: RigOptions = {}) {
  const { traces, log } = await openTraces(to(collector));
  let isOpen = true;
  const rig = await startRig({ ...options, serve: { traces } });
  const stop = async (): Promise<void> => {
    if (isOpen) await rig.close();
    isOpen = false;
  };
  closers.push(stop);
  return { rig, stop, log };
}

async function recordOf(rig: Rig, id: string): Promise<RunRecord> {
  const run = await rig.state.run(id);
  if (run === null) throw new Error(`there is no run ${id}`);
  return run;
}

const failures = (collector: Collector) => collector.spans.filter((span) => span.status.code === 2);

describe("a run", () => {
  it("has a span in the trace of the request that asked for it, with its phases, its counts and no row", async () => {
    const collector = opened(await startCollector());
    const { rig, stop } = await startTraced(collector, { people: crowd(5) });
    const asked = { headers: { traceparent: TRACEPARENT }, body: { wait: 30 } };
    const { body } = await rig.ask("POST", "/api/v1/syncs/people/runs", asked);
    const key = "very-private-key";
    await rig.ask("GET", `/api/v1/syncs/people/rows/${key}?password=hunter2`);
    await rig.ask("GET", "/no/such/place");
    await stop();

    const request = collector.named("POST /api/v1/syncs/:name/runs");
    expect(request).toMatchObject({ traceId: TRACE, parentSpanId: CALLER });
    expect(request.attributes).toMatchObject({
      "http.request.method": "POST",
      "http.route": "/api/v1/syncs/:name/runs",
      "http.response.status_code": 200,
    });
    const run = collector.named("sluice.run");
    expect(run).toMatchObject({ traceId: TRACE, parentSpanId: request.spanId, status: { code: 0 } });
    expect(run.attributes).toMatchObject({
      "sluice.sync": "people",
      "sluice.run_id": body.id,
      "sluice.action": "run",
      "sluice.trigger": "api",
      "sluice.state": "succeeded",
      "sluice.rows.planned": 5,
      "sluice.rows.applied": 5,
      "sluice.rows.rejected": 0,
    });
    expect(run.attributes["sluice.calls"]).toBeGreaterThan(0);
    const planning = collector.named("sluice.run.planning");
    const writing = collector.named("sluice.run.writing");
    for (const phase of [planning, writing]) expect(phase).toMatchObject({ traceId: TRACE, parentSpanId: run.spanId });
    const times = [run.startMs, planning.startMs, planning.endMs, writing.startMs, writing.endMs, run.endMs];
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(Math.abs(run.endMs - Date.now())).toBeLessThan(60_000);
    expect(collector.named("GET").attributes).toEqual({
      "http.request.method": "GET",
      "http.response.status_code": 404,
    });

    const all = collector.texts.join("\n");
    const canaries = [key, "hunter2", "no/such", rig.localKey, ...crowd(5).map(({ email }) => email)];
    for (const canary of canaries) expect(all).not.toContain(canary);
    expect(all).toContain('"sluice"');
  });

  it("that fails is marked with its code and without the words of the fault", async () => {
    const collector = opened(await startCollector());
    const { rig, stop } = await startTraced(collector, { files: { "models/people.sql": brokenSql() } });
    const run = await rig.run("people");
    await stop();

    expect(run.state).toBe("failed");
    const span = collector.named("sluice.run");
    expect(span.status).toEqual({ code: 2, message: run.code });
    expect(span.attributes).toMatchObject({
      "sluice.state": "failed",
      "sluice.code": run.code,
      "error.type": run.code,
    });
    expect(collector.spans.map(({ name }) => name)).not.toContain("sluice.run.writing");
    expect(collector.texts.join()).not.toContain("canary");
  });

  it("that only plans has no writing, and one that nothing is asked of leaves no span", async () => {
    const collector = opened(await startCollector());
    const { rig, stop } = await startTraced(collector, { people: crowd(2) });
    await rig.run("people", { action: "plan" });
    await rig.service.parts.bell.enqueue("run:people");
    await until(async () => (await rig.service.parts.bell.stats()).waiting === 0);
    await stop();
    expect(collector.spans.filter(({ name }) => name.startsWith("sluice.")).map(({ name }) => name)).toEqual([
      "sluice.run.planning",
      "sluice.run",
    ]);
    expect(collector.named("sluice.run").attributes).toMatchObject({
      "sluice.action": "plan",
      "sluice.rows.planned": 2,
    });
  });

  it("that pauses and goes on stays in its trace; who asked later, and what came before, are links", async () => {
    const collector = opened(await startCollector());
    const rig = opened(await startRig({ people: crowd(1) }));
    const run = await recordOf(rig, (await rig.run("people")).id);
    const { traces } = await openTraces(to(collector));
    const later = traces.requestCame("POST", {});
    later.answered(null, 202);
    traces.asked(run.id, TRACEPARENT);
    traces.asked(run.id, later.cause);
    for (const none of [null, "", "00-zz", `00-${"0".repeat(32)}-${CALLER}-01`]) traces.asked(run.id, none);
    const finished = { planned: null, fault: null };
    const refusedFirst = traces.workBegun("people");
    refusedFirst.ended({ ...finished, run: { ...run, state: "paused", code: "QUOTA_SPENT", endedAt: null } });
    traces.workBegun("people").ended({ ...finished, run });
    traces.workBegun("people").refused(run, new Fault("HOOK_FAILED", "canary"));
    await traces.close(soon());

    const [first, second, third] = collector.spans.filter(({ name }) => name === "sluice.run");
    const other = collector.named("POST");
    const link = ({ traceId, spanId }: { traceId: string; spanId: string }) => ({ traceId, spanId });
    expect(first).toMatchObject({ traceId: TRACE, parentSpanId: CALLER, links: [link(other)], status: { code: 0 } });
    expect(second).toMatchObject({ traceId: TRACE, parentSpanId: CALLER });
    expect(second?.links).toEqual([other, first].map((one) => link(one ?? other)));
    // It is over: what asked for it is forgotten.
    expect(third).toMatchObject({ parentSpanId: null, links: [], status: { code: 2, message: "HOOK_FAILED" } });
    expect(third?.traceId).not.toBe(TRACE);
    expect(failures(collector)).toHaveLength(1);
    expect(collector.texts.join()).not.toContain("canary");
  });

  it("of a caller who does not sample is not sent", async () => {
    const collector = opened(await startCollector());
    const { traces } = await openTraces(to(collector));
    const request = traces.requestCame("GET", { traceparent: `00-${TRACE}-${CALLER}-00` });
    expect(request.cause).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-00$`));
    request.answered("/x", 200);
    await traces.close(soon());
    expect(collector.texts).toEqual([]);
  });
});

describe("an endpoint that does not take spans", () => {
  it("that is down: runs end as ever, the service stops in time, the log says it once", async () => {
    const { rig, stop, log } = await startTraced({ url: await closedPort() }, { people: crowd(3) });
    expect((await rig.run("people")).state).toBe("succeeded");
    const beganMs = performance.now();
    await stop();
    expect(performance.now() - beganMs).toBeLessThan(30_000);
    expect(log).toHaveLength(1);
    expect(JSON.parse(log[0] ?? "")).toMatchObject({
      level: "warn",
      spans: 4,
      reason: expect.stringMatching("ECONNREFUSED"),
    });
  });

  it("that refuses is spoken of once a minute, with what was lost meanwhile", () => {
    let nowMs = 1_000_000;
    const clock = { ...systemClock(), monotonicMs: () => nowMs };
    const { log, lines } = openTestLog();
    const error = Object.assign(new Error("Bad Request".repeat(100)), { code: 400, data: "canary" });
    const refusing: SpanExporter = {
      export: (_, done) => done({ code: ExportResultCode.FAILED, error }),
      shutdown: async () => undefined,
    };
    const exporter = patientExporter(refusing, { version: "9.9.9", clock, log });
    const lose = (count: number): void => exporter.export(new Array<ReadableSpan>(count), () => undefined);
    lose(1);
    lose(10);
    nowMs += 59_999;
    lose(100);
    expect(lines).toHaveLength(1);
    nowMs += 1;
    lose(1_000);
    expect(lines.map((line) => (JSON.parse(line) as { spans: number }).spans)).toEqual([1, 1_110]);
    expect(lines[0]).toContain("400: Bad Request");
    expect(lines.join("").length).toBeLessThan(1_000);
    expect(lines.join()).not.toContain("canary");
  });

  it("that never answers holds nobody up, and no more spans are kept than the limit", async () => {
    const collector = opened(await startCollector(null));
    const { traces } = await openTraces(to(collector));
    const beganMs = performance.now();
    for (let index = 0; index < 20_000; index++) traces.requestCame("GET", {}).answered("/x", 200);
    await until(() => collector.texts.length > 0);
    await traces.close(AbortSignal.timeout(300));
    expect(performance.now() - beganMs).toBeLessThan(30_000);
    expect(collector.spans.length).toBeLessThanOrEqual(512 + 2_048);
  });
});

describe("the environment", () => {
  const nowhere = "http://127.0.0.1:9";

  it.each<[string, Env]>([
    ["nothing", {}],
    ["empty variables", { OTEL_EXPORTER_OTLP_ENDPOINT: " ", OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "" }],
    ["all switched off", { OTEL_EXPORTER_OTLP_ENDPOINT: nowhere, OTEL_SDK_DISABLED: "TRUE" }],
    ["traces switched off", { OTEL_EXPORTER_OTLP_ENDPOINT: nowhere, OTEL_TRACES_EXPORTER: "none" }],
  ])("%s: no traces", async (_, env) => {
    expect((await openTraces(env)).traces).toBe(NO_TRACES);
  });

  it.each<[string, (url: string) => Env, string]>([
    ["the general endpoint", (url) => ({ OTEL_EXPORTER_OTLP_ENDPOINT: url }), "/v1/traces"],
    ["one with a path", (url) => ({ OTEL_EXPORTER_OTLP_ENDPOINT: `${url}/otlp/` }), "/otlp/v1/traces"],
    [
      "the one of traces, as it is",
      (url) => ({ OTEL_EXPORTER_OTLP_ENDPOINT: nowhere, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${url}/here` }),
      "/here",
    ],
  ])("%s is posted to", async (_, env, path) => {
    const collector = opened(await startCollector());
    const { traces, log } = await openTraces(env(collector.url));
    traces.requestCame("GET", {}).answered("/x", 500);
    await traces.close(soon());
    expect(collector.paths).toEqual([path]);
    expect(collector.named("GET /x").status.code).toBe(2);
    expect(log).toEqual([]);
  });

  it.each(["collector:4317", "4318", "ftp://u:canary@host/"])("%s is refused without being repeated", async (text) => {
    const refused = openTraces({ OTEL_EXPORTER_OTLP_ENDPOINT: text });
    await expect(refused).rejects.toMatchObject({ code: "USAGE", message: expect.not.stringContaining(text) });
  });

  it("without an endpoint loads nothing of OpenTelemetry, and with one it does", async () => {
    // prom-client brings the interfaces.
    expect(await loadedWith({})).toEqual(["api"]);
    expect(await loadedWith({ OTEL_EXPORTER_OTLP_ENDPOINT: nowhere })).toContain("sdk-trace");
  });
});

/** The packages of OpenTelemetry that a fresh process loads to choose. */
async function loadedWith(env: Env): Promise<string[]> {
  const root = resolve(import.meta.dirname, "../../..");
  const script = `
    import { createRequire } from "node:module";
    const { chooseTraces } = await import("./src/service/traces/choose-traces.ts");
    await import("./src/service/serve.ts");
    const nothing = () => undefined;
    await chooseTraces((name) => (${JSON.stringify(env)})[name], { version: "1", clock: {}, log: {} });
    const files = Object.keys(createRequire(import.meta.url).cache);
    const names = files.map((file) => /@opentelemetry.([a-z-]+)/.exec(file)?.[1]).filter((name) => name !== undefined);
    console.log(JSON.stringify([...new Set(names)]));
  `;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--import", "tsx", "--input-type=module", "-e", script],
    { cwd: root },
  );
  return JSON.parse(stdout) as string[];
}

async function closedPort(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return `http://127.0.0.1:${port}`;
}

function brokenSql(): string {
  return "/*---\nconnection: warehouse\nprimary_key: id\n---*/\nselect error('canary ' || 1) as id\n";
}
