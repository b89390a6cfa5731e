// Proves that a service makes the backup itself: between two runs, only for whoever may, and only into a folder that is new.
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { crowd } from "../../e2e/people.ts";
import type { Asked } from "./ask.ts";
import { type Rig, startRig, until } from "./rig.ts";
import { SCENARIO_FILES } from "./scenarios.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ people: crowd(7), files: SCENARIO_FILES });
});
afterAll(() => rig.close());

const inside = (name: string): string => join(rig.dir, name);
const backUp = (body: object, asked: Asked = {}) => rig.ask("POST", "/api/v1/state/backup", { body, ...asked });
const start = async (sync: string, body: object = {}): Promise<string> =>
  String((await rig.ask("POST", `/api/v1/syncs/${sync}/runs`, { body })).body.id);
const stateOf = async (id: string): Promise<string | undefined> => (await rig.state.run(id))?.state;

/** What is asked, once it waits for its moment. */
async function waiting<T>(ask: () => Promise<T>, of: Rig = rig): Promise<{ readonly answer: Promise<T> }> {
  const alone = vi.spyOn(of.service.parts.lull, "alone");
  const answer = ask();
  // Whoever expects a failure looks later.
  answer.catch(() => undefined);
  await until(() => alone.mock.calls.length > 0);
  alone.mockRestore();
  return { answer };
}

/** A run whose writes are under way until the portal has no faults. */
async function longRun(): Promise<string> {
  await rig.portal.hold("/batch/up");
  const id = await start("people", { action: "resync" });
  await until(async () => (await stateOf(id)) === "writing");
  return id;
}

it("lets the run at work end, holds back what comes meanwhile, and begins that afterwards", async () => {
  const first = await longRun();
  const asked = await waiting(() => backUp({ folder: inside("copies/first"), wait_seconds: 30 }));
  const second = await start("firms", { action: "plan" });
  await until(async () => (await rig.state.rings.stats(Date.now())).working === 2);
  expect([await stateOf(first), await stateOf(second)]).toEqual(["writing", "queued"]);
  expect(existsSync(inside("copies"))).toBe(false);

  await rig.portal.noFaults();
  const answer = await asked.answer;
  expect(answer).toMatchObject({
    status: 200,
    body: { dir: inside("copies/first"), sluice_backup: 1, syncs: [{ name: "people", rows: 7 }] },
  });
  expect(await stateOf(first)).toBe("succeeded");
  const { dir, seconds, bytes, ...manifest } = answer.body;
  expect(JSON.parse(await readFile(inside("copies/first/manifest.json"), "utf8"))).toEqual(manifest);
  expect(await readdir(inside("copies"))).toEqual(["first"]);
  await until(async () => (await stateOf(second)) === "succeeded");
  const { entries } = (await rig.ask("GET", "/api/v1/audit")).body;
  expect(entries).toContainEqual(expect.objectContaining({ act: "backup", who: "Ann", detail: dir }));
});

it("says what is at work where no quiet moment comes, and lets everything go on", async () => {
  const run = await longRun();
  const refused = await backUp({ folder: inside("late"), wait_seconds: 0.1 });
  expect(refused).toMatchObject({
    status: 409,
    body: { code: "PLANNER_BUSY", fix: expect.stringContaining("--wait") },
  });
  expect(refused.body.detail).toBe(`0.1 s brought no moment without a run; at work: people (run ${run})`);
  expect(existsSync(inside("late"))).toBe(false);
  expect(await rig.run("firms", { action: "plan" })).toMatchObject({ state: "succeeded" });
  await rig.portal.noFaults();
  await until(async () => (await stateOf(run)) === "succeeded");
});

it("makes a new folder and touches no other", async () => {
  await mkdir(inside("empty"));
  await writeFile(inside("notes.txt"), "mine");
  const before = await readdir(rig.dir);
  const cases = [
    [{ folder: inside("empty") }, "USAGE"],
    [{ folder: inside("notes.txt") }, "USAGE"],
    [{ folder: join(rig.dir, "models", "..", "empty") }, "USAGE"],
    [{ folder: inside(".sluice") }, "USAGE"],
    [{ folder: inside(".sluice/production") }, "USAGE"],
    [{ folder: "backup" }, "BAD_REQUEST"],
    [{ folder: `${inside("a")}\0b` }, "BAD_REQUEST"],
    [{ folder: "" }, "BAD_REQUEST"],
    [{}, "BAD_REQUEST"],
    [{ folder: inside("new"), wait_seconds: -1 }, "BAD_REQUEST"],
    [{ folder: inside("new"), overwrite: true }, "BAD_REQUEST"],
  ] as const;
  for (const [body, code] of cases)
    expect([body, await backUp(body)]).toMatchObject([body, { status: 400, body: { code } }]);
  // Below a file no folder can be made.
  expect(await backUp({ folder: inside("notes.txt/new") })).toMatchObject({ body: { code: "STATE_FAILED" } });
  expect(await readdir(rig.dir)).toEqual(before);
  expect(await readdir(inside("empty"))).toEqual([]);
  expect(await readFile(inside("notes.txt"), "utf8")).toBe("mine");
});

it("is for tokens with the scope admin, of every sync", async () => {
  const tokens = [
    await rig.token(["read", "run", "approve", "values"]),
    await rig.token(["admin"], { syncs: ["people"] }),
  ];
  for (const headers of tokens)
    expect(await backUp({ folder: inside("theirs") }, { headers })).toMatchObject({
      status: 403,
      body: { code: "SCOPE_MISSING" },
    });
  expect(existsSync(inside("theirs"))).toBe(false);
  const headers = await rig.token(["admin"]);
  expect(await backUp({ folder: inside("ours") }, { headers })).toMatchObject({ status: 200 });
});

it("is not begun by whoever went away while it waited", async () => {
  const run = await longRun();
  const gone = new AbortController();
  const { localKey, url } = rig;
  const asked = await waiting(() =>
    fetch(`${url}/api/v1/state/backup`, {
      method: "POST",
      headers: { authorization: `Bearer ${localKey}`, "content-type": "application/json" },
      body: JSON.stringify({ folder: inside("unwanted") }),
      signal: gone.signal,
    }),
  );
  const next = await start("firms", { action: "plan" });
  gone.abort();
  await expect(asked.answer).rejects.toThrow();
  await until(async () => (await stateOf(next)) === "succeeded");
  await rig.portal.noFaults();
  await until(async () => (await stateOf(run)) === "succeeded");
  expect(existsSync(inside("unwanted"))).toBe(false);
});

it("comes whole or not at all where the service stops: a copy that has begun is finished, one that waits is not begun", async () => {
  const other = await startRig({ people: crowd(7) });
  const folder = (name: string): string => join(other.dir, name);
  const ask = (name: string) => other.ask("POST", "/api/v1/state/backup", { body: { folder: folder(name) } });
  try {
    await other.run("people");
    const { lull, live } = other.service.parts;
    const { planner } = live.current().bench;
    const { copyTo } = planner;
    const stops = vi.spyOn(lull, "close");
    vi.spyOn(planner, "copyTo").mockImplementation(async (path) => {
      await until(() => stops.mock.calls.length > 0);
      return copyTo(path);
    });
    // Nobody is at work: it copies from here on, and is not done before the service stops.
    const begun = await waiting(() => ask("begun"), other);
    const late = await waiting(() => ask("late"), other);
    await other.service.stop();
    expect(await readdir(folder("begun"))).toContain("manifest.json");
    expect(existsSync(folder("late"))).toBe(false);
    await Promise.allSettled([begun.answer, late.answer]);
  } finally {
    await other.close();
  }
});
