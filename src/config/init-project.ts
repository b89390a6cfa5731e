import { appendFile, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { Fault } from "../contract/fault.ts";
import { NEW_PROJECT } from "./new-project.ts";

/** Files that a folder may have already: they stay as they are. */
const KEPT = ["README.md", ".gitignore"];
const IGNORED = ".sluice/";

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
    throw unusable(path, error);
  }
}

function unusable(path: string, cause: unknown): Fault {
  const reason = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
  return new Fault("USAGE", `${path} cannot be used: ${reason}`, { fix: "name another folder", cause });
}

/**
 * Writes a small project that passes `check` and runs against the sandbox; makes the folder where it is not there. Returns
 * the files it wrote, relative to `dir`. Overwrites nothing. Faults: USAGE, before anything is written, where the folder holds
 * a project or one of its files.
 */
export async function initProject(dir: string): Promise<string[]> {
  const root = resolve(dir);
  if (await exists(join(root, "sluice.yml"))) {
    throw new Fault("USAGE", `${root} holds a project already`, { fix: "name another folder: sluice init DIR" });
  }
  const present: string[] = [];
  for (const file of Object.keys(NEW_PROJECT)) if (await exists(join(root, file))) present.push(file);
  const taken = present.filter((file) => !KEPT.includes(file));
  if (taken.length > 0) {
    throw new Fault("USAGE", `${root} holds ${taken.join(", ")} already`, {
      fix: "move it away, or name another folder",
    });
  }
  try {
    const written: string[] = [];
    for (const [file, text] of Object.entries(NEW_PROJECT)) {
      if (present.includes(file)) continue;
      await mkdir(dirname(join(root, file)), { recursive: true });
      await writeFile(join(root, file), text, { flag: "wx" });
      written.push(file);
    }
    if (present.includes(".gitignore")) await ignoreWorkDir(join(root, ".gitignore"));
    return written;
  } catch (error) {
    throw unusable(root, error);
  }
}

/** `.sluice/` holds people's data: it is added to a list that is there already. */
async function ignoreWorkDir(file: string): Promise<void> {
  const text = await readFile(file, "utf8");
  if (text.split(/\r?\n/).some((line) => [IGNORED, ".sluice", `/${IGNORED}`, "/.sluice"].includes(line.trim()))) return;
  await appendFile(file, `${text === "" || text.endsWith("\n") ? "" : "\n"}${IGNORED}\n`);
}
