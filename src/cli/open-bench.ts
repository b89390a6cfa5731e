import { Fault } from "../contract/fault.ts";
import type { Project } from "../contract/project.ts";
import type { Workbench } from "../engine/workbench.ts";
import { findService } from "./ask-service.ts";
import type { CommandContext } from "./command-context.ts";

const PATIENCE_MS = 1_000;

/** Opens the workbench; where that takes its time, says for whom it waits. */
export async function openBench<O>(
  { services, output, signal }: CommandContext<O>,
  project: Project,
  mode: "run" | "plan",
): Promise<Workbench> {
  const line = await findService(project, services);
  if (line !== null)
    throw new Fault("PLANNER_BUSY", `a service works on this project (${line.url})`, {
      fix: "`sluice run`, `resync --yes` and `state backup` go through it, `status`, `runs`, `rows`, `why` and `approve` work beside it; stop it for this command",
    });
  const opened = new AbortController();
  const told = services.clock.sleep(PATIENCE_MS, opened.signal).then(
    () => output.note("waiting for the project: another sluice process may be at work on it"),
    () => {
      // Opened in time: there is nothing to say.
    },
  );
  try {
    return await services.openBench(project, mode, signal);
  } finally {
    opened.abort();
    await told;
  }
}
