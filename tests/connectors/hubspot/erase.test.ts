// Proves what every answer of HubSpot to an erasure means, and that other objects than contacts are archived (S27).
import { afterEach, beforeEach, expect, test } from "vitest";
import { openHubspot } from "../../../connectors/hubspot/destination.ts";
import type { Destination } from "../../../src/contract/destination.ts";
import { realClock } from "../../contract/destination/real-clock.ts";
import { type Script, scriptedServer } from "./scripted-server.ts";

let server: Awaited<ReturnType<typeof scriptedServer>>;
let destination: Destination;

beforeEach(async () => {
  server = await scriptedServer();
  destination = await openHubspot({ access_token: "t", base_url: server.url }, { clock: realClock });
});
afterEach(async () => {
  await destination.close();
  await server.close();
});

const erase = (object: string) => destination.erasure?.erase(object, "70", new AbortController().signal);

test.each<readonly [name: string, script: Script, outcome: object]>([
  ["204", { status: 204 }, { kind: "applied", remoteId: "70" }],
  [
    "a contact that is gone",
    { status: 404, body: { category: "OBJECT_NOT_FOUND", message: "gone" } },
    { kind: "applied" },
  ],
  ["a 404 that speaks of no contact", { status: 404, body: { message: "no such page" } }, { kind: "rejected" }],
  [
    "refused",
    { status: 400, body: { category: "VALIDATION_ERROR", message: "no" } },
    { kind: "rejected", message: "no" },
  ],
  ["too many calls", { status: 429, body: { message: "slower" } }, { kind: "deferred" }],
  ["locked", { status: 423, body: { message: "locked" } }, { kind: "deferred" }],
  ["502", { status: 502, body: "<html>" }, { kind: "unknown" }],
  ["a success that is none", { status: 202 }, { kind: "unknown" }],
  ["no answer", { act: (request) => request.socket.destroy() }, { kind: "unknown" }],
])("%s", async (_, script, outcome) => {
  server.script(script);
  const reply = await erase("contacts");
  expect(reply).toMatchObject({ calls: 1, outcomes: [outcome] });
  expect(server.seen[0]).toMatchObject({ path: "/crm/v3/objects/contacts/gdpr-delete", body: { objectId: "70" } });
});

test("credentials that are refused stop it, and nothing else is concluded", async () => {
  server.script({ status: 403, body: { message: "no scope" } });
  await expect(erase("contacts")).rejects.toMatchObject({ code: "DESTINATION_REFUSED" });
});

test("a company is archived, and it is said for how long HubSpot keeps it", async () => {
  server.script({ status: 204 });
  expect(await erase("companies")).toMatchObject({ outcomes: [{ kind: "applied", remoteId: "70" }] });
  expect(server.seen[0]).toMatchObject({
    path: "/crm/v3/objects/companies/batch/archive",
    body: { inputs: [{ id: "70" }] },
  });
  expect(destination.erasure?.terms("companies")).toMatchObject({
    word: "archived",
    remark: expect.stringContaining("90 days"),
  });
  expect(destination.erasure?.terms("contacts")).toMatchObject({
    word: "erased",
    remark: expect.stringContaining("block list"),
  });
});
