/** One seed from its first draw to its last check. Everything follows from the seed: the same one tells the same story. */
import { checkEnd, checkNotes } from "./checks/end.ts";
import { newWatch } from "./checks/watch.ts";
import type { Plant, Stage } from "./story/command.ts";
import { type Place, twinPlace } from "./story/place.ts";
import { drawSyncs } from "./story/project.ts";
import { cleaned, playStory, settle } from "./story/story.ts";
import { drawSwarm } from "./story/swarm.ts";
import { drawTraits } from "./vendor/traits.ts";
import { newVendor } from "./vendor/vendor.ts";
import { chanceOf } from "./world/chance.ts";
import { newWorld, type World } from "./world/world.ts";

export type SimOptions = {
  readonly plant: Plant;
  /** Hears every event, with its virtual time. */
  readonly tell: (line: string) => void;
  readonly place: (world: World, seed: number) => Promise<Place>;
  /** Fewer rounds, rows and syncs: where every step costs a database's time. */
  readonly isShort: boolean;
};

export const PLAIN: SimOptions = {
  plant: (ports) => ports,
  tell: () => undefined,
  place: async (world) => twinPlace(world),
  isShort: false,
};

export type SimResult = {
  readonly seed: number;
  readonly violations: readonly string[];
  /** Kinds of trouble that really came up. */
  readonly seen: readonly string[];
  readonly processes: number;
  readonly writes: number;
  /** Rows that were compared with their records at the end. */
  readonly compared: number;
  readonly virtualMs: number;
};

export async function simulate(seed: number, options: SimOptions = PLAIN): Promise<SimResult> {
  const world = newWorld();
  const chance = chanceOf(seed);
  const swarm = drawSwarm(chance.fork("swarm"));
  const traits = drawTraits(chance.fork("traits"));
  const say = (who: string, text: string): void => options.tell(`${stamp(world.nowMs)}  ${who.padEnd(6)}  ${text}`);
  const vendor = newVendor(world, traits, swarm, chance.fork("vendor"));
  const place = await options.place(world, seed);
  const kinds = drawSyncs(place.prefix, traits, options.isShort ? 2 : 3, chance.fork("syncs"));
  const watch = newWatch(world, vendor, place, kinds, say);
  const story = chance.fork("story");
  const stage: Stage = {
    ...{ world, vendor, place, watch, kinds, chance, say, plant: options.plant, printed: [], lives: new Map() },
    ...{ seesDeaths: story.hits(0.5), isSkewed: swarm.has("skew"), swarm, approvals: [] },
  };
  say("seed", `${seed}: ${swarm.all.join(", ") || "no trouble"}`);
  say("seed", JSON.stringify(traits));
  for (const kind of kinds) say("seed", JSON.stringify(kind));
  let compared = 0;
  const play = async (): Promise<void> => {
    const shape = options.isShort
      ? { rounds: story.int(1, 2), size: story.int(3, 8), episodes: 0.1 }
      : { rounds: story.int(2, 5), size: story.int(3, 14), episodes: 0.25 };
    const end = cleaned(await playStory(stage, shape, story));
    if (!(await settle(stage, end))) watch.blame("it does not settle");
    const rest = { stage, ...end };
    compared = await checkEnd(rest);
    await checkNotes(stage);
  };
  try {
    await world.run(play());
  } catch (error) {
    watch.blame(`the seed broke off: ${error instanceof Error ? error.stack : String(error)}`);
  }
  const { violations, writes } = watch;
  return {
    ...{ seed, violations, writes, compared, seen: [...vendor.seen] },
    processes: stage.lives.size,
    virtualMs: world.nowMs,
  };
}

/** 3723004 → "1:02:03.004" */
function stamp(ms: number): string {
  const pad = (value: number, digits: number) => String(value).padStart(digits, "0");
  const seconds = Math.floor(ms / 1000);
  return `${pad(Math.floor(seconds / 3600), 4)}:${pad(Math.floor(seconds / 60) % 60, 2)}:${pad(seconds % 60, 2)}.${pad(Math.floor(ms) % 1000, 3)}`;
}
