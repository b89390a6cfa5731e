import { existsSync, readFileSync } from "node:fs";
import type { Random } from "../../src/contract/clock.ts";
import { shuffled } from "../../src/kit/sandbox/seeded-random.ts";
import type { Point, Side } from "./point.ts";

/** What every life of a run goes through: a harness that does not meet one of these has rotted. */
export const LIFE_OF_A_RUN = [
  ...["state.acquire", "state.createRun", "state.patchRun", "state.putSync", "state.recordIntents"],
  ...["state.acknowledge", "state.foldAccepted", "state.release"],
  ...["session.stage", "session.build", "session.write", "session.commit", "session.close"],
  ...["planner.accept", "file.rename", "destination.write", "bench.close"],
];

/** What every life of a service goes through from its start to its stop, when it is asked for a run. */
export const LIFE_OF_A_SERVICE = [
  ...LIFE_OF_A_RUN,
  ...["state.request", "rings.free", "rings.ring", "rings.take", "rings.done", "planner.close", "state.close"],
];

/** Later calls of one name are like these. */
const MOST_CALLS = 6;

/** The points at which a process can be told to die: those of a life as above, and whatever processes were seen to pass. */
export function pointMenu(life: readonly string[], random: Random) {
  const calls = new Map(life.map((call) => [call, 1]));
  const told = new Map<string, number>();
  const reached = new Map<string, number>();
  const sidesOf = (call: string): readonly Side[] =>
    call === "destination.write" ? ["before", "unanswered", "after"] : ["before", "after"];
  const bump = (counts: Map<string, number>, name: string): void => {
    counts.set(name, (counts.get(name) ?? 0) + 1);
  };
  return {
    /** The least used side of a call; which of its calls is left to chance. */
    choose(): Point {
      const all = [...calls.keys()].flatMap((call) => sidesOf(call).map((side) => ({ call, side })));
      const uses = (at: { call: string; side: Side }): number => told.get(`${at.call}:${at.side}`) ?? 0;
      const fewest = Math.min(...all.map(uses));
      const [chosen] = shuffled(
        all.filter((at) => uses(at) === fewest),
        random,
      );
      if (chosen === undefined) throw new Error("there are no points");
      bump(told, `${chosen.call}:${chosen.side}`);
      return { ...chosen, nth: 1 + Math.floor(random() * Math.min(calls.get(chosen.call) ?? 1, MOST_CALLS)) };
    },
    /** A process died there. */
    met({ call, side }: Point): void {
      bump(reached, `${call}:${side}`);
    },
    /** Learns from a trace what a process passed. */
    learn(trace: string): void {
      if (!existsSync(trace)) return;
      const seen = new Map<string, number>();
      for (const call of readFileSync(trace, "utf8").split("\n").filter(Boolean)) bump(seen, call);
      for (const [call, count] of seen) calls.set(call, Math.max(calls.get(call) ?? 0, count));
    },
    /** Names of all calls, and the sides at which a process died. */
    facts: () => ({ calls: [...calls.keys()], reached }),
  };
}

export type PointMenu = ReturnType<typeof pointMenu>;
