import { Fault } from "../contract/fault.ts";
import { keyFromInput } from "../core/key.ts";
import { suggest } from "../core/suggest.ts";
import { openLook } from "../engine/open-memory.ts";
import { type Chapter, type Story, tellStory } from "../engine/tell-story.ts";
import { modelOf } from "../engine/workbench.ts";
import type { CommandContext } from "./command-context.ts";
import { openProject } from "./open-project.ts";
import { shown } from "./render-plan.ts";
import { isoTime } from "./run-json.ts";

/** One row's story: its value now, what was accepted when and by which run, why it waits. */
export async function why(context: CommandContext<object>, name: string, key: string): Promise<number> {
  const { services, output } = context;
  const project = await openProject(context);
  const sync = project.syncs.get(name);
  if (sync === undefined) {
    const hint = suggest(name, project.syncs.keys());
    throw new Fault("USAGE", `there is no sync "${name}"${hint === null ? "" : ` — did you mean "${hint}"?`}`, {
      fix: `one of ${[...project.syncs.keys()].join(", ")}`,
    });
  }
  const stored = keyFromInput(key, modelOf(project, sync).primaryKey.length);
  const state = await openLook(project, services.clock);
  if (state === null) throw new Fault("UNKNOWN_RUN", "nothing has run yet", { fix: `sluice run ${name}` });
  try {
    const story = await tellStory(project, state, name, stored);
    output.document({ sync: name, key, ...storyJson(story) });
    output.line(storyText(name, key, story));
    return 0;
  } finally {
    await state.close();
  }
}

function storyJson({ chapters, reject }: Story) {
  return {
    now: chapters.find((chapter) => chapter.row !== null)?.row?.payload ?? null,
    refused: reject && {
      code: reject.code,
      field: reject.field,
      message: reject.message,
      attempts: reject.attempts,
      next_try_at: isoTime(reject.nextTryAt),
      run: reject.run,
    },
    story: chapters.map(({ run, row, note, invalid }) => ({
      run: run.id,
      at: isoTime(run.startedAt),
      change: row?.change ?? null,
      operation: row?.operation ?? null,
      record: row?.remoteId ?? null,
      state: endOf({ run, row, note, invalid }),
      code: note?.code ?? invalid[0]?.code ?? null,
      field: note?.field ?? invalid[0]?.field ?? null,
      message: note?.message ?? invalid[0]?.message ?? null,
      fields:
        row === null
          ? []
          : Object.entries(row.fields).map(([field, after]) => ({ field, old: row.before[field] ?? null, new: after })),
    })),
  };
}

/** A planned row without a note applied, once its run was over without stopping early. */
function endOf({ run, row, note, invalid }: Chapter): string {
  if (invalid.length > 0) return "invalid";
  if (note !== null) return note.state;
  if (row?.settled != null) return row.settled;
  if (run.state === "succeeded" || run.state === "partial") return "applied";
  return run.planSha256 === null ? "not sent" : "see run";
}

function storyText(sync: string, key: string, story: Story): string {
  const { chapters, reject } = story;
  if (chapters.length === 0 && reject === null)
    return `${sync} ${shown(key)}: no kept run planned this row. Either the key is unknown, or nothing about it has changed.`;
  const lines = [`${sync} ${shown(key)}`];
  if (reject !== null) {
    const next =
      reject.nextTryAt === null
        ? "it is never tried again"
        : `tried again after ${isoTime(reject.nextTryAt)}, or when the row changes`;
    lines.push(
      `  refused ${reject.attempts} times: ${reject.code} ${reject.field ?? ""} ${shown(reject.message)}; ${next}`,
    );
  }
  for (const chapter of chapters) {
    const { run, row, note, invalid } = chapter;
    const reason = note?.message ?? invalid[0]?.message ?? null;
    const what =
      row === null
        ? ""
        : `${row.change}, ${row.operation}${row.remoteId === null ? "" : ` of record ${row.remoteId}`}: `;
    lines.push(
      `  ${isoTime(run.startedAt)}  ${what}${endOf(chapter)}${reason === null ? "" : ` (${shown(reason)})`}  run ${run.id}`,
    );
    for (const [field, after] of Object.entries(row?.fields ?? {}))
      lines.push(`      ${field}: ${shown(row?.before[field] ?? null)} → ${shown(after)}`);
  }
  return lines.join("\n");
}
