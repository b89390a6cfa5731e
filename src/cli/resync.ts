import type { Project, Sync } from "../contract/project.ts";
import { interruptedRun } from "../engine/interrupted.ts";
import { EVERY_ROW, previewSync } from "../engine/plan-sync.ts";
import type { CommandContext } from "./command-context.ts";
import { confirm } from "./confirm.ts";
import { namedSync } from "./named-sync.ts";
import { openBench } from "./open-bench.ts";
import { openProject } from "./open-project.ts";
import { planJson } from "./plan-json.ts";
import { planText } from "./render-plan.ts";
import { interruptedLine } from "./render-run.ts";
import { sendSyncs } from "./run.ts";

type ResyncOptions = { yes: boolean; approve: boolean };

/** Sends every row again, all its fields, and the removals. Without `--yes` it shows the plan with its price. */
export async function resync(context: CommandContext<ResyncOptions>, name: string): Promise<number> {
  const { options, output } = context;
  const project = await openProject(context);
  const sync = namedSync(project, name);
  if (!options.yes) {
    const next = `sluice resync ${name} --yes`;
    const document = await preview(context, project, sync);
    if (!(await confirm(context, "send all this again?"))) {
      output.document({ ...document, next });
      output.line(`  nothing was sent; \`${next}\` sends it`);
      return 0;
    }
  }
  return sendSyncs(context, project, [sync], { aim: EVERY_ROW, trigger: "resync" }, true);
}

/** Shows what would be sent; the memory is free again when it ends. */
async function preview(context: CommandContext<ResyncOptions>, project: Project, sync: Sync): Promise<object> {
  const { services, output, signal } = context;
  const bench = await openBench(context, project, "plan");
  try {
    const interrupted = bench.state === null ? null : await interruptedRun(bench.state, sync.name, services.isDead);
    const planned = await previewSync(bench, sync, EVERY_ROW, signal);
    try {
      output.line(planText(sync, planned, `sluice resync ${sync.name} --yes`));
      if (interrupted !== null) output.line(interruptedLine(interrupted));
      return { plan: { ...planJson(sync, planned), interrupted: interrupted?.id ?? null } };
    } finally {
      await planned.session.close();
    }
  } finally {
    await bench.close();
  }
}
