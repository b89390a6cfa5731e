import type { Project } from "../contract/project.ts";
import type { RunRecord, RunState } from "../contract/run.ts";
import type { AfterState, Starts } from "../contract/schedule.ts";
import type { Arrival } from "../contract/service.ts";
import { fireKey, type ServiceParts } from "./service-parts.ts";

const COUNTS: Readonly<Record<AfterState, readonly RunState[]>> = {
  success: ["succeeded"],
  partial: ["succeeded", "partial"],
  always: ["succeeded", "partial", "failed", "blocked", "cancelled"],
};

/**
 * Tells syncs that come after this one that it ended. One that waits for several starts when the last of them has arrived; the
 * arrivals are kept, so that a crash forgets none.
 */
export async function announceRun(parts: ServiceParts, run: RunRecord): Promise<void> {
  const { live, state, bell, clock } = parts;
  const followers = followersOf(live.current().project, run.sync);
  if (followers.length === 0) return;
  for (const { name, starts } of followers) {
    if (!COUNTS[starts.on].includes(run.state)) continue;
    const arrived = await state.arrive(name, { sync: run.sync, run: run.id });
    if (hasAll(arrived, starts)) await bell.schedule(fireKey(name), clock.now());
  }
  await state.putSchedule(run.sync, { announced: run.id });
}

type After = Extract<Starts, { kind: "after" }>;

export function hasAll(arrived: readonly Arrival[], { syncs }: After): boolean {
  return syncs.every((name) => arrived.some(({ sync }) => sync === name));
}

function followersOf(project: Project, sync: string): { name: string; starts: After }[] {
  return [...project.syncs.values()].flatMap(({ name, schedule }) => {
    const starts = schedule?.starts;
    return starts?.kind === "after" && starts.syncs.includes(sync) ? [{ name, starts }] : [];
  });
}

/** What ended while nobody could tell of it: the last run of each sync that others come after. */
export async function announceUntold(parts: ServiceParts): Promise<void> {
  const { live, state } = parts;
  const followed = new Set(
    [...live.current().project.syncs.values()].flatMap(({ schedule }) =>
      schedule?.starts.kind === "after" ? schedule.starts.syncs : [],
    ),
  );
  for (const name of followed) {
    const [last] = await state.runs({ sync: name, limit: 1 });
    const announced = (await state.schedule(name))?.announced ?? null;
    // Before this sync was ever followed nobody waited for it.
    const ended = last?.endedAt == null ? null : last;
    if (announced === null) await state.putSchedule(name, { announced: ended?.id ?? "" });
    else if (ended !== null && announced !== ended.id) await announceRun(parts, ended);
  }
}
