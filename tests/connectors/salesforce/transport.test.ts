// Proves that a call ends in time, says truly whether it may have landed, follows no redirect and leaves no socket behind (S19).
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Destination } from "../../../src/contract/destination.ts";
import { openAt, scriptedServer } from "./scripted-server.ts";

let server: Awaited<ReturnType<typeof scriptedServer>>;
let destination: Destination;
const quiet = new AbortController().signal;

async function open(deadlineMs?: number): Promise<void> {
  destination = await openAt(server.url, {}, deadlineMs);
  await destination.describe("Contact", [], quiet);
}

/** For calls that end by the deadline alone. */
async function openHasty(): Promise<void> {
  await destination.close();
  await open(2_000);
}

beforeEach(async () => {
  server = await scriptedServer();
  await open();
});
afterEach(async () => {
  await destination.close();
  await server.close();
});

const create = (signal = quiet) =>
  destination.write(
    { object: "Contact", operation: "create", writes: [{ by: { match: {} }, fields: { LastName: "x" } }] },
    signal,
  );

async function socketsGone(): Promise<void> {
  await expect.poll(() => server.connections()).toBe(0);
}

test("a connection that breaks off after the request is unknown", async () => {
  server.script({ act: (request) => request.socket.destroy() });
  expect((await create()).outcomes).toMatchObject([{ kind: "unknown", reason: expect.stringContaining("broke off") }]);
});

test("an answer that breaks off is unknown at once, though jsforce would wait for it", async () => {
  server.script({
    act: (_, response) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
      response.write('[{"id":"', () => response.destroy());
    },
  });
  const started = performance.now();
  expect((await create()).outcomes).toMatchObject([{ kind: "unknown", reason: expect.stringContaining("broke off") }]);
  expect(performance.now() - started).toBeLessThan(10_000);
});

test("nobody listening: certainly not applied", async () => {
  await server.close();
  await create(); // may still meet the connection that was open before
  expect((await create()).outcomes).toMatchObject([{ kind: "deferred", code: "REFUSED" }]);
  await expect(destination.check(quiet)).rejects.toMatchObject({ code: "DESTINATION_UNREACHABLE" });
});

test("a login server that nobody runs: certainly not applied", async () => {
  const other = await openAt("http://127.0.0.1:1");
  await expect(other.check(quiet)).rejects.toMatchObject({
    code: "DESTINATION_UNREACHABLE",
    message: expect.stringContaining("login at 127.0.0.1:1"),
  });
  await other.close();
});

test("a silent server and one that drips both meet the deadline", async () => {
  await openHasty();
  server.script(
    { act: () => {} },
    {
      act: (_, response) => {
        response.writeHead(200, { "content-type": "application/json" });
        const drip = setInterval(() => response.write(" "), 20);
        response.on("close", () => clearInterval(drip));
      },
    },
    { act: () => {} },
  );
  const late = { outcomes: [{ kind: "unknown", reason: "no answer within the deadline" }] };
  await Promise.all([
    expect(create()).resolves.toMatchObject(late),
    expect(create()).resolves.toMatchObject(late),
    expect(destination.check(quiet)).rejects.toMatchObject({ code: "DESTINATION_UNREACHABLE" }),
  ]);
  await socketsGone();
});

test("a call that waits for a login was refused before: certainly not applied, and not sent behind our back", async () => {
  await openHasty();
  server.script({ status: 401, body: [{ errorCode: "INVALID_SESSION_ID", message: "expired" }] });
  let release = () => {};
  server.login({
    act: (_, response) => {
      release = () => response.end(JSON.stringify(server.tokenReply("late")));
    },
  });
  expect((await create()).outcomes).toMatchObject([{ kind: "deferred", code: "TIMEOUT" }]);
  release();
  await expect.poll(() => server.asked.length).toBe(3);
  server.script({ body: { done: true, records: [{ Id: "00D5g000004abcdEAA" }] } });
  await destination.check(quiet); // comes after whatever the late login would have sent
  expect(server.seen.map(({ method }) => method)).toEqual(["POST", "GET"]);
});

test("an abort in mid-call is unknown at once, before it certainly not applied", async () => {
  const controller = new AbortController();
  server.script({ act: () => controller.abort() });
  expect((await create(controller.signal)).outcomes).toMatchObject([{ kind: "unknown" }]);
  expect((await create(controller.signal)).outcomes).toMatchObject([{ kind: "deferred", code: "CANCELLED" }]);
  expect(server.seen).toHaveLength(1);
  await expect(destination.check(controller.signal)).rejects.toMatchObject({ code: "CANCELLED" });
  await socketsGone();
});

test("a redirect is not followed, and the token goes nowhere else", async () => {
  const other = await scriptedServer();
  const redirect = { status: 307, headers: { location: `${other.url}/services/data/v67.0/composite/sobjects` } };
  server.script(redirect, redirect);
  await expect(create()).rejects.toMatchObject({ code: "DESTINATION_REFUSED" });
  await expect(destination.check(quiet)).rejects.toMatchObject({ code: "DESTINATION_REFUSED" });
  expect(other.seen).toEqual([]);
  await other.close();
});

test("nothing is sent again by the client itself", async () => {
  server.script({ status: 503, body: "" }, { status: 503, body: "" });
  await expect(destination.check(quiet)).rejects.toMatchObject({ code: "DESTINATION_ANSWER" });
  expect(server.seen).toHaveLength(1);
});

test.each(["create", "update", "delete"] as const)(
  "a %s that meets a 503 is one call, and its row is in doubt",
  async (call) => {
    server.script({ status: 503, body: "" }, { status: 503, body: "" });
    const by = call === "create" ? { match: {} } : { id: "0035g000000aaaaAAA" };
    const fields = call === "delete" ? {} : { LastName: "x" };
    const reply = await destination.write({ object: "Contact", operation: call, writes: [{ by, fields }] }, quiet);
    expect(reply).toMatchObject({ calls: 1, outcomes: [{ kind: "unknown" }] });
    expect(server.seen).toHaveLength(1);
  },
);

test("connections are kept alive between calls", async () => {
  const ports = new Set<number | undefined>();
  for (let call = 0; call < 3; call++) {
    server.script({
      act: (request, response) => {
        ports.add(request.socket.remotePort);
        response.end("[]");
      },
    });
    await create();
  }
  expect(ports.size).toBe(1);
});

test("an object that was not described is our own mistake: nothing is called", async () => {
  const batch = { object: "Account", operation: "delete", writes: [{ by: { id: "1" }, fields: {} }] } as const;
  const undescribed = { code: "INTERNAL", message: "Account was not described: describe first" };
  await expect(destination.write(batch, quiet)).rejects.toMatchObject(undescribed);
  const request = { object: "Account", by: "recordId", values: ["1"], fields: [] } as const;
  await expect(destination.find(request, quiet)).rejects.toMatchObject(undescribed);
  expect(server.seen).toEqual([]);
});
