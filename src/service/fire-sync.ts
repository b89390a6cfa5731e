import { realpath } from "node:fs/promises";
import { relative, sep } from "node:path";
import type { Sync } from "../contract/project.ts";
import type { Schedule, When } from "../contract/schedule.ts";
import type { Arrival, ScheduleRecord } from "../contract/service.ts";
import { PLAINLY } from "../contract/state.ts";
import { asFault } from "../core/as-fault.ts";
import { afterBlackout, nextStart } from "../core/next-start.ts";
import { withoutValues } from "../core/without-values.ts";
import type { Workbench } from "../engine/workbench.ts";
import { hasAll } from "./announce-run.ts";
import { requestRun } from "./request-run.ts";
import { fireKey, type ServiceParts } from "./service-parts.ts";

/** A start that comes later than this after its time is told of: somebody was not there to begin it. */
const LATE_MS = 5 * 60_000;

/**
 * A start of a sync's schedule is due. However many were missed, this is one (S26); the next is planned before it begins, so that
 * a crash in between loses none.
 */
export async function fireSync(parts: ServiceParts, name: string, dueMs: number, signal: AbortSignal): Promise<null> {
  const { state, bell, clock, live } = parts;
  const { loaded, release } = live.pin();
  try {
    const sync = loaded.project.syncs.get(name);
    const schedule = sync?.schedule ?? null;
    if (sync === undefined || schedule === null) {
      await bell.schedule(fireKey(name), null);
      return null;
    }
    const record = await state.schedule(name);
    const nowMs = clock.now();
    const nextAt = nextStart(schedule, { sync: name, afterMs: Math.max(nowMs, dueMs), lastMs: dueMs });
    await bell.schedule(fireKey(name), nextAt);
    const putOff = putOffUntil(schedule, nowMs);
    if (putOff !== null) {
      await bell.schedule(fireKey(name), Math.min(putOff, nextAt ?? putOff));
      return null;
    }
    const asker = { bench: loaded.bench, askTurn: parts.askTurn };
    const passed = await whyPassed(asker, sync, schedule, record, signal);
    await state.putSchedule(name, { firedAt: dueMs, nextAt, passed });
    if (passed !== null) {
      parts.events.tell({ kind: "schedule.passed", sync: name, run: null, detail: { reason: passed } });
      return null;
    }
    tellLate(parts, sync, schedule, { dueMs, nowMs });
    await start(parts, sync, schedule, record?.arrived ?? []);
    return null;
  } finally {
    await release();
  }
}

async function start(
  parts: ServiceParts,
  sync: Sync,
  { starts }: Schedule,
  arrived: readonly Arrival[],
): Promise<void> {
  const trigger = starts.kind === "after" ? `after ${starts.syncs.join(", ")}` : "schedule";
  await requestRun(parts, sync, { action: "run", ...PLAINLY, who: "schedule", trigger, key: null, cause: null });
  // Only now: a crash before it starts it twice, which is one run, and after it nobody would start it.
  if (starts.kind === "after") await parts.state.depart(sync.name, arrived);
}

/** Planned times lie outside of blackouts; the ends of other syncs, and starts that come late, may fall into one. */
function putOffUntil(schedule: Schedule, nowMs: number): number | null {
  const open = afterBlackout(schedule, nowMs);
  return open === null || open <= nowMs ? null : open;
}

type Asker = { readonly bench: Workbench } & Pick<ServiceParts, "askTurn">;

async function whyPassed(
  asker: Asker,
  sync: Sync,
  { starts, when }: Schedule,
  record: ScheduleRecord | null,
  signal: AbortSignal,
): Promise<string | null> {
  if (record?.paused === true) return `paused by ${record.pausedBy ?? "somebody"}`;
  if (starts.kind === "after" && !hasAll(record?.arrived ?? [], starts)) return `waits for ${starts.syncs.join(", ")}`;
  for (const check of when) {
    const failed = await whyNot(asker, sync, check, signal);
    if (failed !== null) return failed;
  }
  return null;
}

/** Why a check does not hold; null where it does. One that cannot be asked does not hold. */
async function whyNot({ bench, askTurn }: Asker, sync: Sync, check: When, signal: AbortSignal): Promise<string | null> {
  if (check.kind === "file") {
    const { dir } = bench.project;
    return (await isThere(dir, check.path)) ? null : `when: ${relative(dir, check.path)} is not there`;
  }
  try {
    const warehouse = await bench.warehouse(check.connection);
    const holds = await askTurn(() => firstValue(warehouse.read(check.sql, { pageSize: 2 }, signal)));
    // What it says instead may be a row's value, and the reason is shown to everybody who may look.
    return isTrue(holds)
      ? null
      : `when: the query gives ${holds === undefined ? "no row" : "something else than true"}`;
  } catch (error) {
    const { code, message } = asFault(error);
    return `when: the query of ${sync.name} failed: ${withoutValues(message)} (${code})`;
  }
}

async function firstValue(
  pages: AsyncGenerator<readonly Readonly<Record<string, unknown>>[], unknown>,
): Promise<unknown> {
  let value: unknown;
  let isFirst = true;
  for await (const page of pages)
    for (const row of page) {
      if (isFirst) value = Object.values(row)[0];
      isFirst = false;
    }
  return value;
}

/** Decimals and big integers come as texts. */
function isTrue(value: unknown): boolean {
  const text = String(value);
  return /^(true|t)$/i.test(text) || (/^-?\d+(\.\d+)?$/.test(text) && Number(text) !== 0);
}

/** Within the project, also where a link leads there: what lies outside is nobody's to ask after. */
async function isThere(projectDir: string, path: string): Promise<boolean> {
  try {
    const [root, found] = [await realpath(projectDir), await realpath(path)];
    return found.startsWith(`${root}${sep}`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return false;
    throw error;
  }
}

function tellLate(
  parts: ServiceParts,
  sync: Sync,
  { starts }: Schedule,
  { dueMs, nowMs }: { dueMs: number; nowMs: number },
): void {
  if (starts.kind === "after") return;
  const lateMs = nowMs - dueMs;
  parts.meters.fired(sync.name, Math.max(0, lateMs));
  if (lateMs < LATE_MS) return;
  parts.events.tell({ kind: "schedule.missed", sync: sync.name, run: null, detail: { late_ms: lateMs } });
  parts.log.warn({ sync: sync.name, lateMs }, "a scheduled start was missed; it begins now, once");
  parts.tell({ event: "missed", sync, dueAt: dueMs, cameAt: nowMs, why: "nobody was there to begin it" });
}
