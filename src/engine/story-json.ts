import { isoTime } from "../core/run-json.ts";
import type { Chapter, Story } from "./tell-story.ts";

/** The newest values that a run planned for the row, accepted or not. */
export function plannedValues({ chapters }: Story) {
  return chapters.find((chapter) => chapter.row !== null)?.row?.payload ?? null;
}

/** A row's story as --json and the API show it. */
export function storyJson(story: Story) {
  const { chapters, reject } = story;
  return {
    accepted: acceptedJson(story.entry),
    planned: plannedValues(story),
    refused: reject && {
      code: reject.code,
      field: reject.field,
      message: reject.message,
      attempts: reject.attempts,
      next_try_at: isoTime(reject.nextTryAt),
      run: reject.run,
    },
    story: chapters.map(({ run, row, end, record, note, invalid }) => ({
      run: run.id,
      at: isoTime(run.startedAt),
      change: row?.change ?? null,
      operation: row?.operation ?? null,
      record,
      state: end,
      code: note?.code ?? invalid[0]?.code ?? null,
      field: note?.field ?? invalid[0]?.field ?? null,
      message: reasonOf({ note, invalid, row }),
      fields:
        row === null
          ? []
          : Object.entries(row.fields).map(([field, after]) => ({ field, old: row.before[field] ?? null, new: after })),
    })),
  };
}

/** null also while a run keeps the snapshot to itself. */
function acceptedJson(entry: Story["entry"]) {
  if (entry === null || entry === "busy") return null;
  return {
    record: entry.remoteId,
    origin: entry.origin,
    at: entry.acceptedAt,
    run: entry.acceptedRun,
    in_doubt: entry.isInDoubt,
    absent_since: entry.absentSince,
    fields: entry.payload,
  };
}

export function reasonOf({ note, invalid, row }: Pick<Chapter, "note" | "invalid" | "row">): string | null {
  return note?.message ?? invalid[0]?.message ?? row?.reason ?? null;
}
