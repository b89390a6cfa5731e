import { resolve } from "node:path";
import { Fault } from "../contract/fault.ts";
import type { Project } from "../contract/project.ts";
import { amount, rowCount } from "../core/count-text.ts";
import type { Manifest } from "../engine/backup-manifest.ts";
import { backupMemory } from "../engine/backup-memory.ts";
import type { Workbench } from "../engine/workbench.ts";
import type { CommandContext } from "./command-context.ts";
import { openBench } from "./open-bench.ts";
import { openProject } from "./open-project.ts";
import { oneLine } from "./render-plan.ts";

/** Copies the memory between two runs: waits until nobody works on the project, and keeps runs out while it copies. */
export async function stateBackup(context: CommandContext<{ wait: string }>, place: string): Promise<number> {
  const { services, output, options } = context;
  const waitMs = readWait(options.wait);
  const project = await openProject(context);
  const dir = resolve(place);
  const bench = await patiently(context, project, waitMs);
  try {
    const { state, planner } = bench;
    if (state === null)
      throw new Fault("USAGE", `nothing ran yet in environment "${project.environment}": there is nothing to back up`, {
        fix: "back up after the first run",
      });
    const startedMs = services.clock.monotonicMs();
    const manifest = await backupMemory(project, { state, planner }, dir, services.clock);
    const seconds = (services.clock.monotonicMs() - startedMs) / 1000;
    output.document({ backup: { dir, seconds, bytes: bytesOf(manifest), ...manifest } });
    output.line(backupText(dir, manifest, seconds));
    return 0;
  } finally {
    await bench.close();
  }
}

/** Opening waits half a minute for another process by itself; longer waits are made of these. */
async function patiently(context: CommandContext<unknown>, project: Project, waitMs: number): Promise<Workbench> {
  const { clock } = context.services;
  const startedMs = clock.monotonicMs();
  for (;;) {
    try {
      return await openBench(context, project, "plan");
    } catch (error) {
      const isBusy = error instanceof Fault && error.code === "PLANNER_BUSY";
      if (!isBusy || clock.monotonicMs() - startedMs >= waitMs) throw error;
    }
  }
}

function readWait(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== "" && Number.isFinite(seconds) && seconds >= 0) return seconds * 1000;
  throw new Fault("USAGE", `--wait ${text} is no number of seconds`, { fix: "such as --wait 600" });
}

function bytesOf({ files }: Manifest): number {
  return files.reduce((sum, file) => sum + file.bytes, 0);
}

function backupText(dir: string, manifest: Manifest, seconds: number): string {
  const plans = manifest.files.filter(({ path }) => path.startsWith("plans/") && !path.endsWith(".invalid.parquet"));
  const megabytes = (bytesOf(manifest) / 1e6).toFixed(1);
  return [
    `${dir}: ${megabytes} MB in ${seconds.toFixed(1)} s`,
    ...manifest.syncs.map((sync) => `  ${oneLine(sync.name)}: ${rowCount(sync.rows)}, generation ${sync.generation}`),
    `  ${amount(plans.length, "plan")}; the sum of every file is in manifest.json`,
    "  it holds the rows that were sent: keep it where you keep the CRM's own exports, and copy the folder as a whole",
  ].join("\n");
}
