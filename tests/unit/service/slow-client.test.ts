// Proves that callers who send slowly, or do not read, hold nothing for long.
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, expect, it } from "vitest";
import { callerFinder } from "../../../src/service/api/caller.ts";
import { routes } from "../../../src/service/api/routes.ts";
import { buildServer } from "../../../src/service/api/server.ts";
import { ask, askRaw } from "./ask.ts";
import { type Rig, startRig } from "./rig.ts";

const RECEIVE_MS = 400;
/** Together a hundred times as long as that. */
const PIECES = 4_000;
const PAUSE_MS = 10;
let rig: Rig;
let app: FastifyInstance;
let url: string;

beforeAll(async () => {
  rig = await startRig();
  const { parts } = rig.service;
  app = buildServer({
    parts: { ...parts, version: "1", metricsText: async () => ({ type: "text/plain", text: "" }) },
    routes,
    hosts: { names: new Set(["localhost"]) },
    findCaller: callerFinder({ tokens: rig.state, localKey: rig.localKey, localName: "Ann", clock: parts.clock }),
    receiveMs: RECEIVE_MS,
  });
  url = await app.listen({ host: "127.0.0.1", port: 0 });
});
afterAll(async () => {
  await app.close();
  await rig.close();
});

const BEGIN = "POST /api/v1/syncs/people/runs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";

it.each([
  ["headers, a byte at a time", [..."GET /api/v1/syncs HTTP/1.1\r\nHost: localhost\r\nX-A: ", ..."a".repeat(PIECES)]],
  [
    "headers that never end",
    ["GET /api/v1/syncs HTTP/1.1\r\nHost: localhost\r\n", ...Array(PIECES).fill("X-A: b\r\n")],
  ],
  ["a body, a byte at a time", [`${BEGIN}Content-Length: 10000\r\n\r\n`, ...Array(PIECES).fill(" ")]],
  ["chunks without end", [`${BEGIN}Transfer-Encoding: chunked\r\n\r\n`, ...Array(PIECES).fill("1\r\n \r\n")]],
])("%s: 408, and the socket is free", async (_, pieces) => {
  const beganMs = performance.now();
  const text = await askRaw(url, pieces, PAUSE_MS);
  expect(performance.now() - beganMs).toBeLessThan((PIECES * PAUSE_MS) / 2);
  expect(text).toMatch(/^HTTP\/1\.1 408 /);
  expect(text).toContain('"code":"TOO_SLOW"');
  expect((await ask(url, "GET", "/health/live", { headers: { host: "localhost" } })).status).toBe(200);
});

it("a long poll is no slow client: it may take longer than a request to arrive", async () => {
  const run = await rig.run("people", { action: "plan" });
  const headers = { host: "localhost", authorization: `Bearer ${rig.localKey}` };
  const { queuedAside } = await import("./scenarios.ts");
  const waiting = await queuedAside(rig, "people");
  const beganMs = performance.now();
  const polled = await ask(url, "GET", `/api/v1/runs/${waiting}?wait=1`, { headers });
  expect(polled).toMatchObject({ status: 200, body: { state: "queued" } });
  expect(performance.now() - beganMs).toBeGreaterThan(2 * RECEIVE_MS);
  expect(run.state).toBe("succeeded");
});
