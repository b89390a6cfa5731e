import { mkdir, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Clock } from "../contract/clock.ts";
import { Fault } from "../contract/fault.ts";
import type { Planner } from "../contract/planner.ts";
import type { Project } from "../contract/project.ts";
import type { Forgotten, StateStore } from "../contract/state.ts";
import { openPlanner } from "../planner/open-planner.ts";
import { PLANNER_SCHEMA } from "../planner/snapshot-schema.ts";
import { STATE_SCHEMA } from "../state/migrations.ts";
import { openState } from "../state/open-state.ts";
import { checkFiles, type Manifest, PLANNER, readManifest, STATE } from "./backup-manifest.ts";
import { exists, sizeOf } from "./exists.ts";
import { copyDurably, moveIfThere, onDisk, plansDir, scratchDir, syncFile } from "./memory-files.ts";
import { plannerFile } from "./plan-path.ts";
import { hasRun, MARKER, readMarker, writeMarker } from "./state-marker.ts";

export type Restorable = {
  readonly dir: string;
  readonly manifest: Manifest;
  /** Age of the backup. */
  readonly ageMs: number;
  readonly syncs: readonly RestorableSync[];
  /** False where there is no present memory to put aside. */
  readonly replaces: boolean;
  /** Where the present memory is put. */
  readonly aside: string;
};

/** Generations of a sync: null where it is not known, or where the present state cannot be read. */
export type RestorableSync = {
  readonly name: string;
  readonly now: number | null;
  readonly kept: number | null;
  /** Rows in the backup. */
  readonly rows: number;
  /** Runs that began after the backup was made; the restored memory knows nothing of them. */
  readonly runsSince: number;
};

export type RestoreOptions = {
  readonly project: Project;
  readonly clock: Clock;
  readonly who: string;
  isDead(holder: string): boolean;
};

const MEMORY_LIMIT_MB = 256;
const MOST_RUNS = 10_000;

/**
 * Says what a restore would put back, with every file's sum compared. Faults: USAGE (no backup, or of another project or
 * environment), STATE_CORRUPT (a file of it is damaged), STATE_MISMATCH (made by a newer version).
 */
export async function lookAtRestore(
  { project, clock }: Pick<RestoreOptions, "project" | "clock">,
  dir: string,
): Promise<Restorable> {
  const manifest = await readManifest(dir);
  await refuseOthers(project, manifest, dir);
  await checkFiles(dir, manifest);
  const takenAt = Date.parse(manifest.taken_at);
  const state = await presentState(project, clock);
  try {
    const present = new Map((await state?.syncs())?.map(({ name, generation }) => [name, generation]));
    const names = new Set([...manifest.syncs.map(({ name }) => name), ...present.keys()]);
    const syncs: RestorableSync[] = [];
    for (const name of [...names].sort()) {
      const kept = manifest.syncs.find((sync) => sync.name === name);
      const runs = (await state?.runs({ sync: name, limit: MOST_RUNS })) ?? [];
      syncs.push({
        name,
        now: present.get(name) ?? null,
        kept: kept?.generation ?? null,
        rows: kept?.rows ?? 0,
        runsSince: runs.filter((run) => run.startedAt > takenAt).length,
      });
    }
    const replaces = (await exists(project.stateFile)) || (await exists(plannerFile(project)));
    const nowMs = clock.now();
    return { dir, manifest, ageMs: nowMs - takenAt, syncs, replaces, aside: asideDir(project, nowMs) };
  } finally {
    await state?.close();
  }
}

/** Inside the project's own folder, which version control leaves alone: it holds people's data. */
function asideDir(project: Project, nowMs: number): string {
  const time = new Date(nowMs).toISOString().replace(/[:.]/g, "-");
  return join(project.workDir, `before-restore-${time}`);
}

async function refuseOthers(project: Project, manifest: Manifest, dir: string): Promise<void> {
  if (manifest.schemas.state > STATE_SCHEMA || manifest.schemas.planner > PLANNER_SCHEMA)
    throw new Fault("STATE_MISMATCH", `the backup ${dir} was made by a newer version of Sluice`, {
      fix: "install that version, or name another backup; nothing was changed",
    });
  const marker = await readMarker(project);
  if (marker === null) return;
  const fix = `name a backup of this project and environment; on a new machine, where ${MARKER} is not there yet, any backup can be put back. Nothing was changed`;
  if (marker.project !== manifest.project)
    throw new Fault("USAGE", `the backup ${dir} is of another project (${manifest.project})`, { fix });
  if (project.environment !== manifest.environment)
    throw new Fault("USAGE", `the backup ${dir} is of environment "${manifest.environment}"`, { fix });
}

/** Null where there is none, or none that can be read: that may be why somebody restores. */
async function presentState(project: Project, clock: Clock): Promise<StateStore | null> {
  try {
    return await openState({ file: project.stateFile, mode: "look", clock });
  } catch (error) {
    if (error instanceof Fault && ["STATE_MISSING", "STATE_CORRUPT", "STATE_MISMATCH"].includes(error.code))
      return null;
    throw error;
  }
}

/**
 * Puts a backup back, and the present memory aside; nothing is deleted. Every sync then removes nothing until `link` has looked at
 * its records (S25).
 *
 * The order makes a crash harmless. The copy is made and marked beside the present memory; then the present planner goes, without
 * which every command says STATE_MISSING; the new planner comes last. In between a restore can be repeated.
 *
 * Faults: those of {@link lookAtRestore}, PLANNER_BUSY and SYNC_BUSY where somebody is at work, STATE_FAILED.
 */
export async function restoreMemory(options: RestoreOptions, dir: string, signal: AbortSignal): Promise<Restorable> {
  const { project } = options;
  const lock = await lockPlanner(options, signal);
  const staged = join(scratchDir(project), `restore-${process.pid}`);
  try {
    const found = await lookAtRestore(options, dir);
    await refuseAtWork(options);
    const fix = "make room, check the permissions of .sluice, and run the same command again";
    return await onDisk(`the backup ${dir} could not be put back`, fix, async () => {
      await rm(staged, { recursive: true, force: true });
      await stage(options, found, staged);
      await putAside(project, found.aside);
      await lock?.close();
      await putInPlace(options, found.manifest, staged);
      return found;
    });
  } finally {
    await lock?.close();
    await rm(staged, { recursive: true, force: true });
  }
}

async function presentForgotten({
  project,
  clock,
}: Pick<RestoreOptions, "project" | "clock">): Promise<readonly Forgotten[]> {
  const present = await presentState(project, clock);
  try {
    return (await present?.forgotten()) ?? [];
  } finally {
    await present?.close();
  }
}

/** Waits for whoever works on the project. Null where there is no planner file, or one that nobody can work with. */
async function lockPlanner({ project, clock }: RestoreOptions, signal: AbortSignal): Promise<Lock | null> {
  const file = plannerFile(project);
  if (((await sizeOf(file)) ?? 0) === 0) return null;
  const engine = { file, workDir: project.workDir, projectDir: project.dir, directories: [], clock };
  try {
    return once(await openPlanner({ ...engine, memoryLimitMb: MEMORY_LIMIT_MB }, signal));
  } catch (error) {
    if (error instanceof Fault && ["STATE_CORRUPT", "STATE_MISMATCH"].includes(error.code)) return null;
    throw error;
  }
}

type Lock = Pick<Planner, "close">;

function once(planner: Planner): Lock {
  let closing: Promise<void> | null = null;
  return {
    close: () => {
      closing ??= planner.close();
      return closing;
    },
  };
}

/** Where the planner could not be locked, leases tell of those who work: on this machine, or on another that shares the folder. */
async function refuseAtWork({ project, clock, isDead }: RestoreOptions): Promise<void> {
  const state = await presentState(project, clock);
  try {
    for (const { sync } of (await state?.leases()) ?? []) {
      const holder = (await state?.holder(sync)) ?? null;
      if (holder !== null && !isDead(holder))
        throw new Fault("SYNC_BUSY", `sync "${sync}" is being run by ${holder}`, {
          fix: "wait until it ends, then restore; nothing was changed",
        });
    }
  } finally {
    await state?.close();
  }
}

/** A copy of the backup that says of itself what it is, checked again after it was copied. */
async function stage({ project, clock, who }: RestoreOptions, found: Restorable, staged: string): Promise<void> {
  const { manifest, dir } = found;
  await mkdir(staged, { recursive: true, mode: 0o700 });
  for (const { path } of manifest.files) await copyDurably(join(dir, path), join(staged, path));
  await mkdir(join(staged, "plans"), { recursive: true, mode: 0o700 });
  await checkFiles(staged, manifest);
  const state = await openState({ file: join(staged, STATE), mode: "open", clock });
  try {
    const names = new Set([...(await state.syncs()), ...manifest.syncs].map(({ name }) => name));
    const restoredAt = clock.now();
    const backupAt = Date.parse(manifest.taken_at);
    await carryOver(await presentState(project, clock), state, manifest);
    await state.putRestorations([...names].map((sync) => ({ sync, backupAt, restoredAt })));
    // Whoever was forgotten since the backup was made stays so.
    await state.putForgotten(await presentForgotten({ project, clock }));
    const former = found.replaces ? `; what was there is in ${basename(found.aside)}` : "";
    const detail = `${project.environment}: a backup of ${manifest.taken_at} was put back${former}`;
    await state.audit({ at: restoredAt, who, act: "restore", sync: null, run: null, detail });
  } finally {
    await state.close();
  }
  await syncFile(join(staged, STATE));
}

/** What must outlive a restore: who asked to be forgotten since, and how long vendors asked to be left alone. */
async function carryOver(from: StateStore | null, to: StateStore, { syncs }: Manifest): Promise<void> {
  if (from === null) return;
  try {
    await to.putForgotten(await from.forgotten());
    for (const account of new Set(syncs.map((sync) => sync.account))) {
      const budget = await from.budget(account);
      if (budget !== null) await to.putBudget(budget);
    }
  } finally {
    await from.close();
  }
}

/** The planner goes first: without it every other command refuses to work. */
async function putAside(project: Project, aside: string): Promise<void> {
  await mkdir(aside, { recursive: true, mode: 0o700 });
  const planner = plannerFile(project);
  for (const end of ["", ".wal"]) await moveIfThere(`${planner}${end}`, join(aside, `${PLANNER}${end}`));
  // A state elsewhere may lie on another disk: it goes aside where it is.
  const isBeside = dirname(project.stateFile) === project.workDir;
  const state = isBeside ? join(aside, STATE) : `${project.stateFile}.${basename(aside)}`;
  for (const end of ["", "-wal", "-shm"]) await moveIfThere(`${project.stateFile}${end}`, `${state}${end}`);
  await moveIfThere(plansDir(project), join(aside, "plans"));
  await syncFile(aside);
  await syncFile(project.workDir);
}

async function putInPlace({ project, clock }: RestoreOptions, manifest: Manifest, staged: string): Promise<void> {
  // On a new machine the marker comes first: half a memory must not look like a first run.
  if (!(await hasRun(project))) await writeMarker(project, manifest.project, clock);
  await moveIfThere(join(staged, "plans"), plansDir(project));
  if (dirname(project.stateFile) === project.workDir) await moveIfThere(join(staged, STATE), project.stateFile);
  else {
    await copyDurably(join(staged, STATE), `${project.stateFile}.tmp`);
    await moveIfThere(`${project.stateFile}.tmp`, project.stateFile);
    await syncFile(dirname(project.stateFile));
  }
  await syncFile(project.workDir);
  await moveIfThere(join(staged, PLANNER), plannerFile(project));
  await syncFile(project.workDir);
}
