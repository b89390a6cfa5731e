// Proves that a project whose files change is taken over whole or not at all, and that whoever began with an older one keeps it.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { fingerprint } from "../../../src/config/fingerprint.ts";
import type { LoadedProject, Project } from "../../../src/contract/project.ts";
import type { Workbench } from "../../../src/engine/workbench.ts";
import { type LiveProject, openLiveProject } from "../../../src/service/live-project.ts";
import { handClock } from "../../contract/doorbell/hand-clock.ts";
import { emptyProject } from "../engine/empty-project.ts";

const EVERY_MS = 1_000;
let dir: string;
let clock: ReturnType<typeof handClock>;
let live: LiveProject;
/** Environments of benches that are open, and of those that were closed, in order. */
let open: string[];
let closed: string[];
let told: string[];
/** What the files say: an environment's name, or what is wrong with them. */
let files: { read: string } | { wrong: string };
let loads: number;
let onLoaded: () => Promise<void>;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "sluice-live-"));
  clock = handClock();
  [open, closed, told, loads] = [[], [], [], 0];
  files = { read: "v1" };
  onLoaded = async () => undefined;
  await writeFile(join(dir, "sluice.yml"), "1");
  live = await openLiveProject({
    first: { project: projectOf("v1"), problems: [] },
    load: async () => {
      loads++;
      return loaded();
    },
    isAtomic: false,
    fingerprint: () => fingerprint(dir),
    openBench: ({ environment }) => {
      open.push(environment);
      const close = async () => {
        open.splice(open.indexOf(environment), 1);
        closed.push(environment);
      };
      return { close } as Workbench;
    },
    needsRestart: ({ environment }) => (environment === "another state" ? "the state is another" : null),
    clock,
    everyMs: EVERY_MS,
    onLoaded: async ({ project }) => {
      told.push(project.environment);
      await onLoaded();
    },
    onRefused: ({ problems }) => told.push(`refused: ${problems.map(({ message }) => message).join()}`),
  });
});
afterEach(async () => {
  await live.close();
  expect(open).toEqual([]);
  await rm(dir, { recursive: true });
});

const projectOf = (environment: string): Project => ({ ...emptyProject(dir), environment });
const problem = {
  severity: "error",
  file: "syncs/a.yml",
  line: 1,
  column: 1,
  code: "CONFIG_INVALID",
  fix: null,
} as const;
const loaded = (): LoadedProject =>
  "wrong" in files
    ? { ok: false, problems: [{ ...problem, message: files.wrong }] }
    : { ok: true, project: projectOf(files.read), problems: [] };
const current = (): string => live.current().project.environment;
let edits = 1;
async function edit(changed: typeof files): Promise<void> {
  files = changed;
  await writeFile(join(dir, "sluice.yml"), `${"x".repeat(++edits)}`);
}
async function look(times: number): Promise<void> {
  for (let i = 0; i < times; i++) await live.look();
}
/** Time goes on to the next look, which is over when this returns. */
async function tick(): Promise<void> {
  clock.advance(EVERY_MS);
  while (clock.sleepers() === 0) await new Promise((resolve) => setTimeout(resolve, 1));
}

it("takes over what has changed once it is the same at two looks, and closes what nobody works on", async () => {
  await edit({ read: "v2" });
  await look(1);
  expect([current(), loads]).toEqual(["v1", 0]);
  await look(1);
  expect([current(), loads, open, closed, told]).toEqual(["v2", 1, ["v2"], ["v1"], ["v2"]]);
  await look(5);
  expect(loads).toBe(1);
});

it("looks by itself, from time to time", async () => {
  await edit({ read: "v2" });
  await tick();
  expect(current()).toBe("v1");
  await tick();
  expect([current(), told]).toEqual(["v2", ["v2"]]);
});

it("does not read files that are still being written", async () => {
  for (let i = 0; i < 5; i++) {
    await edit({ wrong: "half written" });
    await look(1);
  }
  expect([loads, told, live.refused()]).toEqual([0, [], null]);
  await edit({ read: "v2" });
  await look(2);
  expect([current(), loads]).toEqual(["v2", 1]);
});

it("keeps the last good project where the files are not sound, says so once, and takes over the next sound ones", async () => {
  await edit({ wrong: "model is missing" });
  await look(4);
  expect([current(), loads, told]).toEqual(["v1", 1, ["refused: model is missing"]]);
  expect(live.refused()).toMatchObject({ atMs: clock.now(), problems: [{ message: "model is missing" }] });
  await edit({ read: "v2" });
  await look(2);
  expect([current(), live.refused()]).toEqual(["v2", null]);
});

it("files that become what they were are at work again and no longer refused", async () => {
  await edit({ wrong: "model is missing" });
  await look(2);
  await edit({ read: "v1" });
  await look(2);
  expect([current(), live.refused()]).toEqual(["v1", null]);
});

it("what needs a new start is refused and says so", async () => {
  await edit({ read: "another state" });
  await look(2);
  expect([current(), told]).toEqual(["v1", ["refused: the state is another"]]);
});

it("a reader that throws is a refusal, not the end of looking", async () => {
  const reading = live;
  files = new Proxy(
    { read: "" },
    {
      has: () => {
        throw new Error("EMFILE: too many open files");
      },
    },
  );
  await writeFile(join(dir, "sluice.yml"), `${"x".repeat(++edits)}`);
  await tick();
  await tick();
  expect(told).toEqual([expect.stringMatching(/^refused: .*EMFILE/)]);
  await edit({ read: "v2" });
  await tick();
  await tick();
  expect([current(), reading.refused()]).toEqual(["v2", null]);
});

it("what follows from a take-over and fails is tried again, and the former project is closed all the same", async () => {
  let failures = 1;
  onLoaded = async () => {
    if (failures-- > 0) throw new Error("the database is busy");
  };
  await edit({ read: "v2" });
  for (let i = 0; i < 2; i++) await tick();
  expect([current(), open, told]).toEqual(["v2", ["v2"], ["v2", "refused: the database is busy"]]);
  for (let i = 0; i < 2; i++) await tick();
  expect([current(), open, live.refused()]).toEqual(["v2", ["v2"], null]);
  expect(told.filter((one) => one === "v2")).toHaveLength(2);
});

it("who began with an older project keeps it, and it is closed after the last of them", async () => {
  const [one, two] = [live.pin(), live.pin()];
  await edit({ read: "v2" });
  await look(2);
  const three = live.pin();
  expect([one, two, three].map(({ loaded }) => loaded.project.environment)).toEqual(["v1", "v1", "v2"]);
  await one.release();
  expect(open).toEqual(["v1", "v2"]);
  await two.release();
  expect([open, closed]).toEqual([["v2"], ["v1"]]);
  await three.release();
  expect(open).toEqual(["v2"]);
});

it("several older ones at once are closed each in its time", async () => {
  const first = live.pin();
  await edit({ read: "v2" });
  await look(2);
  const second = live.pin();
  await edit({ read: "v3" });
  await look(2);
  expect(open).toEqual(["v1", "v2", "v3"]);
  await second.release();
  await first.release();
  expect([open, closed]).toEqual([["v3"], ["v2", "v1"]]);
});

it("two that look at the same moment load once", async () => {
  await edit({ read: "v2" });
  await look(1);
  await Promise.all([live.look(), live.look(), live.look()]);
  expect([current(), loads, told]).toEqual(["v2", 1, ["v2"]]);
});

it("closing ends the looking", async () => {
  await live.close();
  await edit({ read: "v2" });
  clock.advance(EVERY_MS);
  expect([clock.sleepers(), loads, told]).toEqual([0, 0, []]);
});
