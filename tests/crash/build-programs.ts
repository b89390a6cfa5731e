import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compileAside } from "../setup/compile-aside.ts";

export type Programs = {
  /** The CLI. */
  readonly main: string;
  /** The same program, which dies at the point that CRASH_POINT names. */
  readonly withPoints: string;
  remove(): void;
};

const MAIN = "src/main.js";
const WITH_POINTS = "tests/crash/program-with-points.js";

export function buildPrograms(): Programs {
  const config = fileURLToPath(new URL("tsconfig.json", import.meta.url));
  const { folder, remove } = compileAside(config, [MAIN, WITH_POINTS]);
  return { main: join(folder, MAIN), withPoints: join(folder, WITH_POINTS), remove };
}
