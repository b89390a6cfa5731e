import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import type { PlanRequest, PlanSession } from "../../src/contract/planner.ts";
import { openPlanner } from "../../src/planner/open-planner.ts";
import { snapshotTable } from "../../src/planner/snapshot-schema.ts";
import { stageSql } from "../../src/planner/stage-sql.ts";
import { fieldSql, jsonObjectSql, keySql } from "../../src/planner/value-sql.ts";
import { realClock } from "../contract/destination/real-clock.ts";
import { peakMbOf } from "../demo/child-commands.ts";
import { onWarehouse } from "../demo/generate-warehouse.ts";
import { floorSql, MAPPING, MODEL_SQL, rowsSql } from "./diff-tables.ts";

/** One part of the diff benchmark, in a process that does only this. Prints a line of JSON. */
export type Measured = {
  readonly seconds: number;
  /** User and system time of all threads meanwhile: tells where the machine was busy with other things. */
  readonly cpuSeconds: number;
  readonly peakMb: number;
  readonly parts: readonly { name: string; seconds: number }[];
  readonly changed: number;
  readonly removed: number;
};

/** As src/engine/open-memory.ts gives it. */
const MEMORY_LIMIT_MB = 512;
const signal = new AbortController().signal;
const [part = "", dir = ".", rowsText = "0"] = process.argv.slice(2);
const rows = Number(rowsText);
const files = {
  warehouse: join(dir, "warehouse.duckdb"),
  planner: join(dir, ".sluice", "planner.duckdb"),
  work: join(dir, ".sluice"),
};

function request(sql: string): PlanRequest {
  return {
    sync: "people_to_hubspot",
    model: "people",
    account: "1",
    object: "contacts",
    local: { path: files.warehouse },
    sql,
    mapping: MAPPING,
    write: "upsert",
    onRemoved: { kind: "archive" },
    onRemovedAdopted: { kind: "none" },
    onMissingRecord: "rematch",
    resend: false,
    keysOnly: false,
    forwardOnly: false,
    keepsRemovals: false,
    suppress: { list: null, forgotten: [] },
    onDuplicateMatch: { policy: "reject" },
    rejects: noRejects(),
    nowMs: realClock.now(),
    recheckUnmatchedMs: 24 * 3_600_000,
  };
}

async function* noRejects(): PlanRequest["rejects"] {}

async function withSession<T>(sql: string, work: (session: PlanSession) => Promise<T>): Promise<T> {
  const options = {
    file: files.planner,
    workDir: files.work,
    projectDir: dir,
    directories: [],
    memoryLimitMb: MEMORY_LIMIT_MB,
    clock: realClock,
  };
  const planner = await openPlanner(options, signal);
  const session = await planner.plan(request(sql));
  try {
    return await work(session);
  } finally {
    await session.close();
    await planner.close();
  }
}

/** The warehouse as it is after the day, and a snapshot of the day before, as acceptance leaves it. */
async function prepare(): Promise<void> {
  mkdirSync(files.work, { recursive: true });
  await onWarehouse(files.warehouse, async (db) => {
    await db.run(`create table people as ${rowsSql(rows, true)}`);
  });
  await withSession(`${MODEL_SQL} where false`, async (session) => {
    await session.stage(signal);
    await session.build(true, signal);
    await session.commit(1);
  });
  await onWarehouse(":memory:", async (db) => {
    await db.run("set preserve_insertion_order = false");
    await db.run(`set temp_directory = '${join(files.work, "tmp")}'`);
    await db.run(`attach '${files.planner}' as sluice_planner`);
    const before = rowsSql(rows, false);
    await db.run(stageSql(before, MAPPING, null));
    const payload = jsonObjectSql(
      MAPPING.fields.map((field) => ({ field: field.field, value: fieldSql(field).value, when: null })),
    );
    await db.run(`insert into ${snapshotTable(1)} by name
      select s.key, s.hash, v.payload, '9' || s.key as remote_id, 'created' as origin, now() as accepted_at, 'r0' as accepted_run
      from temp.main.sluice_stage s
      join (select ${keySql(MAPPING.primaryKey)} as key, ${payload} as payload from (${before})) v on v.key = s.key`);
    await db.run("checkpoint sluice_planner");
  });
}

function cpuClock(): () => number {
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6;
  };
}

async function plan(): Promise<Measured> {
  const parts: { name: string; seconds: number }[] = [];
  return withSession(MODEL_SQL, async (session) => {
    const cpu = cpuClock();
    const timed = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
      const startedAt = performance.now();
      const result = await work();
      parts.push({ name, seconds: (performance.now() - startedAt) / 1000 });
      return result;
    };
    await timed("stage, keys, diff, payloads", () => session.stage(signal));
    const facts = await timed("removals, changes, plan, counts", () => session.build(true, signal));
    await timed("guards, sample", async () => {
      await session.guardCounts([]);
      await session.sample(5);
    });
    const seconds = parts.reduce((sum, one) => sum + one.seconds, 0);
    const cpuSeconds = cpu();
    await timed("plan file (run only)", () => session.write(join(files.work, "plans", "bench.parquet"), signal));
    const { changed, removed } = facts.counts;
    return { seconds, cpuSeconds, parts, changed, removed, peakMb: peakMbOf(process.pid) };
  });
}

async function floor(): Promise<Measured> {
  const instance = await DuckDBInstance.create(":memory:", {
    memory_limit: `${MEMORY_LIMIT_MB}MB`,
    temp_directory: join(files.work, "tmp"),
    preserve_insertion_order: "false",
  });
  const db = await instance.connect();
  await db.run("set TimeZone = 'UTC'");
  await db.run(`attach '${files.planner}' as sluice_planner`);
  await db.run(`attach '${files.warehouse}' as warehouse (read_only)`);
  await db.run("use warehouse");
  const parts: { name: string; seconds: number }[] = [];
  const names = ["narrow stage", "repeated keys", "repeated match values", "join on the key"];
  const cpu = cpuClock();
  for (const [index, sql] of floorSql(snapshotTable(1)).entries()) {
    const startedAt = performance.now();
    await db.run(sql);
    parts.push({ name: names[index] ?? "", seconds: (performance.now() - startedAt) / 1000 });
  }
  const cpuSeconds = cpu();
  const reader = await db.runAndReadAll("select count(*) from differs");
  const changed = Number(reader.getRows()[0]?.[0] ?? 0);
  const seconds = parts.reduce((sum, one) => sum + one.seconds, 0);
  const measured = { seconds, cpuSeconds, parts, changed, removed: 0, peakMb: peakMbOf(process.pid) };
  db.closeSync();
  instance.closeSync();
  return measured;
}

const result = part === "prepare" ? await prepare() : part === "plan" ? await plan() : await floor();
process.stdout.write(JSON.stringify(result ?? null));
