import { Fault } from "../contract/fault.ts";
import { amount } from "../core/count-text.ts";
import { lookAtRename, renameSync } from "../engine/rename-sync.ts";
import type { CommandContext } from "./command-context.ts";
import { confirm } from "./confirm.ts";
import { namedSync } from "./named-sync.ts";
import { openBench } from "./open-bench.ts";
import { openProject } from "./open-project.ts";
import { oneLine } from "./render-plan.ts";

/** A sync whose file was renamed takes its former snapshot, runs and refusals over. Without `--yes` it only says so. */
export async function rename(context: CommandContext<{ yes: boolean }>, from: string, to: string): Promise<number> {
  const { services, options, output } = context;
  const project = await openProject(context);
  const sync = namedSync(project, to);
  const bench = await openBench(context, project, "plan");
  try {
    const tally = await lookAtRename(bench, from, sync);
    const rows = tally?.rows ?? 0;
    const next = `sluice rename ${from} ${to} --yes`;
    const said = { from, to, rows };
    if (!options.yes)
      output.line(
        `${to} takes over ${amount(rows, "row")}, runs, refusals and holds of ${oneLine(from)}; nothing is sent`,
      );
    if (!(await confirm(context, "rename?"))) {
      output.document({ rename: { ...said, done: false, next } });
      output.line(`  nothing was renamed; \`${next}\` does it`);
      return 0;
    }
    if (bench.state === null) throw new Fault("STATE_MISSING", "the state could not be opened");
    const { holder, who, isDead } = services;
    await renameSync(bench, bench.state, from, sync, { holder, who, isDead });
    output.document({ rename: { ...said, done: true, next: null } });
    output.line(`${oneLine(from)} is ${to} now: ${amount(rows, "row")}`);
    return 0;
  } finally {
    await bench.close();
  }
}
