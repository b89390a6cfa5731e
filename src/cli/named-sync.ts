import { Fault } from "../contract/fault.ts";
import type { Project, Sync } from "../contract/project.ts";
import { selectSyncs } from "../core/select.ts";

/** The sync of this name. Faults: USAGE, with the name that was probably meant. */
export function namedSync(project: Project, name: string): Sync {
  const [sync] = selectSyncs(project, { names: [name], selectors: [], all: false });
  if (sync === undefined) throw new Fault("USAGE", `there is no sync "${name}"`);
  return sync;
}
