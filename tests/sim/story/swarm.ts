/** Which kinds of trouble a seed has. Whole kinds are on or off, so that rare combinations come up as well as crowded ones. */
import type { Chance } from "../world/chance.ts";

/** Trouble of single calls to the destination. */
export const CALL_FAULTS = [
  "lost",
  "landed and lost",
  "late",
  "twice",
  "unauthorized",
  "throttled",
  "down",
  "partial",
  "slow",
] as const;
export type CallFault = (typeof CALL_FAULTS)[number];

/** Trouble of processes, of the warehouse, and of people. */
export const STORY_FAULTS = [
  "crash",
  "pause",
  "skew",
  "two processes",
  "cancel",
  "outage",
  "zero rows",
  "cut read",
  "config edit",
  "hand edit",
  "merge",
  "deletion",
  "hand made",
  "poison",
  "dirty rows",
  "moved values",
] as const;
export type StoryFault = (typeof STORY_FAULTS)[number];

export type Kind = CallFault | StoryFault;

export type Swarm = {
  readonly calls: readonly CallFault[];
  has(kind: StoryFault): boolean;
  readonly all: readonly Kind[];
  /** How often a call to the destination goes wrong. */
  readonly callRate: number;
};

export function drawSwarm(chance: Chance): Swarm {
  // One seed in twenty has no trouble at all: then everything must simply be right.
  const share = chance.pick([0, 0.15, 0.3, 0.3, 0.5, 0.5, 0.8]);
  const calls = CALL_FAULTS.filter(() => chance.hits(share));
  const story = new Set<StoryFault>(STORY_FAULTS.filter((kind) => chance.hits(kind === "crash" ? share * 2 : share)));
  return {
    calls,
    has: (kind) => story.has(kind),
    all: [...calls, ...story],
    callRate: calls.length === 0 ? 0 : chance.pick([0.1, 0.25, 0.4, 0.7]),
  };
}
