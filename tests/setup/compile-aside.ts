import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { REPO } from "../demo/child-commands.ts";

export type Compiled = {
  /** Holds the compiled files as they lie in the repository. */
  readonly folder: string;
  remove(): void;
};

/**
 * Compiles what a tsconfig names into a folder of its own: a build that happens meanwhile changes nothing under a long run, and
 * the code is that of the product, not that of a loader.
 */
export function compileAside(tsconfig: string, wanted: readonly string[]): Compiled {
  const folder = mkdtempSync(join(tmpdir(), "sluice-compiled-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  for (const name of ["node_modules", "package.json"]) symlinkSync(join(REPO, name), join(folder, name));
  const compiler = join(REPO, "node_modules/typescript/bin/tsc");
  const dist = join(folder, "dist");
  // Types are `npm run typecheck`'s to judge.
  const args = [compiler, "-p", tsconfig, "--noCheck", "--outDir", dist];
  const { stdout } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (wanted.every((file) => existsSync(join(dist, file)))) return { folder: dist, remove };
  remove();
  throw new Error(`it does not compile:\n${stdout}`);
}
