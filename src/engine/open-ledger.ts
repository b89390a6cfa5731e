import type { Clock } from "../contract/clock.ts";
import { Fault } from "../contract/fault.ts";
import type { Project } from "../contract/project.ts";
import type { ServiceStore } from "../contract/service.ts";
import type { StateStore } from "../contract/state.ts";
import { openState } from "../state/open-state.ts";
import { exists } from "./exists.ts";
import { hasRun, MARKER } from "./state-marker.ts";

/** The state for commands that only look; null where nothing ever ran. */
export async function openLook(project: Project, clock: Clock): Promise<StateStore | null> {
  if (await exists(project.stateFile)) return openState({ file: project.stateFile, mode: "look", clock });
  if (await hasRun(project)) throw missingHalf(project, "state", project.stateFile);
  return null;
}

/** The state for commands that write a line of it beside whatever runs; null where nothing ever ran. */
export async function openLedger(project: Project, clock: Clock): Promise<(StateStore & ServiceStore) | null> {
  if (await exists(project.stateFile)) return openState({ file: project.stateFile, mode: "open", clock });
  if (await hasRun(project)) throw missingHalf(project, "state", project.stateFile);
  return null;
}

/** The marker says that this environment ran before, and a half of its memory is not there. */
export function missingHalf(project: Project, what: string, file: string): Fault {
  const where = file.startsWith(project.dir) ? file.slice(project.dir.length + 1) : file;
  return new Fault(
    "STATE_MISSING",
    `this project has run before (environment "${project.environment}"), and its ${what} ${where} is gone`,
    {
      fix: `restore .sluice from a backup with \`sluice state restore BACKUP\`. To start over on purpose: move what is left of .sluice away and delete ${MARKER}; rows are then matched to the records that are there by the match list. Nothing was sent`,
    },
  );
}
