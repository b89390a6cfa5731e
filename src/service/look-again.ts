import type { Fault } from "../contract/fault.ts";
import { unfinishedRuns } from "../engine/give-up-run.ts";
import type { ServiceParts } from "./service-parts.ts";

/** An unfinished run of a sync that could not go on yet. */
export type Wait = {
  /** In a row, without getting on. */
  readonly looks: number;
  /** When the next one is due, ms since the epoch. */
  readonly nextAt: number;
};

const FIRST_MS = 30_000;
const MOST_MS = 10 * 60_000;

/**
 * A run that began and has not ended goes on by itself once what stands in its way has passed: a destination that is down, a
 * warehouse that somebody else holds. Gives when to look again; null where nothing is unfinished, or somebody has to mend it first.
 */
export async function lookAgain(
  { waits, state, clock, events }: Pick<ServiceParts, "waits" | "state" | "clock" | "events">,
  sync: string,
  fault: Fault,
): Promise<number | null> {
  const open = passes(fault) ? (await unfinishedRuns(state, sync)).at(-1) : undefined;
  if (open === undefined) {
    waits.delete(sync);
    return null;
  }
  const wait = nextWait(waits.get(sync) ?? { looks: 0, nextAt: 0 }, fault, clock.now());
  waits.set(sync, wait);
  events.tell({ kind: "run.waiting", sync, run: open.id, detail: { code: fault.code, next_at: wait.nextAt } });
  return wait.nextAt;
}

function nextWait({ looks, nextAt }: Wait, { hints }: Fault, nowMs: number): Wait {
  // A vendor that says for how long it wants to be left alone knows better.
  const leastAt = nowMs + (hints.retryAfterMs ?? 0);
  // Somebody asked before it was time: that puts nothing off.
  if (nextAt > nowMs) return { looks, nextAt: Math.max(nextAt, leastAt) };
  const pauseMs = Math.min(MOST_MS, FIRST_MS * 2 ** looks);
  return { looks: looks + 1, nextAt: Math.max(nowMs + pauseMs, leastAt) };
}

/** When an unfinished run is looked at by itself: work in between that left it as it was took its ring. */
export async function nextLook(
  { waits, state }: Pick<ServiceParts, "waits" | "state">,
  sync: string,
): Promise<number | null> {
  const wait = waits.get(sync);
  if (wait !== undefined) return wait.nextAt;
  const [paused] = await state.runs({ sync, states: ["paused"], limit: 1 });
  return paused?.resumeAt ?? null;
}

/** What was called off stays so until somebody asks again. */
function passes({ code, rule }: Fault): boolean {
  return rule.retry !== "person" && code !== "CANCELLED";
}
