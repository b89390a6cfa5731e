import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { chmod, copyFile, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { Fault } from "../contract/fault.ts";
import type { Project } from "../contract/project.ts";

/** The planner's rows are people's data: nobody else's to read (S27). */
const OWNER_ONLY = 0o600;

/** Where what belongs to nobody any more lies: scratch files of plans, copies in the making. */
export function scratchDir(project: Project): string {
  return join(project.workDir, "tmp");
}

export function plansDir(project: Project): string {
  return join(project.workDir, "plans");
}

/** A file's bytes and their SHA-256. */
export async function measure(path: string): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return { bytes: (await stat(path)).size, sha256: hash.digest("hex") };
}

/** A copy that is on the disk when this returns. */
export async function copyDurably(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  await copyFile(from, to);
  await makePrivate(to);
}

/** Moves a file, also to another disk. */
export async function moveFile(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!isCode(error, "EXDEV")) throw error;
    await copyDurably(from, to);
    await rm(from);
  }
  await makePrivate(to);
}

/** The file is its owner's alone, and on the disk. */
export async function makePrivate(path: string): Promise<void> {
  await chmod(path, OWNER_ONLY);
  await syncFile(path);
}

/** Moves a file or a folder within a disk; false where it is not there. */
export async function moveIfThere(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (isCode(error, "ENOENT")) return false;
    throw error;
  }
}

export async function syncFile(path: string): Promise<void> {
  const file = await open(path, "r");
  await file.sync();
  await file.close();
}

/** Names in a folder, in order; none where it is not there. */
export async function namesIn(dir: string): Promise<string[]> {
  try {
    return (await readdir(dir)).sort();
  } catch (error) {
    if (isCode(error, "ENOENT")) return [];
    throw error;
  }
}

/** What the file system refuses is said under what was being done, not as a fault of the program. */
export async function onDisk<T>(what: string, fix: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error) || !("syscall" in error)) throw error;
    throw new Fault("STATE_FAILED", `${what}: ${error.message}`, { fix, cause: error });
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
