import { stat } from "node:fs/promises";
import type { PlanRow } from "../contract/plan.ts";
import type { Project } from "../contract/project.ts";
import type { RunRecord } from "../contract/run.ts";
import type { Reject, RowNote, StateStore } from "../contract/state.ts";
import { type InvalidRow, openPlanReader } from "../planner/plan-reader.ts";
import { planPath } from "./plan-path.ts";

/** One row in one run: what was planned for it, and how it ended. */
export type Chapter = {
  readonly run: RunRecord;
  readonly row: PlanRow | null;
  readonly note: RowNote | null;
  readonly invalid: readonly InvalidRow[];
};

export type Story = { readonly chapters: readonly Chapter[]; readonly reject: Reject | null };

const RUNS = 30;

/** What happened to a row in the runs that are kept, newest first. Reads state and plan files only, so it always works. */
export async function tellStory(project: Project, state: StateStore, sync: string, key: string): Promise<Story> {
  const reader = await openPlanReader();
  const chapters: Chapter[] = [];
  try {
    for (const run of await state.runs({ sync, limit: RUNS })) {
      const path = planPath(project, run.id);
      if (!(await exists(path))) continue;
      const [row] = await reader.rows(path, { key, limit: 1 });
      const invalid = await reader.invalid(path, key);
      if (row === undefined && invalid.length === 0) continue;
      const [note] = row === undefined ? [] : await state.notes(run.id, { seq: row.seq, limit: 1 });
      chapters.push({ run, row: row ?? null, note: note ?? null, invalid });
    }
  } finally {
    await reader.close();
  }
  return { chapters, reject: await state.reject(sync, key) };
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
