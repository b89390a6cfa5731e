import { realpathSync } from "node:fs";
import type { Services } from "../../src/cli/services.ts";
import { openMemory } from "../../src/engine/open-memory.ts";
import { openWorkbench } from "../../src/engine/workbench.ts";
import { openLog } from "../../src/service/open-log.ts";
import { serve } from "../../src/service/serve.ts";
import { type Watch, watchCalls, watchPlanner, watchService } from "./points.ts";

/** `openService` as wire.ts puts it together, for a project that reads no folder but its own; every port is watched. */
export function serveWatched(services: Services, watch: Watch): Services["openService"] {
  const { clock, random, connectors, holder, who } = services;
  return async (first, { writeLog, ...options }, signal) => {
    const { project } = first;
    process.chdir(realpathSync(project.dir));
    const memory = await openMemory({ project, clock, mode: "run", directories: [] }, signal);
    const planner = watchPlanner(memory.planner, watch);
    const state = watchService(memory.state as NonNullable<typeof memory.state>, watch);
    const kept = { close: async () => undefined };
    const shared = { planner: { ...planner, ...kept }, state: { ...state, ...kept } };
    const service = await serve({
      ...{ first, clock, random, state, planner, holder, who, ...options },
      isDead: (other) => services.isDead(other),
      log: openLog(writeLog, () => project.secrets),
      openBench: (of) => watchCalls(openWorkbench({ project: of, clock, random, connectors, ...shared }), watch),
      needsRestart: () => null,
    });
    const stop = async (): Promise<void> => {
      await service.stop();
      await planner.close();
      await state.close();
    };
    return { url: service.url, stop };
  };
}
