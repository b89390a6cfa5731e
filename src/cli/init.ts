import { resolve } from "node:path";
import { initProject } from "../config/init-project.ts";
import type { CommandContext } from "./command-context.ts";

export async function init({ output }: CommandContext<object>, dir: string): Promise<number> {
  const files = await initProject(resolve(dir));
  output.document({ dir: resolve(dir), files });
  output.line(`wrote ${files.length} files to ${dir}`);
  output.line(
    `\nnext:\n  cd ${dir}\n  sluice sandbox &      # a HubSpot of your own, on port 4010\n  sluice plan --all\n  sluice run --all`,
  );
  return 0;
}
