import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Problem } from "../contract/fault.ts";
import { findFiles } from "./find-files.ts";

const STATS_AT_ONCE = 64;

/** Changes with any file that a project is read from: its size, its place on the disk or the time of its last change. */
export async function fingerprint(dir: string): Promise<string> {
  const ignored: Problem[] = [];
  const files = [
    "sluice.yml",
    ...(await findFiles(dir, "models", /\.sql$/i, ignored)),
    ...(await findFiles(dir, "syncs", /\.ya?ml$/i, ignored)),
  ];
  const hash = createHash("sha256");
  for (let from = 0; from < files.length; from += STATS_AT_ONCE) {
    const page = files.slice(from, from + STATS_AT_ONCE);
    for (const line of await Promise.all(page.map((file) => lineOf(dir, file)))) hash.update(line);
  }
  return hash.digest("hex");
}

async function lineOf(dir: string, file: string): Promise<string> {
  try {
    const { size, mtimeMs, ino } = await stat(join(dir, file));
    return `${file}\0${size}\0${mtimeMs}\0${ino}\n`;
  } catch (error) {
    // A file that is being replaced is another one at the next look; whoever reads it says what is wrong with it.
    return `${file}\0${(error as NodeJS.ErrnoException).code}\n`;
  }
}
