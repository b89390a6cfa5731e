import { Fault } from "../contract/fault.ts";
import { amount, count } from "../core/count-text.ts";
import { type LinkedSync, linkSync } from "../engine/link-sync.ts";
import type { CommandContext } from "./command-context.ts";
import { openBench } from "./open-bench.ts";
import { chooseSyncs, openProject, type SelectOptions } from "./open-project.ts";
import { oneLine, shown } from "./render-plan.ts";

/** Finds the records that rows already have in the destination, and remembers them. Sends nothing. */
export async function link(context: CommandContext<SelectOptions>, names: readonly string[]): Promise<number> {
  const { services, output, signal } = context;
  const project = await openProject(context);
  const syncs = await chooseSyncs(project, names, context);
  const bench = await openBench(context, project, "run");
  try {
    if (bench.state === null) throw new Fault("STATE_MISSING", "the state could not be opened");
    const documents: object[] = [];
    for (const sync of syncs) {
      const options = {
        holder: services.holder,
        isDead: (holder: string) => services.isDead(holder),
        who: services.who,
      };
      const linked = await linkSync(bench, bench.state, sync, options, signal);
      documents.push(linkJson(linked));
      output.line(linkText(linked));
    }
    output.document(names.length === 1 && syncs.length === 1 ? { link: documents[0] } : { links: documents });
    return 0;
  } finally {
    await bench.close();
  }
}

function linkJson({ sync, unlinked, linked, taken, none, calls, entries, ambiguous }: LinkedSync) {
  return { sync, unlinked, linked, taken, none, entries, ambiguous, calls };
}

function linkText(linked: LinkedSync): string {
  const lines = [
    `${linked.sync}: ${count(linked.linked)} of ${amount(linked.unlinked, "row")} without a record ${linked.linked === 1 ? "is" : "are"} linked now (${amount(linked.calls, "call")}, nothing was sent)`,
  ];
  for (const entry of linked.entries) {
    const several = entry.several > 0 ? `, several records for ${count(entry.several)}` : "";
    lines.push(`  by ${entry.fields.join(" + ")}: found ${count(entry.found)}${several}`);
  }
  lines.push(`  by none: ${count(linked.none)}`);
  if (linked.taken > 0)
    lines.push(
      `  ${amount(linked.taken, "row")} ${linked.taken === 1 ? "shares" : "share"} a match value or a record with another row`,
    );
  for (const example of linked.ambiguous) lines.push(`    ${shown(example.key)}  ${oneLine(example.message)}`);
  return lines.join("\n");
}
