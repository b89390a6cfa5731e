// Proves what a hook's call sends and how the end of what it started is learned: no redirect, no other address than the checked
// one, no endless answer, no endless wait, and nothing of an address or an answer in the reason.
import { createHmac } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Clock } from "../../../src/contract/clock.ts";
import type { Hook, HookCall, HookWait } from "../../../src/contract/hook.ts";
import { callHook } from "../../../src/service/hooks/call-hook.ts";
import { type HookServer, type Reply, startHookServer } from "./hook-server.ts";

let server: HookServer;
beforeAll(async () => {
  server = await startHookServer();
});
beforeEach(() => {
  (server.seen as unknown[]).length = 0;
  server.answer = () => ({});
});
afterAll(() => server.close());

const DEADLINE_MS = 30_000;

/** Naps pass at once; a deadline comes when it is told to. */
function tools({ deadlineComes = false, addresses = ["127.0.0.1"] } = {}) {
  let nowMs = 0;
  const naps: number[] = [];
  const clock: Clock = {
    now: () => nowMs,
    monotonicMs: () => nowMs,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
        if (ms === DEADLINE_MS && !deadlineComes) return;
        nowMs += ms;
        if (ms !== DEADLINE_MS) naps.push(ms);
        setImmediate(resolve);
      }),
  };
  return { clock, naps, resolveHost: async () => addresses };
}

const hookTo = (patch: Partial<HookCall> = {}): Hook => ({
  label: "hooks.before[1]",
  call: {
    endpoint: { url: `${server.url}/start`, secret: null, allowsPrivate: false },
    headers: {},
    body: null,
    wait: null,
    ...patch,
  },
});

const waitFor = (patch: Partial<HookWait> = {}): HookWait => ({
  endpoint: { url: `${server.url}/runs/{id}/`, secret: null, allowsPrivate: false },
  headers: { authorization: "Token canary" },
  idPath: ["data", "id"],
  statusPath: ["data", "status"],
  success: ["10"],
  failure: ["20", "30"],
  everyMs: 10_000,
  timeoutMs: 3_600_000,
  ...patch,
});

const FACTS = { event: "before", sync: "people", run: "r1" };
const running = () => new AbortController().signal;

/** Answers the call with an id, then these, one after the other; the last again and again. */
function jobs(...states: Reply[]): void {
  let at = -1;
  server.answer = ({ method }) => {
    if (method === "POST") return { body: { data: { id: 70403103924637, status: 1 } } };
    at = Math.min(at + 1, states.length - 1);
    return states[at] ?? {};
  };
}
const state = (status: unknown): Reply => ({ body: { data: { status } } });

describe("a hook's call", () => {
  it("is a POST of the run's facts, signed where it has a secret, with its headers", async () => {
    const call = hookTo({
      endpoint: { url: `${server.url}/start?a=1`, secret: "s", allowsPrivate: false },
      headers: { authorization: "Token canary" },
    });
    expect(await callHook(call, FACTS, tools(), running())).toEqual({ ok: true });
    const { method, path, headers, body = "" } = server.seen[0] ?? {};
    expect([method, path, JSON.parse(body)]).toEqual(["POST", "/start?a=1", FACTS]);
    expect(headers).toMatchObject({
      authorization: "Token canary",
      "content-type": "application/json",
      "x-sluice-signature": `sha256=${createHmac("sha256", "s").update(body).digest("hex")}`,
    });
  });

  it("has the body that the file gives it", async () => {
    await callHook(hookTo({ body: '{"cause":"sluice people"}' }), FACTS, tools(), running());
    expect(server.seen[0]?.body).toBe('{"cause":"sluice people"}');
  });

  it.each<[string, () => Reply, string]>([
    ["a refusal", () => ({ status: 403, body: "canary" }), "it answered 403"],
    [
      "a redirect",
      () => ({ status: 302, location: `${server.url}/other` }),
      "it answered 302: a redirect is not followed",
    ],
    ["an answer without end", () => ({ body: "x".repeat(1_100_000) }), "its answer has more than 1 MB"],
  ])("fails for %s, and is not made again", async (_, answer, why) => {
    server.answer = answer;
    expect(await callHook(hookTo(), FACTS, tools(), running())).toEqual({ ok: false, why });
    expect(server.seen).toHaveLength(1);
  });

  it("fails where nobody answers in time", async () => {
    server.answer = () => "hang";
    expect(await callHook(hookTo(), FACTS, tools({ deadlineComes: true }), running())).toEqual({
      ok: false,
      why: "it did not answer within 30 s",
    });
  });

  it.each<[string, string, boolean, string[], string]>([
    [
      "the cloud's metadata",
      "https://hook.example/",
      true,
      ["169.254.169.254"],
      "its host name leads to an address that is no server's",
    ],
    [
      "a network of one's own",
      "https://hook.example/",
      false,
      ["93.184.216.34", "10.0.0.8"],
      "its host name leads to a private address without allow_private: true",
    ],
    [
      "this machine by another name",
      "https://hook.example/",
      false,
      ["127.0.0.1"],
      "its host name leads to a private address without allow_private: true",
    ],
    ["nowhere", "https://hook.example/", false, [], "its host name has no address"],
  ])("is not made to %s", async (_, url, allowsPrivate, addresses, why) => {
    const endpoint = { url, secret: null, allowsPrivate };
    expect(await callHook(hookTo({ endpoint }), FACTS, tools({ addresses }), running())).toEqual({ ok: false, why });
    expect(server.seen).toHaveLength(0);
  });

  it("goes to the next address where the first has nobody", async () => {
    const { port } = new URL(server.url);
    const endpoint = { url: `http://hook.example:${port}/start`, secret: null, allowsPrivate: true };
    const found = tools({ addresses: ["127.0.0.9", "127.0.0.1"] });
    expect(await callHook(hookTo({ endpoint }), FACTS, found, running())).toEqual({ ok: true });
    expect(server.seen[0]?.headers.host).toBe(`hook.example:${port}`);
  });

  it("cannot be made where a value of it is missing", async () => {
    expect(await callHook({ label: "x", call: null }, FACTS, tools(), running())).toMatchObject({ ok: false });
  });

  it("ends with the reason of whoever stops it", async () => {
    server.answer = () => {
      stop.abort(new Error("cancelled by Ann"));
      return "hang";
    };
    const stop = new AbortController();
    await expect(callHook(hookTo(), FACTS, tools(), stop.signal)).rejects.toThrow("cancelled by Ann");
  });
});

describe("what it started", () => {
  const waiting = (wait: Partial<HookWait> = {}, found = tools(), signal = running()) =>
    callHook(hookTo({ wait: waitFor(wait) }), FACTS, found, signal);

  it("is asked after by its id until it has succeeded, with a pause before each question", async () => {
    jobs(state(1), state(3), state(10));
    const found = tools();
    expect(await waiting({}, found)).toEqual({ ok: true });
    expect(server.seen.slice(1).map(({ method, path, headers }) => [method, path, headers.authorization])).toEqual(
      Array(3).fill(["GET", "/runs/70403103924637/", "Token canary"]),
    );
    expect(found.naps).toEqual([10_000, 10_000, 10_000]);
  });

  it.each<[string, Reply[], Partial<HookWait>, string]>([
    ["has failed", [state(3), state(20)], {}, "what it started ended with the state 20"],
    ["was cancelled", [state("30")], {}, "what it started ended with the state 30"],
    ["never ends", [state(3)], { timeoutMs: 35_000 }, "what it started did not end within 35 s"],
    ["says no state", [{ body: { data: {} } }], {}, "the state of what it started is not at data.status"],
    ["is not known", [{ status: 404 }], {}, "how it goes on cannot be learned: it answered 404"],
    [
      "is not answered for, again and again",
      [{ status: 503 }],
      {},
      "how it goes on cannot be learned: it answered 503",
    ],
    [
      "leads elsewhere",
      [{ status: 307, location: "/x" }],
      {},
      "how it goes on cannot be learned: it answered 307: a redirect is not followed",
    ],
  ])("fails where it %s", async (_, replies, wait, why) => {
    jobs(...replies);
    expect(await waiting(wait)).toEqual({ ok: false, why });
  });

  it("may have a few wrong answers in between", async () => {
    jobs({ status: 503 }, { status: 429 }, { status: 500 }, { status: 502 }, state(1), { status: 503 }, state(10));
    expect(await waiting()).toEqual({ ok: true });
  });

  it.each([
    ["none", {}],
    ["an object", { data: { id: { a: 1 } } }],
    ["empty", { data: { id: "" } }],
    ["a way up", { data: { id: ".." } }],
    ["endless", { data: { id: "x".repeat(201) } }],
  ])("is not asked after where its id is %s", async (_, body) => {
    server.answer = () => ({ body });
    expect(await waiting()).toEqual({ ok: false, why: "its answer has no id at data.id" });
    expect(server.seen).toHaveLength(1);
  });

  it("has an id that stays one step of the path", async () => {
    server.answer = ({ method }) => (method === "POST" ? { body: { data: { id: "../a?b#$&" } } } : state(true));
    expect(await waiting({ success: ["true"] })).toEqual({ ok: true });
    expect(server.seen[1]?.path).toBe("/runs/..%2Fa%3Fb%23%24%26/");
  });

  it("needs no id where the URL has none", async () => {
    jobs(state("done"));
    const wait = { endpoint: { url: `${server.url}/latest`, secret: null, allowsPrivate: false }, idPath: null };
    expect(await waiting({ ...wait, success: ["done"] })).toEqual({ ok: true });
  });

  it("is no longer waited for when somebody stops it", async () => {
    const stop = new AbortController();
    server.answer = ({ method }) => {
      if (method === "GET") stop.abort(new Error("cancelled by Ann"));
      return { body: { data: { id: 1, status: 1 } } };
    };
    await expect(waiting({}, tools(), stop.signal)).rejects.toThrow("cancelled by Ann");
  });
});
