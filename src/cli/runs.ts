import { Fault } from "../contract/fault.ts";
import { isoTime, runJson } from "../core/run-json.ts";
import { interruptedRun } from "../engine/interrupted.ts";
import { openLook } from "../engine/open-ledger.ts";
import type { CommandContext } from "./command-context.ts";
import { namedSync } from "./named-sync.ts";
import { openProject } from "./open-project.ts";
import { runLine } from "./render-run.ts";

export async function runs(context: CommandContext<{ limit: string }>, sync: string | undefined): Promise<number> {
  const { services, output, options } = context;
  const limit = wholeNumber(options.limit, "--limit", 1, 10_000);
  const project = await openProject(context);
  const state = await openLook(project, services.clock);
  try {
    const found = state === null ? [] : await state.runs({ ...(sync === undefined ? {} : { sync }), limit });
    // A sync whose file is gone is still known by its runs.
    if (found.length === 0 && sync !== undefined) namedSync(project, sync);
    output.document({ runs: found.map(runJson) });
    for (const run of found) {
      const isOpen = state !== null && run.endedAt === null;
      const interrupted = isOpen ? await interruptedRun(state, run.sync, services.isDead) : null;
      output.line(`${isoTime(run.startedAt) ?? ""}  ${runLine(run, interrupted?.id === run.id)}`);
    }
    if (found.length === 0) output.line("no runs");
    return 0;
  } finally {
    await state?.close();
  }
}

export function wholeNumber(text: string, option: string, least: number, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new Fault("USAGE", `${option} ${text}: not a whole number from ${least} to ${most}`, {
    fix: `give ${option} a number`,
  });
}
