import { Fault } from "../contract/fault.ts";
import { amount, count } from "../core/count-text.ts";
import { keyWords } from "../engine/prepare-sync.ts";
import { previewRekey, type Rekey, rekeySync } from "../engine/rekey-sync.ts";
import type { CommandContext } from "./command-context.ts";
import { confirm } from "./confirm.ts";
import { namedSync } from "./named-sync.ts";
import { openBench } from "./open-bench.ts";
import { openProject } from "./open-project.ts";
import { oneLine } from "./render-plan.ts";

type Options = { yes: boolean; from?: string };

/** Carries what is remembered of a sync over to its model's new primary key. Without `--yes` it only says what that is. */
export async function rekey(context: CommandContext<Options>, name: string): Promise<number> {
  const { services, options, output, signal } = context;
  const project = await openProject(context);
  const sync = namedSync(project, name);
  const from = columnsOf(options.from);
  // As a plan: a project that never ran has nothing to carry over, and gets no memory by being asked.
  const bench = await openBench(context, project, "plan");
  try {
    if (!options.yes) {
      const found = await previewRekey(bench, sync, from, signal);
      output.line(previewText(found));
      if (isIdle(found)) {
        output.document({ rekey: rekeyJson(found, false, null) });
        return 0;
      }
      const next = ["sluice rekey", name, ...(from === null ? [] : ["--from", from.join(",")]), "--yes"].join(" ");
      if (!(await confirm(context, `give the rows of ${name} their new key?`))) {
        output.document({ rekey: rekeyJson(found, false, next) });
        output.line(`  nothing was changed; \`${next}\` does it`);
        return 0;
      }
    }
    if (bench.state === null) {
      const nothing = await previewRekey(bench, sync, from, signal);
      output.document({ rekey: rekeyJson(nothing, false, null) });
      output.line(previewText(nothing));
      return 0;
    }
    const { holder, who, isDead } = services;
    const done = await rekeySync(bench, bench.state, sync, from, { holder, who, isDead }, signal);
    output.document({ rekey: rekeyJson(done, !isIdle(done), null) });
    output.line(doneText(done));
    return 0;
  } finally {
    await bench.close();
  }
}

function columnsOf(option: string | undefined): readonly string[] | null {
  if (option === undefined) return null;
  const columns = option.split(",").map((column) => column.trim());
  if (columns.every((column) => column !== "")) return columns;
  throw new Fault("USAGE", `--from "${option}" names no column somewhere`, {
    fix: "name the model's columns that hold the former key, separated by commas",
  });
}

/** Nothing to carry over, and nothing left half done. */
function isIdle({ facts, isUnfinished }: Rekey): boolean {
  return facts === null && !isUnfinished;
}

function rekeyJson({ sync, was, now, from, facts, ...counts }: Rekey, done: boolean, next: string | null) {
  return {
    sync,
    done,
    was,
    now,
    from,
    rows: facts?.rows ?? 0,
    carried: facts?.carried ?? 0,
    left: facts?.left ?? 0,
    unknown: facts?.unknown ?? 0,
    refusals: counts.refusals,
    suppressed: counts.suppressed,
    holds: counts.holds,
    unfinished: counts.isUnfinished,
    next,
  };
}

function idleText({ sync, was, now }: Rekey): string {
  if (was === null) return `${sync}: nothing is remembered, so there is nothing to carry over`;
  return `${sync}: the primary key is ${oneLine(keyWords(now))} as it was; there is nothing to do`;
}

function previewText(found: Rekey): string {
  if (isIdle(found)) return idleText(found);
  const { sync, was, now, from, facts, isUnfinished } = found;
  const unfinished = isUnfinished ? ["  an interrupted rekey is taken back: its refusals get their rows' keys"] : [];
  if (facts === null)
    return [`${sync}: the primary key is ${oneLine(keyWords(now))} as it was`, ...unfinished].join("\n");
  const lines = [
    `${sync}: the primary key was ${oneLine(keyWords(was ?? []))} and is ${oneLine(keyWords(now))}`,
    ...unfinished,
    `  ${amount(facts.carried, "row")} of ${count(facts.rows)} would be carried over, by ${oneLine(from.join(", "))}`,
  ];
  if (facts.left > 0) lines.push(`  ${amount(facts.left, "row")} of the snapshot not in the model: gone, as before`);
  if (facts.unknown > 0) lines.push(`  ${amount(facts.unknown, "row")} of the model not in the snapshot: still new`);
  lines.push(...besides(found, "would go"), "  nothing is sent");
  return lines.join("\n");
}

function doneText(done: Rekey): string {
  if (isIdle(done)) return idleText(done);
  const { sync, now, facts } = done;
  if (facts === null) return `${sync}: the interrupted rekey was taken back; nothing was sent`;
  const left = facts.left === 0 ? "" : `; ${count(facts.left)} not in the model stay behind`;
  const head = `${sync}: ${amount(facts.carried, "row")} carried over to ${oneLine(keyWords(now))}${left}`;
  return [head, ...besides(done, "went"), "  nothing was sent"].join("\n");
}

function besides({ refusals, suppressed, holds }: Rekey, go: string): string[] {
  const lines: string[] = [];
  if (refusals > 0) lines.push(`  ${amount(refusals, "refusal")} ${go} along, ${count(suppressed)} of them suppressed`);
  if (holds > 0) lines.push(`  ${amount(holds, "hold")} ${go}, waiting or approved: the plans name former keys`);
  return lines;
}
