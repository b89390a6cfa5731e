import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { REPO } from "../demo/child-commands.ts";

export type Programs = {
  /** The CLI. */
  readonly main: string;
  /** The same program, which dies at the point that CRASH_POINT names. */
  readonly withPoints: string;
  remove(): void;
};

/** Compiles both programs into a folder of their own: a build that happens meanwhile changes nothing under a long run. */
export function buildPrograms(): Programs {
  const folder = mkdtempSync(join(tmpdir(), "sluice-crash-build-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  for (const name of ["node_modules", "package.json"]) symlinkSync(join(REPO, name), join(folder, name));
  const compiler = join(REPO, "node_modules/typescript/bin/tsc");
  const config = fileURLToPath(new URL("tsconfig.json", import.meta.url));
  // Types are `npm run typecheck`'s to judge.
  const args = [compiler, "-p", config, "--noCheck", "--outDir", join(folder, "dist")];
  const { stdout } = spawnSync(process.execPath, args, { encoding: "utf8" });
  const main = join(folder, "dist/src/main.js");
  const withPoints = join(folder, "dist/tests/crash/program-with-points.js");
  if (existsSync(main) && existsSync(withPoints)) return { main, withPoints, remove };
  remove();
  throw new Error(`the program does not compile:\n${stdout}`);
}
