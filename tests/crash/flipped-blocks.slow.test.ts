// Proves that no block of the planner's file is damaged unnoticed: the next run is refused, and the harness's own check sees it.
import { cpSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, it } from "vitest";
import { onWarehouse } from "../demo/generate-warehouse.ts";
import { checkIntegrity } from "./check-memory.ts";
import { stageMaker } from "./stage.ts";
import { targetOf } from "./targets.ts";

const newStage = stageMaker();
/** So many rows fill blocks that hold one column alone: only who reads that column comes by. */
const ROWS = 20_000;
/** DuckDB's file: three headers, then blocks that begin with their sum. */
const HEADERS = 3 * 4_096;
const BLOCK = 262_144;
/** The sum of a block is made of words of 8 bytes; words that are equal and change alike leave it as it was. */
const FLIPPED = 12;
/** Runs of a second each; spread over the file where it has more blocks than that. */
const MOST_PLACES = 12;

/** The first bytes of a block, and some in its middle, of as many blocks as there are; else of every n-th. */
function places(size: number): number[] {
  const blocks = Math.floor((size - HEADERS) / BLOCK);
  const all = Array.from({ length: blocks }, (_, block) => HEADERS + block * BLOCK).flatMap((at) => [
    at,
    at + BLOCK / 2,
  ]);
  const step = Math.ceil(all.length / MOST_PLACES);
  return all.filter((_, index) => index % step === 0);
}

function flip(file: string, from: number): void {
  const bytes = readFileSync(file);
  for (let at = from; at < from + FLIPPED; at++) bytes[at] = (bytes[at] ?? 0) ^ 0xff;
  writeFileSync(file, bytes);
}

it("a run that was interrupted over a large snapshot does not go on where a block is damaged, whichever it is", async () => {
  const stage = await newStage({ target: targetOf("hubspot", "upsert"), rows: ROWS });
  expect(await stage.run()).toMatchObject({ status: 0 });
  stage.story.goOn({ changes: 0.05, leaves: 0.01 });
  await stage.project.fill(stage.story.people());
  await stage.slow(100);
  const died = await stage.startWithPoints({ CRASH_POINT: "state.acknowledge:after:2" }).ended;
  expect(died.signal).toBe("SIGKILL");
  // What was on its way still arrives.
  await delay(300);
  await stage.slow(null);

  const memory = join(stage.project.dir, ".sluice");
  const planner = join(memory, "planner.duckdb");
  const kept = join(stage.project.dir, "kept");
  // Pages that the log holds would stand for those of the file.
  await onWarehouse(planner, (db) => db.run("checkpoint"));
  cpSync(memory, kept, { recursive: true });
  const putBack = (): void => {
    rmSync(memory, { recursive: true, force: true });
    cpSync(kept, memory, { recursive: true });
  };

  const all = places(statSync(planner).size);
  expect(all.length, "blocks beyond the first").toBeGreaterThan(6);
  for (const at of all) {
    putBack();
    flip(planner, at);
    expect(await checkIntegrity(stage.project.dir), `the harness's check, byte ${at}`).toHaveLength(1);
    await stage.sandbox.control("DELETE", "requests");
    const { status, error } = await stage.run();
    expect({ at, code: error?.code, status }).toEqual({ at, code: "STATE_CORRUPT", status: 1 });
    expect(await stage.writes()).toEqual([]);
  }
  putBack();
  expect(await stage.run()).toMatchObject({ status: 0 });
  expect(await stage.faults()).toEqual([]);
}, 300_000);
