import { realpath } from "node:fs/promises";
import { isAbsolute, relative, resolve, sep } from "node:path";
import { Fault } from "../../src/contract/fault.ts";
import type { DuckdbConfig } from "./config.ts";

/** Where a connection's SQL may read; absolute, symlinks resolved. */
export type Places = {
  readonly projectDir: string;
  readonly directories: readonly string[];
  /** The database file; null for SQL over files only. */
  readonly file: string | null;
};

/** Faults: WAREHOUSE_UNREACHABLE (file missing), CONFIG_INVALID (folder missing, file outside of all folders). */
export async function findPlaces(config: DuckdbConfig, connection: string, projectDir: string): Promise<Places> {
  const project = await realpath(projectDir);
  const directories: string[] = [];
  for (const directory of config.directories ?? []) {
    const found = await realpathOrNull(resolve(project, directory));
    if (found === null) {
      throw new Fault("CONFIG_INVALID", `connection "${connection}": the folder ${directory} is not there`, {
        fix: "create it or remove it from directories",
      });
    }
    directories.push(found);
  }
  if (config.path === undefined) return { projectDir: project, directories, file: null };

  const wanted = resolve(project, config.path);
  const file = await realpathOrNull(wanted);
  if (file === null) {
    throw new Fault("WAREHOUSE_UNREACHABLE", `connection "${connection}": the DuckDB file ${wanted} is not there`, {
      fix: "check path; it is relative to the project folder",
    });
  }
  if (![project, ...directories].some((directory) => isInside(file, directory))) {
    throw new Fault("CONFIG_INVALID", `connection "${connection}": ${file} is outside of the project folder`, {
      fix: "name its folder in directories to allow it",
    });
  }
  return { projectDir: project, directories, file };
}

export function isInside(path: string, directory: string): boolean {
  const way = relative(directory, path);
  return way === "" || (way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

async function realpathOrNull(path: string): Promise<string | null> {
  try {
    return await realpath(path);
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR")) return null;
    throw error;
  }
}
