import { stat } from "node:fs/promises";
import type { Project } from "../contract/project.ts";
import type { RowState, RunRecord } from "../contract/run.ts";
import type { StateStore } from "../contract/state.ts";
import { openPlanReader, type PlanReader } from "../planner/plan-reader.ts";
import { planPath } from "./plan-path.ts";

export type RowExample = { readonly key: string | null; readonly message: string | null };
export type RowGroup = {
  readonly state: string;
  readonly code: string | null;
  readonly field: string | null;
  readonly count: number;
  readonly examples: readonly RowExample[];
};

/** The rows of a run that did not simply apply, grouped by reason; or those of one state. */
export async function listRows(
  project: Project,
  state: StateStore,
  run: RunRecord,
  wanted: RowState | null,
  limit: number,
): Promise<RowGroup[]> {
  if (wanted === "waiting") return waitingGroups(state, run, limit);
  const path = planPath(project, run.id);
  const reader = (await exists(path)) ? await openPlanReader() : null;
  try {
    if (wanted === "planned" || wanted === "applied")
      return [await plannedGroup(state, reader, path, run, wanted, limit)];
    const groups = [
      ...(await invalidGroups(reader, path, limit)),
      ...(await notedGroups(state, run, limit)),
      ...(await settledGroups(reader, path, limit)),
    ];
    return groups.filter((group) => wanted === null || group.state === wanted);
  } finally {
    await reader?.close();
  }
}

async function notedGroups(state: StateStore, run: RunRecord, limit: number): Promise<RowGroup[]> {
  const groups: RowGroup[] = [];
  for (const { state: end, code, field, count } of await state.noteGroups(run.id)) {
    const notes = await state.notes(run.id, { state: end, code, field, limit });
    groups.push({ state: end, code, field, count, examples: notes.map(({ key, message }) => ({ key, message })) });
  }
  return groups;
}

async function invalidGroups(reader: PlanReader | null, path: string, limit: number): Promise<RowGroup[]> {
  const groups = (await reader?.invalidGroups(path, limit)) ?? [];
  return groups.map((group) => ({
    ...group,
    state: "invalid",
    examples: group.examples.map(({ key, message }) => ({ key, message })),
  }));
}

/** Rows that needed no call: no record to update, a record that was there already, one that moved on to another row. */
async function settledGroups(reader: PlanReader | null, path: string, limit: number): Promise<RowGroup[]> {
  const groups: RowGroup[] = [];
  for (const { settled, count } of (await reader?.settledCounts(path)) ?? []) {
    const rows = (await reader?.rows(path, { settled, limit })) ?? [];
    const examples = rows.map((row) => ({ key: row.key, message: row.reason }));
    groups.push({ state: settled, code: null, field: null, count, examples });
  }
  return groups;
}

/** Rows of this sync that are refused at present and wait for a change or for the end of their pause. */
async function waitingGroups(state: StateStore, run: RunRecord, limit: number): Promise<RowGroup[]> {
  const groups = new Map<string, RowGroup & { count: number; examples: RowExample[] }>();
  for await (const page of state.rejects(run.sync))
    for (const { key, code, field, message, nextTryAt } of page) {
      const name = JSON.stringify([code, field]);
      const group = groups.get(name) ?? { state: "waiting", code, field, count: 0, examples: [] };
      groups.set(name, group);
      group.count++;
      const next = nextTryAt === null ? "never tried again" : `next try ${new Date(nextTryAt).toISOString()}`;
      if (group.examples.length < limit) group.examples.push({ key, message: `${message} (${next})` });
    }
  return [...groups.values()];
}

async function plannedGroup(
  state: StateStore,
  reader: PlanReader | null,
  path: string,
  run: RunRecord,
  wanted: "planned" | "applied",
  limit: number,
): Promise<RowGroup> {
  const applied = Object.values(run.operations).reduce((sum, counts) => sum + counts.applied, 0);
  const count = wanted === "planned" ? run.planRows : applied;
  const notes = wanted === "planned" ? [] : await state.notes(run.id, { limit: 100_000 });
  const others = new Set(notes.filter((note) => note.state !== "altered").map((note) => note.seq));
  const rows = (await reader?.rows(path, { settled: null, limit: limit + others.size })) ?? [];
  const examples = rows
    .filter((row) => !others.has(row.seq))
    .slice(0, count === 0 ? 0 : limit)
    .map((row) => ({ key: row.key, message: `${row.operation} ${Object.keys(row.fields).join(", ")}` }));
  return { state: wanted, code: null, field: null, count, examples };
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
