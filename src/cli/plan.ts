import { Fault } from "../contract/fault.ts";
import type { Sync } from "../contract/project.ts";
import { interruptedRun } from "../engine/interrupted.ts";
import { CHANGES_ONLY, previewSync } from "../engine/plan-sync.ts";
import { turns } from "../engine/turns.ts";
import type { Workbench } from "../engine/workbench.ts";
import type { CommandContext } from "./command-context.ts";
import { gravest } from "./exit-status.ts";
import { openBench } from "./open-bench.ts";
import { chooseSyncs, openProject, type SelectOptions } from "./open-project.ts";
import { planJson } from "./plan-json.ts";
import { faultDocument, faultText } from "./render-fault.ts";
import { failedRow, type MarkdownRow, planMarkdown, plannedRow } from "./render-markdown.ts";
import { planText } from "./render-plan.ts";
import { interruptedLine } from "./render-run.ts";

type PlanOptions = SelectOptions & { exitCode: boolean; markdown: boolean };
type Shown =
  | { sync: Sync; text: string; json: object; row: MarkdownRow; changes: number }
  | { sync: Sync; fault: Fault };

/** Says exactly what a run would send. Asks the destination questions (describe, find), writes nothing anywhere. */
export async function plan(context: CommandContext<PlanOptions>, names: readonly string[]): Promise<number> {
  const { options, output, services, signal } = context;
  const project = await openProject(context);
  const syncs = await chooseSyncs(project, names, context);
  const bench = await openBench(context, project, "plan");
  try {
    const planTurn = turns(2);
    const shown = await Promise.all(syncs.map((sync) => planTurn(() => planOne(bench, sync, services.isDead, signal))));
    const isOne = names.length === 1 && syncs.length === 1;
    const [only] = shown;
    if (isOne && only !== undefined && "fault" in only) throw only.fault;
    const documents = shown.map((entry) =>
      "fault" in entry ? { sync: entry.sync.name, error: faultDocument(entry.fault) } : entry.json,
    );
    output.document(isOne ? { plan: documents[0] } : { plans: documents });
    if (options.markdown)
      output.line(planMarkdown(shown.map((entry) => ("fault" in entry ? failedRow(entry) : entry.row))));
    for (const entry of shown) {
      if ("fault" in entry) output.error(`${entry.sync.name}\n${faultText(entry.fault)}`);
      else if (!options.markdown) output.line(entry.text);
    }
    const statuses = shown.map((entry) => ("fault" in entry ? entry.fault.rule.exitStatus : 0));
    const worst = gravest(statuses);
    const changes = shown.reduce((sum, entry) => sum + ("fault" in entry ? 0 : entry.changes), 0);
    return worst === 0 && options.exitCode && changes > 0 ? 5 : worst;
  } finally {
    await bench.close();
  }
}

async function planOne(
  bench: Workbench,
  sync: Sync,
  isDead: (holder: string) => boolean,
  signal: AbortSignal,
): Promise<Shown> {
  try {
    const interrupted = bench.state === null ? null : await interruptedRun(bench.state, sync.name, isDead);
    const planned = await previewSync(bench, sync, CHANGES_ONLY, signal);
    const { added, changed } = planned.facts.counts;
    try {
      return {
        sync,
        text: [planText(sync, planned), ...(interrupted === null ? [] : [interruptedLine(interrupted)])].join("\n"),
        json: { ...planJson(sync, planned), interrupted: interrupted?.id ?? null },
        row: plannedRow(sync, planned),
        changes: added + changed + planned.facts.removals,
      };
    } finally {
      await planned.session.close();
    }
  } catch (error) {
    if (error instanceof Fault) return { sync, fault: error };
    throw error;
  }
}
