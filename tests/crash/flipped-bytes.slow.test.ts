// Proves that damaged memory is refused under its name, is not made anew, and that nothing is sent on its word.
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { onWarehouse } from "../demo/generate-warehouse.ts";
import { type Stage, stageMaker } from "./stage.ts";
import { targetOf } from "./targets.ts";

const newStage = stageMaker();
/** All of them would take a minute. */
const SOME = 4;
let stage: Stage;
let kept: string;
const memory = (): string => join(stage.project.dir, ".sluice");
const state = (): string => join(memory(), "state.db");
const planner = (): string => join(memory(), "planner.duckdb");

/** A run that died after some of its batches were acknowledged; every case begins there. */
beforeAll(async () => {
  stage = await newStage({ target: targetOf("hubspot", "upsert"), rows: 900 });
  await stage.slow(100);
  const died = await stage.startWithPoints({ CRASH_POINT: "state.acknowledge:after:2" }).ended;
  expect(died.signal).toBe("SIGKILL");
  // What was on its way still arrives.
  await delay(300);
  await stage.slow(null);
  await foldLogs();
  kept = `${stage.project.dir}/kept`;
  cpSync(memory(), kept, { recursive: true });
});

/** The pages that a log holds would stand for those of the file. */
async function foldLogs(): Promise<void> {
  await onWarehouse(planner(), (db) => db.run("checkpoint"));
  const Database = createRequire(import.meta.url)("libsql") as new (file: string) => Sqlite;
  const db = new Database(state());
  db.pragma("wal_checkpoint(truncate)");
  db.close();
}
type Sqlite = { pragma(text: string): unknown; close(): void };

function planFile(): string {
  const [name] = readdirSync(join(memory(), "plans")).filter((one) => /^[^.]+\.parquet$/.test(one));
  if (name === undefined) throw new Error("the run that died left no plan");
  return join(memory(), "plans", name);
}

function flip(file: string, from: number, count = 16): void {
  const bytes = readFileSync(file);
  for (let at = from; at < Math.min(from + count, bytes.length); at++) bytes[at] = (bytes[at] ?? 0) ^ 0xff;
  writeFileSync(file, bytes);
}

/** Puts the memory back, damages it, and runs: refused, sent nothing, and the damaged file is as it was. */
async function refused(damage: () => string): Promise<{ code: string; status: number | null }> {
  rmSync(memory(), { recursive: true, force: true });
  cpSync(kept, memory(), { recursive: true });
  const file = damage();
  const size = existsSync(file) ? statSync(file).size : null;
  await stage.sandbox.control("DELETE", "requests");
  const { status, error } = await stage.run();
  expect(await stage.writes()).toEqual([]);
  expect(existsSync(file) ? statSync(file).size : null).toBe(size);
  return { code: error?.code ?? "no error", status };
}

describe("a run of an interrupted project is refused where", () => {
  it.each([
    ["the header of state.db is damaged", 0],
    ["its schema is", 100],
  ])("%s", async (_, at) => {
    const damage = (): string => {
      flip(state(), at);
      return state();
    };
    expect(await refused(damage)).toEqual({ code: "STATE_CORRUPT", status: 1 });
  });

  it("state.db lost its end", async () => {
    const damage = (): string => {
      truncateSync(state(), Math.floor(statSync(state()).size / 2));
      return state();
    };
    expect(await refused(damage)).toEqual({ code: "STATE_CORRUPT", status: 1 });
  });

  it("a page of state.db is none, whichever it is", async () => {
    const pages = statSync(join(kept, "state.db")).size / 4_096;
    for (let page = 1; page < pages; page += SOME) {
      const damage = (): string => {
        flip(state(), page * 4_096, 12);
        return state();
      };
      expect({ page, ...(await refused(damage)) }).toEqual({ page, code: "STATE_CORRUPT", status: 1 });
    }
  });

  it.each([
    ["the header of planner.duckdb is damaged", 0],
    ["its first block is", 12_288],
  ])("%s", async (_, at) => {
    const damage = (): string => {
      flip(planner(), at);
      return planner();
    };
    expect(await refused(damage)).toEqual({ code: "STATE_CORRUPT", status: 1 });
  });

  it("the plan is damaged, cut, or gone", async () => {
    const damaged = (): string => {
      flip(planFile(), 1_000);
      return planFile();
    };
    const cut = (): string => {
      truncateSync(planFile(), 2_000);
      return planFile();
    };
    const gone = (): string => {
      const file = planFile();
      rmSync(file);
      return file;
    };
    for (const damage of [damaged, cut, gone])
      expect(await refused(damage)).toEqual({ code: "PLAN_CORRUPT", status: 1 });
  });

  it("not where all is as the run left it", async () => {
    rmSync(memory(), { recursive: true, force: true });
    cpSync(kept, memory(), { recursive: true });
    expect(await stage.run()).toMatchObject({ status: 0 });
    expect(await stage.faults()).toEqual([]);
  });
});
