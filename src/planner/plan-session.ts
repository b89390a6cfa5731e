import { rm } from "node:fs/promises";
import type { PlanSession } from "../contract/planner.ts";
import { hashVersion } from "./hash-version.ts";
import { quietPlan } from "./quiet-plan.ts";
import { evaluate } from "./read-model.ts";
import { type AfterStage, asideOf, type SessionParts } from "./session-parts.ts";
import { stagedPlan } from "./staged-plan.ts";

/** The life of a plan: the model is read and compared; what follows has another shape where nothing differs. */
export function planSession(parts: SessionParts): PlanSession {
  const { request, session, scratchFile } = parts;
  const version = hashVersion(request.mapping, parts.engineVersion);
  let isClosed = false;
  let plan: AfterStage | null = null;
  const staged = (): AfterStage => {
    if (plan === null) throw new Error("the plan is not staged yet");
    return plan;
  };
  return {
    stage: async (signal) => {
      const quiet = await parts.onEveryCore(() => evaluate(parts, version, signal));
      if (quiet !== null) {
        plan = quietPlan(parts, version, quiet);
        return { unlinked: 0, mustLook: false };
      }
      const found = await stagedPlan(parts, version);
      plan = found.plan;
      return found.staged;
    },
    unlinked: (fromIndex, limit) => staged().unlinked(fromIndex, limit),
    link: (links, unlinkable) => staged().link(links, unlinkable),
    build: (linksAreComplete, signal) => staged().build(linksAreComplete, signal),
    guardCounts: (approved) => staged().guardCounts(approved),
    setAside: (held, approved) => staged().setAside(held, approved),
    goneRejects: () => staged().goneRejects(),
    sample: (limit) => staged().sample(limit),
    write: (path, signal) => staged().write(path, signal),
    commit: (epoch) => staged().commit(epoch),
    storeLinks: (at) => staged().storeLinks(at),
    close: async () => {
      if (isClosed) return;
      isClosed = true;
      session.close();
      for (const file of [scratchFile, asideOf(scratchFile)]) await rm(file, { force: true });
      await parts.release();
    },
  };
}
