import { execFile } from "node:child_process";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { Fault } from "../contract/fault.ts";

const run = promisify(execFile);
const GIT_MS = 60_000;
const MOST_BYTES = 64 * 1024 * 1024;
/** What a project is read from; everything else of the repository is nobody's business here. */
const FILES = ["sluice.yml", "models", "syncs"];

/** A git ref whose files are at work instead of those that lie in the folder. */
export interface GitFollower {
  /** The commit that the ref means now, after asking the remote for news. */
  commit(): Promise<string>;
  /** A folder with the project's files as they are in that commit. */
  files(commit: string): Promise<string>;
}

/** Fault: USAGE where the folder is in no git repository, or the ref means no commit. */
export function followGit(projectDir: string, workDir: string, ref: string): GitFollower {
  // Nobody is there to type a password: whoever would ask gets none.
  const git = async (...args: readonly string[]): Promise<string> => {
    try {
      const { stdout } = await run("git", ["-c", "core.askPass=true", "-C", projectDir, ...args], {
        timeout: GIT_MS,
        maxBuffer: MOST_BYTES,
      });
      return stdout.trim();
    } catch (error) {
      const { stderr = "", message } = error as { stderr?: string; message: string };
      const said = stderr.trim() === "" ? message : stderr.trim();
      throw new Fault("USAGE", `git ${args[0]}: ${said}`, {
        fix: "check that the project lies in a git repository, that the ref exists, and that its remote can be reached",
        cause: error,
      });
    }
  };
  return {
    commit: async () => {
      if ((await git("remote")) !== "") await git("fetch", "--quiet", "--all");
      return git("rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`);
    },
    files: async (commit) => {
      const folder = join(workDir, "git", commit);
      const there = await readdir(join(workDir, "git")).catch(() => [] as string[]);
      if (there.includes(commit)) return folder;
      const aside = `${folder}.new`;
      await rm(aside, { recursive: true, force: true });
      await mkdir(aside, { recursive: true, mode: 0o700 });
      const paths = (await git("ls-tree", "--name-only", commit, "--", ...FILES))
        .split("\n")
        .filter((path) => path !== "");
      const tar = join(aside, "files.tar");
      await git("archive", "--format=tar", `--output=${tar}`, commit, "--", ...paths);
      await run("tar", ["-xf", tar, "-C", aside], { timeout: GIT_MS });
      await rm(tar);
      await rename(aside, folder);
      // The last one may still be read from; older ones are nobody's.
      for (const old of there.slice(0, -1)) await rm(join(workDir, "git", old), { recursive: true, force: true });
      return folder;
    },
  };
}
