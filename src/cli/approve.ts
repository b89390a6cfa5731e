import { approveHold } from "../engine/approve-hold.ts";
import { openLedger } from "../engine/open-ledger.ts";
import type { CommandContext } from "./command-context.ts";
import { findRun } from "./find-run.ts";
import { openProject } from "./open-project.ts";
import { holdJson, holdLine } from "./render-hold.ts";
import { sending } from "./render-run.ts";

/** Releases what a run's guards hold; the next run sends it. */
export async function approve(context: CommandContext<object>, id: string): Promise<number> {
  const { services, output } = context;
  const project = await openProject(context);
  const state = await openLedger(project, services.clock);
  try {
    const run = await findRun(state, id);
    if (state === null) return 0;
    const { clock, who } = services;
    const hold = await approveHold({ project, state, clock, who }, run.sync, run.id);
    output.document({ hold: holdJson(hold) });
    output.line(holdLine(hold));
    output.line(`  \`${sending(run)}\` sends it; a larger set is held again`);
    return 0;
  } finally {
    await state?.close();
  }
}
