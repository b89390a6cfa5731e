// Proves that a call ends in time, says truly whether it may have landed, follows no redirect and leaves no socket behind (S19).
import { afterEach, beforeEach, expect, test } from "vitest";
import { openHubspot } from "../../../connectors/hubspot/destination.ts";
import type { Destination } from "../../../src/contract/destination.ts";
import { realClock } from "../../contract/destination/real-clock.ts";
import { scriptedServer } from "./scripted-server.ts";

let server: Awaited<ReturnType<typeof scriptedServer>>;
let destination: Destination;
const quiet = new AbortController().signal;

async function open(options: { readonly deadlineMs?: number } = {}): Promise<void> {
  const config = { access_token: "t", base_url: server.url };
  destination = await openHubspot(config, { clock: realClock, ...options });
  await destination.describe("contacts", [], quiet);
}

/** For calls that end by the deadline alone. */
async function openHasty(): Promise<void> {
  await destination.close();
  await open({ deadlineMs: 2_000 });
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
    { object: "contacts", operation: "create", writes: [{ by: { match: {} }, fields: { firstname: "x" } }] },
    signal,
  );

async function socketsGone(): Promise<void> {
  await expect.poll(() => server.connections()).toBe(0);
}

test("a connection that breaks off after the request is unknown", async () => {
  server.script({ act: (request) => request.socket.destroy() });
  expect((await create()).outcomes).toMatchObject([{ kind: "unknown", reason: expect.stringContaining("broke off") }]);
});

test("an answer that breaks off is unknown at once", async () => {
  server.script({
    act: (_, response) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
      response.write('{"results":[', () => response.destroy());
    },
  });
  expect((await create()).outcomes).toMatchObject([{ kind: "unknown", reason: expect.stringContaining("broke off") }]);
});

test("nobody listening: certainly not applied", async () => {
  await server.close();
  await create(); // may still meet the connection that was open before
  expect((await create()).outcomes).toMatchObject([{ kind: "deferred", code: "REFUSED" }]);
  await expect(destination.check(quiet)).rejects.toMatchObject({ code: "DESTINATION_UNREACHABLE" });
});

test("a failed TLS handshake: certainly not applied", async () => {
  const config = { access_token: "t", base_url: server.url.replace("http:", "https:") };
  const secure = await openHubspot(config, { clock: realClock });
  await expect(secure.check(quiet)).rejects.toMatchObject({
    code: "DESTINATION_UNREACHABLE",
    message: expect.stringContaining("the TLS handshake failed"),
  });
  await secure.close();
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
  const redirect = { status: 307, headers: { location: `${other.url}/crm/v3/objects/contacts/batch/create` } };
  server.script(redirect, redirect);
  await expect(create()).rejects.toMatchObject({ code: "DESTINATION_REFUSED" });
  await expect(destination.check(quiet)).rejects.toMatchObject({ code: "DESTINATION_REFUSED" });
  expect(other.seen).toEqual([]);
  await other.close();
});

test("connections are kept alive between calls", async () => {
  const ports = new Set<number | undefined>();
  for (let call = 0; call < 3; call++) {
    server.script({
      act: (request, response) => {
        ports.add(request.socket.remotePort);
        response.writeHead(204).end();
      },
    });
    const writes = [{ by: { id: "1" }, fields: {} }];
    await destination.write({ object: "contacts", operation: "archive", writes }, quiet);
  }
  expect(ports.size).toBe(1);
});

test("an object that was not described is our own mistake: nothing is called", async () => {
  const batch = { object: "tickets", operation: "archive", writes: [{ by: { id: "1" }, fields: {} }] } as const;
  const undescribed = { code: "INTERNAL", message: "tickets was not described: describe first" };
  const calls = server.seen.length;
  await expect(destination.write(batch, quiet)).rejects.toMatchObject(undescribed);
  const request = { object: "tickets", by: "recordId", values: ["1"], fields: [] } as const;
  await expect(destination.find(request, quiet)).rejects.toMatchObject(undescribed);
  expect(server.seen).toHaveLength(calls);
});
