import { join } from "node:path";
import type { Project } from "../contract/project.ts";

/** Where the plan of a run lies; its invalid rows lie beside it. */
export function planPath(project: Project, run: string): string {
  return join(project.workDir, "plans", `${run}.parquet`);
}

/** The file of all snapshots. */
export function plannerFile(project: Project): string {
  return join(project.workDir, "planner.duckdb");
}
