import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, sep } from "node:path";
import { WORK_DIR } from "../config/load-project.ts";
import type { Clock } from "../contract/clock.ts";
import { Fault } from "../contract/fault.ts";
import type { Planner } from "../contract/planner.ts";
import type { Project } from "../contract/project.ts";
import type { StateStore } from "../contract/state.ts";
import { PLANNER_SCHEMA } from "../planner/snapshot-schema.ts";
import { STATE_SCHEMA } from "../state/migrations.ts";
import { type KeptFile, type KeptSync, MANIFEST, type Manifest, PLANNER, STATE } from "./backup-manifest.ts";
import { halvesOf, troubleOfHalves } from "./compare-halves.ts";
import { exists } from "./exists.ts";
import {
  copyDurably,
  makePrivate,
  measure,
  moveFile,
  namesIn,
  onDisk,
  plansDir,
  scratchDir,
  syncFile,
} from "./memory-files.ts";
import { projectId } from "./state-marker.ts";

export type Memories = { readonly state: StateStore; readonly planner: Planner };

/** What there is to say of a backup that was made. */
export type BackupMade = Manifest & { readonly dir: string; readonly seconds: number; readonly bytes: number };

/**
 * Copies state, snapshots and plans into a new folder, as they stand at one moment: whoever holds the planner keeps runs of
 * others out, and begins none of its own meanwhile. Written aside and renamed: the folder is there whole or not at all. Faults: those
 * of {@link refuseTaken}, STATE_MISMATCH and STATE_MISSING where the memory's halves do not belong together, STATE_FAILED.
 */
export async function backupMemory(
  project: Project,
  { state, planner }: Memories,
  dir: string,
  clock: Clock,
): Promise<BackupMade> {
  const startedMs = clock.monotonicMs();
  await refuseTaken(project, dir);
  for (const halves of await halvesOf(state, planner)) {
    const trouble = troubleOfHalves(halves);
    if (trouble !== null) throw trouble;
  }
  return onDisk(`the backup ${dir} could not be written`, "make room, or name another folder", async () => {
    await mkdir(dirname(dir), { recursive: true });
    const aside = await mkdtemp(join(dirname(dir), `.${basename(dir)}.partial-`));
    try {
      const manifest = await fill(aside, project, { state, planner }, clock);
      await rename(aside, dir);
      await syncFile(dirname(dir));
      const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
      return { dir, seconds: (clock.monotonicMs() - startedMs) / 1000, bytes, ...manifest };
    } catch (error) {
      await rm(aside, { recursive: true, force: true });
      throw error;
    }
  });
}

/** Fault: USAGE where the folder is there already, or would lie among the memories of the project's environments. */
export async function refuseTaken(project: Project, dir: string): Promise<void> {
  const fix = "name a folder that is not there; it is made";
  if (await exists(dir)) throw new Fault("USAGE", `${dir} is there already`, { fix });
  const memories = join(project.dir, WORK_DIR);
  if (dir === memories || dir.startsWith(`${memories}${sep}`))
    throw new Fault("USAGE", `${dir} lies inside the memory that it is to be a copy of`, { fix });
}

async function fill(aside: string, project: Project, { state, planner }: Memories, clock: Clock): Promise<Manifest> {
  const takenAt = clock.now();
  // DuckDB may only write into the planner's own folders.
  const copy = join(scratchDir(project), `backup-${basename(aside)}.duckdb`);
  try {
    await planner.copyTo(copy);
    await moveFile(copy, join(aside, PLANNER));
  } finally {
    await rm(copy, { force: true });
  }
  const id = await projectId(project, state);
  await state.copyTo(join(aside, STATE));
  await makePrivate(join(aside, STATE));
  const plans = (await namesIn(plansDir(project))).filter((name) => /^[\w-]+(\.invalid)?\.parquet$/.test(name));
  for (const name of plans) await copyDurably(join(plansDir(project), name), join(aside, "plans", name));
  const files: KeptFile[] = [];
  for (const path of [STATE, PLANNER, ...plans.map((name) => `plans/${name}`)])
    files.push({ path, ...(await measure(join(aside, path))) });
  const manifest: Manifest = {
    sluice_backup: 1,
    project: id,
    environment: project.environment,
    taken_at: new Date(takenAt).toISOString(),
    schemas: { state: STATE_SCHEMA, planner: PLANNER_SCHEMA },
    syncs: await keptSyncs(planner),
    files,
  };
  await writeFile(join(aside, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600 });
  await syncFile(join(aside, MANIFEST));
  if (plans.length > 0) await syncFile(join(aside, "plans"));
  await syncFile(aside);
  return manifest;
}

async function keptSyncs(planner: Planner): Promise<KeptSync[]> {
  const kept: KeptSync[] = [];
  for (const { sync: name, account, object, generation } of await planner.metas())
    kept.push({ name, account, object, generation, rows: (await planner.tally(name))?.rows ?? 0 });
  return kept;
}
