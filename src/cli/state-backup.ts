import { resolve } from "node:path";
import { Fault } from "../contract/fault.ts";
import type { Project } from "../contract/project.ts";
import { amount, rowCount } from "../core/count-text.ts";
import { type BackupMade, backupMemory } from "../engine/backup-memory.ts";
import { findService, type ServiceLine } from "./ask-service.ts";
import type { CommandContext } from "./command-context.ts";
import { openBench } from "./open-bench.ts";
import { openProject } from "./open-project.ts";
import { oneLine } from "./render-plan.ts";

type Wanted = { readonly dir: string; readonly waitMs: number };

/** As long as a service lets anybody wait. */
const LONGEST_WAIT_S = 86_400;

/**
 * Copies the memory between two runs: waits until nobody works on the project, and keeps runs out while it copies. Where a service
 * works on it, that does so itself.
 */
export async function stateBackup(context: CommandContext<{ wait: string }>, place: string): Promise<number> {
  const { services, output, options } = context;
  const { clock } = services;
  const longestMs = readWait(options.wait);
  const project = await openProject(context);
  const dir = resolve(place);
  const untilMs = clock.monotonicMs() + longestMs;
  for (;;) {
    const waitMs = Math.max(0, untilMs - clock.monotonicMs());
    const line = await findService(project, services);
    try {
      const backup = await (line === null ? backUp(context, project, dir) : askFor(context, line, { dir, waitMs }));
      output.document({ backup });
      output.line(backupText(backup));
      return 0;
    } catch (error) {
      // Opening waits half a minute for another process by itself; longer waits are made of these.
      const isBusy = error instanceof Fault && error.code === "PLANNER_BUSY";
      if (!isBusy || line !== null || clock.monotonicMs() >= untilMs) throw error;
    }
  }
}

async function backUp(context: CommandContext<unknown>, project: Project, dir: string): Promise<BackupMade> {
  const bench = await openBench(context, project, "plan");
  try {
    const { state, planner } = bench;
    if (state === null)
      throw new Fault("USAGE", `nothing ran yet in environment "${project.environment}": there is nothing to back up`, {
        fix: "back up after the first run",
      });
    return await backupMemory(project, { state, planner }, dir, context.services.clock);
  } finally {
    await bench.close();
  }
}

async function askFor(
  { output, signal }: CommandContext<unknown>,
  line: ServiceLine,
  { dir, waitMs }: Wanted,
): Promise<BackupMade> {
  output.note(`a service works on this project: it makes the backup when no run is at work (${line.url})`);
  const body = { folder: dir, wait_seconds: Math.min(waitMs / 1000, LONGEST_WAIT_S) };
  return (await line.ask("POST", "/api/v1/state/backup", body, signal)) as BackupMade;
}

function readWait(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== "" && Number.isFinite(seconds) && seconds >= 0) return seconds * 1000;
  throw new Fault("USAGE", `--wait ${text} is no number of seconds`, { fix: "such as --wait 600" });
}

function backupText({ dir, seconds, bytes, files, syncs }: BackupMade): string {
  const plans = files.filter(({ path }) => path.startsWith("plans/") && !path.endsWith(".invalid.parquet"));
  return [
    `${dir}: ${(bytes / 1e6).toFixed(1)} MB in ${seconds.toFixed(1)} s`,
    ...syncs.map((sync) => `  ${oneLine(sync.name)}: ${rowCount(sync.rows)}, generation ${sync.generation}`),
    `  ${amount(plans.length, "plan")}; the sum of every file is in manifest.json`,
    "  it holds the rows that were sent: keep it where you keep the CRM's own exports, and copy the folder as a whole",
  ].join("\n");
}
