// Proves that several processes share a state database: no epoch twice, and after kill -9 nothing acknowledged is lost.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Libsql from "libsql";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openState } from "../../../src/state/open-state.ts";
import { fakeClock } from "../../contract/state/fake-clock.ts";

const CHILD = join(import.meta.dirname, "child.ts");
const KILLS = 5;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-processes-"));
});
afterEach(() => rm(folder, { recursive: true }));

function start(...args: string[]) {
  const child = spawn(process.execPath, ["--import", "tsx", CHILD, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const lines: string[] = [];
  let rest = "";
  child.stdout.on("data", (chunk: Buffer) => {
    const parts = (rest + chunk.toString()).split("\n");
    rest = parts.pop() ?? "";
    lines.push(...parts);
  });
  return { child, lines };
}

it("gives every taker of a lease an epoch of its own, from three processes at once", async () => {
  const file = join(folder, "state.db");
  const takers = Array.from({ length: 3 }, () => start("take", file, "100"));
  const ends = await Promise.all(takers.map(({ child }) => once(child, "close")));
  expect(ends.map(([code]) => code)).toEqual([0, 0, 0]);
  const epochs = takers.flatMap(({ lines }) => lines.map(Number)).sort((a, b) => a - b);
  expect(epochs).toEqual(Array.from({ length: 300 }, (_, i) => i + 1));
});

it.each([1, 2])("keeps what was acknowledged through kills at any moment (file %i)", async (number) => {
  const file = join(folder, "state.db");
  for (let kill = 0; kill < KILLS; kill++) {
    const { child, lines } = start("acknowledge", file);
    while (!lines.some((line) => line.startsWith("done"))) await once(child.stdout, "data");
    const afterMs = 20 + ((kill * 37 + number * 53) % 90);
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    child.kill("SIGKILL");
    await once(child, "close");
    await check(file, lines, `killed after ${afterMs} ms`);
  }
});

async function check(file: string, lines: readonly string[], story: string) {
  const store = await openState({ file, mode: "open", clock: fakeClock() });
  const run = lines[0]?.split(" ")[1] ?? "";
  const batches = new Map((await store.batches(run)).map((batch) => [batch.fromSeq, batch]));
  await store.close();
  for (const line of lines) {
    const [act, , from] = line.split(" ");
    for (const fromSeq of [Number(from), Number(from) + 50]) {
      const batch = batches.get(fromSeq);
      expect(batch, `${story}: ${line}`).toBeDefined();
      if (act !== "done") continue;
      expect(
        batch?.acks?.map((ack) => ack.remoteId),
        `${story}: ${line}`,
      ).toEqual(Array.from({ length: 50 }, (_, i) => String(fromSeq + i)));
    }
  }
  for (const [fromSeq, batch] of batches) {
    if (fromSeq % 100 === 0) expect(batches.get(fromSeq + 50)?.state, `${story}: half a transaction`).toBe(batch.state);
  }
  const db = new Libsql(file);
  expect(db.prepare("pragma integrity_check").all()).toEqual([{ integrity_check: "ok" }]);
  db.close();
  expect(lines.filter((line) => line.startsWith("done")).length, story).toBeGreaterThan(0);
}
