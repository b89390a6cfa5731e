// Proves that a person can be taken out of the state, leaves nothing in its bytes, and stays known by hash alone (S27).
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Lease, StateStore, Traces } from "../../../src/contract/state.ts";
import { openState } from "../../../src/state/open-state.ts";
import { fakeClock } from "../../contract/state/fake-clock.ts";
import { aHold, aNote, anAck, aReject, aRun } from "../../contract/state/samples.ts";

let folder = "";
let state: StateStore;
let lease: Lease;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-state-"));
  state = await openState({ file: join(folder, "state.db"), mode: "create", clock: fakeClock() });
  const attempt = await state.acquire("people", "me", 60_000, () => false);
  if (!attempt.ok) throw new Error("the lease is free");
  lease = attempt.lease;
});

afterAll(async () => {
  await state.close();
  await rm(folder, { recursive: true });
});

async function bytes(): Promise<string> {
  const files = await readdir(folder);
  return (await Promise.all(files.map((file) => readFile(join(folder, file), "latin1")))).join("");
}

const TRACES: Traces = { keys: ["canary-key"], words: ["canary@x.example"], placeholder: "forgotten", plans: ["r1"] };

test("refusals, notes, sentences and holds of a person go, others stay, and no byte is left", async () => {
  await state.createRun(lease, aRun({ id: "r1", state: "failed", reason: "could not convert 'Canary@x.example'" }));
  await state.createRun(lease, aRun({ id: "r2", state: "succeeded", reason: "because" }));
  await state.recordIntents(lease, [{ run: "r1", fromSeq: 0, toSeq: 2 }]);
  await state.acknowledge(lease, [
    {
      ...{ run: "r1", fromSeq: 0, toSeq: 2, cured: [], aliases: [] },
      acks: [anAck({ kept: { email: "canary@x.example" } }), anAck({}), anAck({})],
      notes: [
        aNote({ seq: 0, key: "canary-key", message: "canary@x.example is no address" }),
        aNote({ seq: 1, key: "other", message: "held by canary@x.example" }),
        aNote({ seq: 2, key: "third", message: "m" }),
      ],
      rejects: [aReject({ key: "canary-key", message: "canary@x.example" }), aReject({ key: "other" })],
    },
  ]);
  await state.hold(lease, aHold({ id: "h1", run: "r1" }));
  await state.hold(lease, aHold({ id: "h2", run: "r2" }));
  const counted = { refusals: 1, notes: 1, sentences: 2, holds: 1 };
  expect(await state.countRows("people", TRACES)).toEqual(counted);
  expect(await state.countRows("another", TRACES)).toEqual({ refusals: 0, notes: 0, sentences: 0, holds: 0 });
  expect(await state.forgetRows(lease, TRACES)).toEqual(counted);
  expect(await state.notes("r1", { limit: 9 })).toMatchObject([
    { key: "forgotten", message: null, state: "rejected" },
    { key: "other", message: "forgotten" },
    { key: "third", message: "m" },
  ]);
  expect(await state.reject("people", "canary-key")).toBeNull();
  expect(await state.reject("people", "other")).not.toBeNull();
  expect((await state.holds("people", 0)).map(({ id }) => id)).toEqual(["h2"]);
  expect((await state.run("r1"))?.reason).toBe("forgotten");
  expect((await state.batches("r1"))[0]).toMatchObject({ state: "done", acks: null });
  await state.compact();
  expect((await bytes()).toLowerCase()).not.toContain("canary");
  expect(await state.inspect("full")).toEqual([]);
});

test("hashes are kept once, go along when a sync is renamed, and outlive its reset", async () => {
  const one = { sync: "people", trait: "key", hash: "a1", salt: "s", at: 1 } as const;
  const everywhere = { sync: null, trait: "lower", hash: "b2", salt: "s", at: 2 } as const;
  await state.putForgotten([one, everywhere]);
  await state.putForgotten([
    { ...one, at: 3 },
    { ...everywhere, at: 4 },
  ]);
  expect(await state.forgotten()).toEqual([one, everywhere]);
  await state.forgetSync(lease);
  expect(await state.forgotten()).toEqual([one, everywhere]);
  await state.renameSync("people", "persons");
  expect(await state.forgotten()).toEqual([{ ...one, sync: "persons" }, everywhere]);
});
