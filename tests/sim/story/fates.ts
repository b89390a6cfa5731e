/** What becomes of a process, drawn before it starts. */
import type { Chance } from "../world/chance.ts";
import type { Fate, Point } from "../world/life.ts";
import type { Swarm } from "./swarm.ts";

/** A pause that outlasts a lease lets another process take over. */
export const LONG_PAUSES_MS = [200_000, 600_000] as const;

/** Calls between which a run's memory changes hands. */
const EDGES = [
  "planner.accept",
  "state.foldAccepted",
  "state.acknowledge",
  "session.commit",
  "state.patchRun",
  "planner.markInDoubt",
] as const;

export function drawFate(chance: Chance, swarm: Swarm, isSlow: boolean): Fate {
  const point = (): Point =>
    chance.hits(0.65)
      ? { from: "writing", call: chance.int(1, chance.pick([6, 12, 30])) }
      : { from: "start", call: chance.int(1, chance.pick([20, 50])) };
  const isSkewed = swarm.has("skew") && chance.hits(0.5);
  const isKilled = swarm.has("crash") && chance.hits(0.7);
  const sending: Point = { from: "sending", call: chance.int(1, 5) };
  const edge: Point = { from: chance.pick(EDGES), call: chance.int(1, 2) };
  const moment = chance.pick(["before", "during", "during", "after"] as const);
  const pauseMs = chance.pick([20_000, 50_000, ...LONG_PAUSES_MS]);
  return {
    crash: isKilled && chance.hits(0.85) ? { at: chance.pick([sending, point(), edge]), moment } : null,
    killAfterMs: isKilled && chance.hits(0.25) ? chance.int(0, chance.pick([2_000, 20_000])) : null,
    diesWaiting: swarm.has("crash") && chance.hits(0.3),
    pause: swarm.has("pause") && chance.hits(0.5) ? { at: point(), ms: pauseMs } : null,
    skewMs: isSkewed ? chance.int(-5_000, 5_000) : 0,
    jump: isSkewed ? { at: point(), ms: chance.pick([-3_600_000, -2_000, 2_000, 3_600_000]) } : null,
    isSlow,
  };
}
