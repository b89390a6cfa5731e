/** The ports of one process: each call is a point where it may die, and a dead process moves nothing any more. */
import type { Planner, PlanSession } from "../../../src/contract/planner.ts";
import type { StateStore } from "../../../src/contract/state.ts";
import type { Life } from "./life.ts";

export function livingState(state: StateStore, life: Life): StateStore {
  return {
    ...living("state", state, life),
    rejects: async function* (sync) {
      const pages = await life.call("state.rejects", async () => {
        const all = [];
        for await (const page of state.rejects(sync)) all.push(page);
        return all;
      });
      yield* pages;
    },
  };
}

export function livingPlanner(planner: Planner, life: Life): Planner {
  return {
    ...living("planner", planner, life),
    plan: (request) => life.call("planner.plan", async () => livingSession(await planner.plan(request), life)),
  };
}

function livingSession(session: PlanSession, life: Life): PlanSession {
  return living("session", session, life);
}

/** The same port; each of its calls goes through the life. */
function living<T extends object>(name: string, port: T, life: Life): T {
  const members = Object.entries(port).map(([key, member]: [string, unknown]) => {
    if (typeof member !== "function") return [key, member];
    const call = (...args: unknown[]) =>
      life.call(`${name}.${key}`, async () => (await Reflect.apply(member, port, args)) as unknown);
    return [key, call];
  });
  return Object.fromEntries(members) as T;
}
