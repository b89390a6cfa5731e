import { Fault } from "../contract/fault.ts";
import type { Sync } from "../contract/project.ts";
import { amount, count } from "../core/count-text.ts";
import { type LinkedSync, linkSync } from "../engine/link-sync.ts";
import { KEYS_ONLY } from "../engine/plan-sync.ts";
import type { Workbench } from "../engine/workbench.ts";
import type { CommandContext } from "./command-context.ts";
import { reportPlace, writeReport } from "./link-report.ts";
import { openBench } from "./open-bench.ts";
import { chooseSyncs, openProject, type SelectOptions } from "./open-project.ts";
import { ambiguousLines, confirmedJson, confirmedLines, foundJson, foundLines, takenLine } from "./render-link.ts";
import { endedJson, runAll, tellEnds } from "./run.ts";

type LinkOptions = SelectOptions & { report?: string; writeKey: boolean };

/**
 * Finds the records that rows already have in the destination, and remembers them. Sends nothing, or, with `--write-key`, the
 * first match field to records that do not have it.
 */
export async function link(context: CommandContext<LinkOptions>, names: readonly string[]): Promise<number> {
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
    const keyed = context.options.writeKey ? await writeKeys(context, bench, syncs) : [];
    const documents = done.map((linked, index) => {
      const ended = keyed[index];
      return { ...linkJson(linked), ...(ended === undefined ? {} : { write_key: endedJson(ended) }) };
    });
    output.document(names.length === 1 && syncs.length === 1 ? { link: documents[0] } : { links: documents });
    return tellEnds(output, keyed);
  } finally {
    await bench.close();
  }
}

/** A run of its own, with intents and history as any: only that it sends nothing but keys. */
function writeKeys(context: CommandContext<LinkOptions>, bench: Workbench, syncs: readonly Sync[]) {
  const asRun = { ...context, options: { ...context.options, approve: false } };
  return runAll(asRun, bench, syncs, { aim: KEYS_ONLY, trigger: "link" });
}

function linkJson(linked: LinkedSync) {
  const { sync, unlinked, taken, calls } = linked;
  return {
    sync,
    unlinked,
    linked: linked.linked,
    taken,
    ...foundJson(linked),
    calls,
    confirmed: confirmedJson(linked.confirmed),
  };
}

function linkText(linked: LinkedSync): string {
  return [
    `${linked.sync}: ${count(linked.linked)} of ${amount(linked.unlinked, "row")} without a record ${linked.linked === 1 ? "is" : "are"} linked now (${amount(linked.calls, "call")}, nothing was sent)`,
    ...foundLines(linked),
    ...(linked.taken > 0 ? [takenLine(linked.taken)] : []),
    ...ambiguousLines(linked),
    ...confirmedLines(linked.sync, linked.confirmed),
  ].join("\n");
}
