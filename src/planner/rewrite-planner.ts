import { chmod, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { quoteText } from "../core/duckdb-sql.ts";
import { type DuckdbEngine, type EngineOptions, PLANNER } from "./duckdb-engine.ts";
import type { DuckdbSession } from "./duckdb-session.ts";
import { syncPath } from "./plan-file.ts";

/**
 * Deleted rows stay in a DuckDB file until their block is used again. So all that is left is copied into a new file, which takes the
 * old one's place while both are locked: whoever waits for the planner gets the new one. Closes the engine.
 */
export async function rewritePlanner(
  engine: DuckdbEngine,
  session: DuckdbSession,
  options: Pick<EngineOptions, "file" | "workDir">,
): Promise<void> {
  const { file } = options;
  session.close();
  if (file !== null) {
    const copy = join(options.workDir, "tmp", `planner-${process.pid}.duckdb`);
    const { session: side } = await engine.openOn({ path: null }, new AbortController().signal);
    try {
      await rm(copy, { force: true });
      await side.run(`checkpoint ${PLANNER}`);
      await side.run(`attach ${quoteText(copy)} as sluice_rewritten`);
      await side.run(`copy from database ${PLANNER} to sluice_rewritten`);
      await side.run("checkpoint sluice_rewritten");
      await chmod(copy, 0o600);
      await rename(copy, file);
      await syncPath(dirname(file));
      // The old file is let go of first: it has no log that could be taken for the new one's.
      await side.run(`detach ${PLANNER}`);
    } finally {
      side.close();
      engine.close();
      await rm(copy, { force: true });
    }
    return;
  }
  engine.close();
}
