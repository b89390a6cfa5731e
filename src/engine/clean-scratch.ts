import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../contract/clock.ts";
import type { Project } from "../contract/project.ts";
import { namesIn, plansDir, scratchDir } from "./memory-files.ts";

/** Names of scratch files carry the process that writes them: `plan-4711-2.parquet`. */
const OWNED = /^(?:plan|planner|restore)-(\d+)\b/;
/** What carries no name (DuckDB's own spill files) may be somebody's who plans without the planner's file: for so long. */
const NOBODYS_MS = 24 * 3_600_000;

/**
 * Lets go of what processes left behind that were killed: plans in the making hold people's data (S27). Called under the planner's
 * lock.
 */
export async function cleanScratch(project: Project, clock: Clock): Promise<void> {
  const dir = scratchDir(project);
  for (const name of await namesIn(dir)) {
    const owner = OWNED.exec(name)?.[1];
    const isLeft = owner === undefined ? await isOld(join(dir, name), clock) : !isAlive(Number(owner));
    if (isLeft) await rm(join(dir, name), { recursive: true, force: true });
  }
  // Whoever wrote a plan aside had the lock, and has it no more.
  for (const name of await namesIn(plansDir(project)))
    if (name.endsWith(".tmp")) await rm(join(plansDir(project), name), { force: true });
}

async function isOld(path: string, clock: Clock): Promise<boolean> {
  try {
    return (await stat(path)).mtimeMs < clock.now() - NOBODYS_MS;
  } catch (error) {
    // Whoever made it let go of it in this moment.
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  if (pid === process.pid) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}
