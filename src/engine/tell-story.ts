import type { PlanRow } from "../contract/plan.ts";
import type { SnapshotEntry } from "../contract/planner.ts";
import type { Project } from "../contract/project.ts";
import type { RowState, RunRecord } from "../contract/run.ts";
import type { BatchRecord, Reject, RowNote, StateStore } from "../contract/state.ts";
import { type InvalidRow, openPlanReader } from "../planner/plan-reader.ts";
import { lookUpEntry } from "../planner/read-entry.ts";
import { exists } from "./exists.ts";
import { plannerFile, planPath } from "./plan-path.ts";
import { isWithin, sentRanges } from "./sent-ranges.ts";

/** How a row ended in a run: `held` and `not sent` rows never left, rows `in doubt` may have landed. */
export type RowEnd = RowState | "in doubt" | "not sent" | "held";

/** One row in one run: what was planned for it, and how it ended. */
export type Chapter = {
  readonly run: RunRecord;
  readonly row: PlanRow | null;
  readonly end: RowEnd;
  /** The record it is about, where that is known. */
  readonly record: string | null;
  readonly note: RowNote | null;
  readonly invalid: readonly InvalidRow[];
};

export type Story = {
  /** What the destination acknowledged last; `busy` while a run keeps the snapshot, null where there is nothing. */
  readonly entry: SnapshotEntry | "busy" | null;
  readonly chapters: readonly Chapter[];
  readonly reject: Reject | null;
};

/** So many of the newest kept runs of a sync are looked at. */
export const STORY_RUNS = 30;

type LookUp = (sync: string, key: string) => Promise<Story["entry"]>;

/**
 * What happened to a row in the newest runs that are kept, newest first. Works beside a run, which keeps the snapshot to itself.
 * Who has the planner open says how to ask it: a second opening of its file in one process would free its lock.
 */
export async function tellStory(
  project: Project,
  state: StateStore,
  sync: string,
  key: string,
  lookUp: LookUp = (name, row) => lookUpInFile(project, name, row),
): Promise<Story> {
  const reader = await openPlanReader();
  const chapters: Chapter[] = [];
  try {
    for (const run of await state.runs({ sync, limit: STORY_RUNS })) {
      const path = planPath(project, run.id);
      if (!(await exists(path))) continue;
      const [row = null] = await reader.rows(path, { key, limit: 1, skip: 0 });
      const invalid = await reader.invalid(path, key);
      if (row !== null) chapters.push({ ...(await plannedChapter(state, run, row)), invalid });
      else if (invalid.length > 0) chapters.push({ run, row, end: "invalid", record: null, note: null, invalid });
    }
  } finally {
    await reader.close();
  }
  return { entry: await lookUp(sync, key), chapters, reject: await state.reject(sync, key) };
}

async function lookUpInFile(project: Project, sync: string, key: string): Promise<Story["entry"]> {
  const planner = plannerFile(project);
  return (await exists(planner)) ? lookUpEntry(planner, sync, key) : null;
}

async function plannedChapter(state: StateStore, run: RunRecord, row: PlanRow): Promise<Omit<Chapter, "invalid">> {
  const [note = null] = await state.notes(run.id, { seq: row.seq, limit: 1 });
  const batches = await state.batches(run.id);
  return { run, row, note, end: endOf(run, row, note, batches), record: acknowledgedRecord(row, batches) };
}

/** The batches say how far the run came, whatever became of the run itself later. */
function endOf(run: RunRecord, row: PlanRow, note: RowNote | null, batches: readonly BatchRecord[]): RowEnd {
  if (run.planSha256 === null) return run.code === "HELD" ? "held" : "not sent";
  if (note !== null) return note.state === "unknown" ? "in doubt" : note.state;
  if (row.settled !== null) return row.settled;
  const { done, sent } = sentRanges(batches, run.planRows);
  if (isWithin(done, row.seq)) return "applied";
  return isWithin(sent, row.seq) ? "in doubt" : "not sent";
}

/** A created row's record stands in its acknowledgement until that is accepted. */
function acknowledgedRecord(row: PlanRow, batches: readonly BatchRecord[]): string | null {
  const batch = batches.find(({ fromSeq, toSeq }) => fromSeq <= row.seq && row.seq <= toSeq);
  return batch?.acks?.[row.seq - batch.fromSeq]?.remoteId ?? row.remoteId;
}
