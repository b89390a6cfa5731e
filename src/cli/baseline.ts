import { Fault } from "../contract/fault.ts";
import type { Sync } from "../contract/project.ts";
import { amount, count } from "../core/count-text.ts";
import { type Baseline, baselineSync, previewBaseline } from "../engine/baseline-sync.ts";
import type { CommandContext } from "./command-context.ts";
import { confirm } from "./confirm.ts";
import { namedSync } from "./named-sync.ts";
import { openBench } from "./open-bench.ts";
import { openProject } from "./open-project.ts";
import { ambiguousLines, foundJson, foundLines } from "./render-link.ts";
import { countsLine } from "./render-plan.ts";

/** Links a sync and takes its rows as they are, without sending. Without `--yes` it says what that means. */
export async function baseline(context: CommandContext<{ yes: boolean }>, name: string): Promise<number> {
  const { services, options, output, signal } = context;
  const project = await openProject(context);
  const sync = namedSync(project, name);
  if (!options.yes) {
    const preview = await openBench(context, project, "plan");
    try {
      const found = await previewBaseline(preview, sync, signal);
      output.line(baselineText(sync, found, "would be"));
      const next = `sluice baseline ${name} --yes`;
      if (!(await confirm(context, "take these rows as they are?"))) {
        output.document({ baseline: baselineJson(sync, found, next) });
        output.line(`  nothing was taken and nothing sent; \`${next}\` does it`);
        return 0;
      }
    } finally {
      await preview.close();
    }
  }
  const bench = await openBench(context, project, "run");
  try {
    if (bench.state === null) throw new Fault("STATE_MISSING", "the state could not be opened");
    const { holder, who, isDead } = services;
    const done = await baselineSync(bench, bench.state, sync, { holder, who, isDead }, signal);
    output.document({ baseline: baselineJson(sync, done, null) });
    output.line(baselineText(sync, done, done.accepted === 1 ? "is" : "are"));
    output.line("  nothing was sent");
    return 0;
  } finally {
    await bench.close();
  }
}

/** `next` is the command that does it; null where it is done. */
function baselineJson(sync: Sync, found: Baseline, next: string | null) {
  const { facts, accepted, adopted, withoutRecord, removed, calls } = found;
  return {
    sync: sync.name,
    done: next === null,
    counts: facts.counts,
    accepted,
    adopted,
    without_record: withoutRecord,
    removed,
    ...foundJson(found),
    calls,
    next,
  };
}

function baselineText(sync: Sync, found: Baseline, are: string): string {
  const { facts, prepared, accepted, adopted, withoutRecord, removed } = found;
  const lines = [
    `${sync.name} → ${sync.object}, ${prepared.account.account.label}`,
    `  ${countsLine(facts.counts)}`,
    ...foundLines(found),
    ...ambiguousLines(found),
    `  ${amount(accepted, "row")} ${are} taken as sent, ${count(adopted)} of them with a record found now; what stands in the records is not compared`,
  ];
  const without = sync.write === "update" ? "are looked for again" : "are still to be created";
  if (withoutRecord > 0) lines.push(`  ${amount(withoutRecord, "row")} without a record: they ${without}`);
  if (removed > 0) lines.push(`  ${amount(removed, "row")} gone from the model: their records stay as they are`);
  if (facts.counts.invalid > 0) lines.push(`  ${amount(facts.counts.invalid, "invalid row")}, left as before`);
  return lines.join("\n");
}
