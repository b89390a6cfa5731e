/** Where the memory of a seed lies: on twins, or in real databases. Both tiers run the same stories. */
import type { Planner } from "../../../src/contract/planner.ts";
import type { AuditEntry, StateStore } from "../../../src/contract/state.ts";
import { memoryPlanner } from "../twins/memory-planner.ts";
import { memoryState } from "../twins/memory-state.ts";
import { newPlannerDisk, type PlannerDisk } from "../twins/planner-disk.ts";
import { newStateDisk, type StateDisk } from "../twins/state-disk.ts";
import type { World } from "../world/world.ts";
import { type Answers, newAnswers } from "./tables.ts";

export type Place = {
  /** Begins every sync's name, so that seeds share a database and nothing in it. */
  readonly prefix: string;
  readonly account: string;
  readonly workDir: string;
  readonly answers: Answers;
  readonly state: StateStore;
  readonly planner: Planner;
  /** What lies below the twins, for bugs that are planted there; null over real databases. */
  readonly disks: { readonly state: StateDisk; readonly planner: PlannerDisk } | null;
  audit(): readonly AuditEntry[];
};

const START_MS = 1_800_000_000_000;

/** Leases run out by the database's own clock, which no process can bend. */
export function databaseClock(world: World) {
  return {
    now: () => START_MS + world.nowMs,
    monotonicMs: () => world.nowMs,
    sleep: (ms: number) => world.sleep(ms),
  };
}

export function twinPlace(world: World): Place {
  const state = newStateDisk();
  const planner = newPlannerDisk();
  const answers = newAnswers();
  const clock = databaseClock(world);
  return {
    ...{ prefix: "", account: "portal", workDir: "/sim/work", answers, disks: { state, planner } },
    state: memoryState(state, clock),
    planner: memoryPlanner(planner, answers.evaluate, clock),
    audit: () => state.audit,
  };
}
