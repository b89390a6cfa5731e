import { createHash } from "node:crypto";
import type { Schedule } from "../contract/schedule.ts";
import { nextStart } from "../core/next-start.ts";
import { fireKey, type ServiceParts } from "./service-parts.ts";

/**
 * Plans the next start of every sync that has a schedule, after the files were loaded. A start that was planned before stays
 * planned, also where its time is over (it begins now, once); another schedule is planned anew; a schedule that is gone rings no more.
 */
export async function planStarts(parts: ServiceParts): Promise<void> {
  const { live, state, bell, clock } = parts;
  const { syncs } = live.current().project;
  const records = new Map((await state.schedules()).map((record) => [record.sync, record]));
  for (const { name, schedule } of syncs.values()) {
    const spec = specOf(schedule);
    const record = records.get(name);
    records.delete(name);
    if (schedule === null && (record === undefined || record.spec === spec)) continue;
    if (record?.spec === spec) continue;
    const lastMs = record?.firedAt ?? null;
    const nextAt = schedule === null ? null : nextStart(schedule, { sync: name, afterMs: clock.now(), lastMs });
    await state.putSchedule(name, { spec, nextAt });
    await bell.schedule(fireKey(name), nextAt);
  }
  // Of syncs whose file is gone nothing starts; what is known of them stays, for when it comes back.
  for (const { sync, spec } of records.values()) {
    if (spec === "") continue;
    await state.putSchedule(sync, { spec: "", nextAt: null });
    await bell.schedule(fireKey(sync), null);
  }
}

/** Empty for a sync without a schedule. */
function specOf(schedule: Schedule | null): string {
  if (schedule === null) return "";
  const { starts, jitterMs, blackouts, timezone } = schedule;
  return createHash("sha256").update(JSON.stringify({ starts, jitterMs, blackouts, timezone })).digest("hex");
}
