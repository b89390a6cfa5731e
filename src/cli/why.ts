import { Fault } from "../contract/fault.ts";
import { amount } from "../core/count-text.ts";
import { keyFromInput } from "../core/key.ts";
import { keyText, shownKey } from "../core/key-text.ts";
import { isoTime } from "../core/run-json.ts";
import { openLook } from "../engine/open-ledger.ts";
import { plannedValues, reasonOf, storyJson } from "../engine/story-json.ts";
import { type Chapter, STORY_RUNS, type Story, tellStory } from "../engine/tell-story.ts";
import { modelOf } from "../engine/workbench.ts";
import type { CommandContext } from "./command-context.ts";
import { namedSync } from "./named-sync.ts";
import { openProject } from "./open-project.ts";
import { oneLine, shown } from "./render-plan.ts";

/** One row's story: what was planned for it last, what was accepted when and by which run, why it waits. */
export async function why(context: CommandContext<object>, name: string, key: string): Promise<number> {
  const { services, output } = context;
  const project = await openProject(context);
  const sync = namedSync(project, name);
  const keyParts = modelOf(project, sync).primaryKey.length;
  const stored = keyFromInput(key, keyParts);
  const state = await openLook(project, services.clock);
  if (state === null) throw new Fault("UNKNOWN_RUN", "nothing has run yet", { fix: `sluice run ${name}` });
  try {
    const story = await tellStory(project, state, name, stored);
    output.document({ sync: name, key: keyText(stored, keyParts), ...storyJson(story) });
    output.line(storyText(`${name} ${shownKey(stored, keyParts)}`, story));
    return 0;
  } finally {
    await state.close();
  }
}

function acceptedLines(entry: Story["entry"]): string[] {
  if (entry === null) return [];
  if (entry === "busy") return ["  a run is at work; which record it has shows when that is done"];
  const record = entry.remoteId === null ? "no record" : `record ${entry.remoteId} (${entry.origin})`;
  const doubt = entry.isInDoubt ? ", a later write is in doubt" : "";
  const absent = entry.absentSince === null ? "" : `, gone from the model since ${entry.absentSince}`;
  return [`  ${record}, accepted ${entry.acceptedAt} by run ${entry.acceptedRun}${doubt}${absent}`];
}

function storyText(title: string, story: Story): string {
  const { chapters, reject } = story;
  if (chapters.length === 0 && reject === null && story.entry === null)
    return `${title}: not in any plan of the last ${STORY_RUNS} kept runs, and only those are looked at. Either there is no row with this key, or nothing about it has changed since.`;
  const lines = [title, ...acceptedLines(story.entry)];
  if (reject !== null) {
    const next =
      reject.nextTryAt === null
        ? "it is never tried again"
        : `tried again after ${isoTime(reject.nextTryAt)}, or when the row changes`;
    const code = [reject.code, reject.field].filter((part) => part !== null).join(" ");
    lines.push(`  refused ${amount(reject.attempts, "time")}: ${code}: ${oneLine(reject.message)}; ${next}`);
  }
  const planned = Object.entries(plannedValues(story) ?? {});
  if (planned.length > 0)
    lines.push(`  planned last: ${planned.map(([field, value]) => `${field} ${shown(value)}`).join(", ")}`);
  return [...lines, ...chapters.flatMap(chapterLines)].join("\n");
}

function chapterLines(chapter: Chapter): string[] {
  const { run, row, end, record } = chapter;
  const reason = reasonOf(chapter);
  const of = record === null ? "" : ` of record ${record}`;
  const what = row === null ? "" : `${row.change}, ${row.operation}${of}: `;
  const fields = Object.entries(row?.fields ?? {}).map(
    ([field, after]) => `      ${field}: ${shown(row?.before[field] ?? null)} → ${shown(after)}`,
  );
  const told = reason === null ? "" : ` (${oneLine(reason)})`;
  return [`  ${isoTime(run.startedAt)}  ${what}${end}${told}  run ${run.id}`, ...fields];
}
