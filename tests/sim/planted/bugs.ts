/** All planted bugs. Each must be caught: a simulation that lets one pass has rotted. */
import { PLAIN, simulate } from "../simulate.ts";
import { DESTINATION_BUGS } from "./destination-bugs.ts";
import { PLANNER_BUGS } from "./planner-bugs.ts";
import type { Bug } from "./plant.ts";
import { STATE_BUGS } from "./state-bugs.ts";

export const BUGS: readonly Bug[] = [...STATE_BUGS, ...PLANNER_BUGS, ...DESTINATION_BUGS];

/** The first seed that catches the bug, and by what; null where none of so many does. */
export async function catchBug({ plant }: Bug, mostSeeds: number): Promise<{ seed: number; violation: string } | null> {
  for (let seed = 1; seed <= mostSeeds; seed++) {
    const [violation] = (await simulate(seed, { ...PLAIN, plant })).violations;
    if (violation !== undefined) return { seed, violation };
  }
  return null;
}
