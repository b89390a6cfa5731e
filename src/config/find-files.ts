import { readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Problem } from "../contract/fault.ts";
import { problem } from "./problem.ts";
import { isInside, reasonOf } from "./read-text.ts";

/**
 * Files below `folder` of the project whose name fits, relative to the project with forward slashes, sorted. Names that
 * begin with a dot are left out. A folder that is not there holds nothing. Links are followed within the project only.
 */
export async function findFiles(root: string, folder: string, fits: RegExp, problems: Problem[]): Promise<string[]> {
  const found: string[] = [];
  const visited = new Set<string>();
  const visit = async (directory: string): Promise<void> => {
    const path = await realpath(join(root, directory));
    if (visited.has(path)) return;
    visited.add(path);
    if (!isInside(root, path)) {
      problems.push(outside(directory));
      return;
    }
    for (const entry of await readdir(path, { withFileTypes: true })) {
      if (entry.name.startsWith(".")) continue;
      const file = `${directory}/${entry.name}`;
      if (entry.isDirectory()) await visit(file);
      else if (entry.isSymbolicLink() && (await leadsToFolder(root, file, fits, problems))) await visit(file);
      else if (fits.test(entry.name)) found.push(file);
    }
  };
  try {
    await visit(folder);
  } catch (error) {
    const isAbsent = error instanceof Error && "code" in error && error.code === "ENOENT";
    if (!isAbsent) {
      const place = { file: folder, line: 1, column: 1 };
      problems.push(problem(place, "UNREADABLE", `the folder cannot be read: ${reasonOf(error)}`));
    }
  }
  return found.sort();
}

function outside(file: string): Problem {
  const message = "the folder is a link to a place outside the project";
  return problem({ file, line: 1, column: 1 }, "OUTSIDE_PROJECT", message, "copy it into the project");
}

async function leadsToFolder(root: string, file: string, fits: RegExp, problems: Problem[]): Promise<boolean> {
  try {
    const target = await realpath(join(root, file));
    const isFolder = (await stat(target)).isDirectory();
    if (!isFolder || isInside(root, target)) return isFolder;
    problems.push(outside(file));
    return false;
  } catch (error) {
    // A broken link with a fitting name is reported when it is read.
    if (!fits.test(file))
      problems.push(problem({ file, line: 1, column: 1 }, "UNREADABLE", `the link is broken: ${reasonOf(error)}`));
    return false;
  }
}
