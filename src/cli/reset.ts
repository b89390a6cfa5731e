import { Fault } from "../contract/fault.ts";
import { amount, count } from "../core/count-text.ts";
import { type Forgettable, lookAtReset, resetSync } from "../engine/reset-sync.ts";
import type { CommandContext } from "./command-context.ts";
import { confirm } from "./confirm.ts";
import { openBench } from "./open-bench.ts";
import { openProject } from "./open-project.ts";
import { oneLine } from "./render-plan.ts";

/** Forgets what is remembered of a sync, also of one whose file is gone. Without `--yes` it only says what that is. */
export async function reset(context: CommandContext<{ yes: boolean }>, name: string): Promise<number> {
  const { services, output, signal } = context;
  const project = await openProject(context);
  // As a plan: a project that never ran has nothing to forget, and gets no memory by being asked.
  const bench = await openBench(context, project, "plan");
  try {
    const found = await lookAtReset(bench, name);
    if (!found.isKnown) {
      output.document({ reset: { ...resetJson(found), done: false, next: null } });
      output.line(`${oneLine(name)}: nothing is remembered, so there is nothing to forget`);
      return 0;
    }
    if (bench.state === null) throw new Fault("STATE_MISSING", "the state could not be opened");
    const next = `sluice reset ${name} --yes`;
    if (!context.options.yes) output.line(previewText(found));
    if (!(await confirm(context, `forget all this of ${oneLine(name)}?`))) {
      output.document({ reset: { ...resetJson(found), done: false, next } });
      output.line(`  nothing was forgotten; \`${next}\` does it`);
      return 0;
    }
    const { holder, who } = services;
    const forgotten = await resetSync(bench, bench.state, name, { holder, who, isDead: services.isDead }, signal);
    output.document({ reset: { ...resetJson(forgotten), done: true, next: null } });
    output.line(`${oneLine(name)}: forgot ${parts(forgotten)}; its runs stay in history`);
    if (forgotten.hasFile) output.line("  the next run starts as a first one: it finds the records before it writes");
    return 0;
  } finally {
    await bench.close();
  }
}

function resetJson({ sync, hasFile, snapshot, refusals, holds }: Forgettable) {
  return {
    sync,
    has_file: hasFile,
    rows: snapshot?.rows ?? 0,
    created: snapshot?.created ?? 0,
    adopted: snapshot?.adopted ?? 0,
    unknown: snapshot?.unknown ?? 0,
    without_record: snapshot?.withoutRecord ?? 0,
    absent: snapshot?.absent ?? 0,
    refusals,
    holds,
  };
}

function parts({ snapshot, refusals, holds }: Forgettable): string {
  return `${amount(snapshot?.rows ?? 0, "row")}, ${amount(refusals, "refusal")}, ${amount(holds, "hold")}`;
}

function previewText(found: Forgettable): string {
  const { snapshot, sync, hasFile } = found;
  const lines = [`${oneLine(sync)}${hasFile ? "" : " (its file is gone)"}: a reset forgets ${parts(found)}`];
  if (snapshot !== null)
    lines.push(
      `  records: ${count(snapshot.created)} created by us, ${count(snapshot.adopted)} adopted, ${count(snapshot.unknown)} of unknown origin; ${amount(snapshot.withoutRecord, "row")} without one`,
    );
  lines.push("  nothing is sent, and the records stay as they are");
  if (snapshot !== null && snapshot.created > 0)
    lines.push("  records created by us count as adopted from then on: on_removed no longer archives them");
  if (snapshot !== null)
    lines.push("  a row that leaves the model before the next run is nobody's: its record is never removed");
  return lines.join("\n");
}
