/** A project of no files: what opening, backing up and restoring its memory asks for. */
import { join } from "node:path";
import type { Project } from "../../../src/contract/project.ts";

export function emptyProject(dir: string): Project {
  const workDir = join(dir, ".sluice");
  return {
    dir,
    environment: "prod",
    timezone: null,
    connections: new Map(),
    models: new Map(),
    syncs: new Map(),
    alerts: new Map(),
    triggers: new Map(),
    keep: { runs: 30, days: 30 },
    stateFile: join(workDir, "state.db"),
    workDir,
    secrets: [],
  };
}
