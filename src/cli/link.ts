import { Fault } from "../contract/fault.ts";
import { amount, count } from "../core/count-text.ts";
import { type LinkedSync, linkSync } from "../engine/link-sync.ts";
import type { CommandContext } from "./command-context.ts";
import { reportPlace, writeReport } from "./link-report.ts";
import { openBench } from "./open-bench.ts";
import { chooseSyncs, openProject, type SelectOptions } from "./open-project.ts";
import { ambiguousLines, foundJson, foundLines, takenLine } from "./render-link.ts";

/** Finds the records that rows already have in the destination, and remembers them. Sends nothing. */
export async function link(
  context: CommandContext<SelectOptions & { report?: string }>,
  names: readonly string[],
): Promise<number> {
  const { services, output, signal } = context;
  const { report } = context.options;
  const place = report === undefined ? null : await reportPlace(report);
  const project = await openProject(context);
  const syncs = await chooseSyncs(project, names, context);
  const bench = await openBench(context, project, "run");
  try {
    if (bench.state === null) throw new Fault("STATE_MISSING", "the state could not be opened");
    const done: LinkedSync[] = [];
    for (const sync of syncs) {
      const options = {
        holder: services.holder,
        isDead: (holder: string) => services.isDead(holder),
        who: services.who,
      };
      const linked = await linkSync(bench, bench.state, sync, options, signal);
      done.push(linked);
      output.line(linkText(linked));
    }
    if (place !== null) {
      await writeReport(place, done);
      output.note(`the report is in ${place.path}`);
    }
    const documents = done.map(linkJson);
    output.document(names.length === 1 && syncs.length === 1 ? { link: documents[0] } : { links: documents });
    return 0;
  } finally {
    await bench.close();
  }
}

function linkJson(linked: LinkedSync) {
  const { sync, unlinked, taken, calls } = linked;
  return { sync, unlinked, linked: linked.linked, taken, ...foundJson(linked), calls };
}

function linkText(linked: LinkedSync): string {
  return [
    `${linked.sync}: ${count(linked.linked)} of ${amount(linked.unlinked, "row")} without a record ${linked.linked === 1 ? "is" : "are"} linked now (${amount(linked.calls, "call")}, nothing was sent)`,
    ...foundLines(linked),
    ...(linked.taken > 0 ? [takenLine(linked.taken)] : []),
    ...ambiguousLines(linked),
  ].join("\n");
}
