// Proves what outlives a sandbox and what tells two apart: seeds, ports, portal ids, data files, bad starts.
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { get, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { startHubspotSandbox } from "../../../connectors/hubspot/sandbox/server.ts";
import { plainClient } from "./plain-client.ts";
import { startedSandbox } from "./started-sandbox.ts";

async function scratch(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sandbox-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

/** On a connection of its own: a kept one would still belong to the sandbox that had this port before. */
async function portalOf(url: string): Promise<number> {
  const headers = { authorization: "Bearer sandbox" };
  const [response] = (await once(get(`${url}/account-info/v3/details`, { headers, agent: false }), "response")) as [
    IncomingMessage,
  ];
  return ((await json(response)) as { portalId: number }).portalId;
}

test("seed and port make the portal: the same ones give the same portal, another seed or port another", async () => {
  const first = await startedSandbox({ seed: 1 });
  const portal = await portalOf(first.url);
  const port = Number(new URL(first.url).port);
  expect(await portalOf((await startedSandbox({ seed: 1 })).url)).not.toBe(portal);
  await first.close();
  const again = await startedSandbox({ seed: 1, port });
  expect(await portalOf(again.url)).toBe(portal);
  await again.close();
  expect(await portalOf((await startedSandbox({ seed: 2, port })).url)).not.toBe(portal);
  expect(Number.isSafeInteger(portal) && portal > 0).toBe(true);
});

test("record ids are rising whole numbers whose start the seed decides", async () => {
  const starts: number[] = [];
  for (const seed of [1, 1, 2]) {
    const ids = await (await startedSandbox({ seed })).seed("contacts", { firstname: "A" }, { firstname: "B" });
    const [first = 0, second = 0] = ids.map(Number);
    expect(second).toBeGreaterThan(first);
    starts.push(first);
  }
  expect(starts[0]).toBe(starts[1]);
  expect(starts[2]).not.toBe(starts[0]);
});

test("a data file keeps records, own fields, merges and barred addresses between starts", async () => {
  const dataFile = join(await scratch(), "portal.json");
  const before = await startedSandbox({ dataFile });
  await before.control("POST", "fields", { object: "cars", fields: [{ name: "plate", unique: true }] });
  const [car] = await before.seed("cars", { plate: "B-1" });
  const [one = "", two = ""] = await before.seed("contacts", { email: "a@x.org" }, { email: "b@x.org" });
  const client = plainClient(before.url);
  const merged = (await client.merge(one, two)).body.id ?? "";
  await client.gdprDelete("barred@x.org", "email");
  const kept = await before.dump("contacts");
  await before.close();

  const after = await startedSandbox({ dataFile });
  const again = plainClient(after.url);
  expect(await after.dump("contacts")).toEqual(kept);
  expect((await again.get("contacts", two, ["email"])).body.id).toBe(merged);
  expect((await again.create("contacts", { email: "b@x.org" })).body.message).toContain(merged);
  expect((await again.create("contacts", { email: "barred@x.org" })).status).toBe(400);
  expect((await again.read("cars", ["b-1"], [], "plate")).body.results).toMatchObject([{ id: car }]);
  const next = Number((await again.create("contacts", { email: "c@x.org" })).body.id);
  expect(next).toBeGreaterThan(Number(merged));
});

test("the data file is there from the start and whole JSON at any time", async () => {
  const dataFile = join(await scratch(), "portal.json");
  await startedSandbox({ dataFile });
  expect(JSON.parse(await readFile(dataFile, "utf8"))).toMatchObject({ format: "sluice-hubspot-sandbox-1" });
});

test.each([
  ["no JSON", "{"],
  ["another's JSON", '{"format":"else"}'],
])("a data file that is %s is refused and left alone", async (_name, text) => {
  const dataFile = join(await scratch(), "portal.json");
  await writeFile(dataFile, text);
  const start = startHubspotSandbox({ port: 0, seed: 1, tier: "pro", dataFile });
  await expect(start).rejects.toMatchObject({ code: "USAGE", fix: expect.any(String) });
  expect(await readFile(dataFile, "utf8")).toBe(text);
});

test("a data file in a folder that is not there is refused at the start", async () => {
  const dataFile = join(await scratch(), "no", "portal.json");
  const start = startHubspotSandbox({ port: 0, seed: 1, tier: "pro", dataFile });
  await expect(start).rejects.toMatchObject({ code: "USAGE" });
});

test("a port in use is PORT_IN_USE, an unknown tier USAGE", async () => {
  const { url } = await startedSandbox();
  const port = Number(new URL(url).port);
  const options = { seed: 1, tier: "pro", dataFile: null };
  await expect(startHubspotSandbox({ ...options, port })).rejects.toMatchObject({ code: "PORT_IN_USE" });
  const wrong = startHubspotSandbox({ ...options, port: 0, tier: "gold" });
  await expect(wrong).rejects.toMatchObject({ code: "USAGE", fix: "use one of free, pro, enterprise, unlimited" });
});

test("close ends connections that are still open", async () => {
  const sandbox = await startedSandbox();
  await sandbox.fault({ delay_ms: 60_000 });
  const waiting = expect(plainClient(sandbox.url).list("contacts", 1)).rejects.toThrow();
  while (((await sandbox.control("GET", "faults")).body as { struck: number }[])[0]?.struck === 0);
  await sandbox.close();
  await waiting;
});
