import type { Project } from "../contract/project.ts";
import type { RowState, RunRecord } from "../contract/run.ts";
import type { StateStore } from "../contract/state.ts";
import { openPlanReader, type Page, type PlanFilter, type PlanReader } from "../planner/plan-reader.ts";
import { exists } from "./exists.ts";
import { planPath } from "./plan-path.ts";
import { rowsIn, type SentRanges, sentRanges } from "./sent-ranges.ts";

export type RowExample = { readonly key: string | null; readonly message: string | null };
export type RowGroup = {
  readonly state: string;
  readonly code: string | null;
  readonly field: string | null;
  readonly count: number;
  readonly examples: readonly RowExample[];
};

/** So many notes of one kind are read to tell the rows that applied from the others. */
const NOTES = 20_000;

export type RowList = {
  readonly groups: readonly RowGroup[];
  /** Planned rows of this run that applied so far. */
  readonly applied: number;
  /** Some group has a page full of examples, and so perhaps another. */
  readonly goesOn: boolean;
};

/** What reading one run's rows takes; `reader` is null where its plan file is gone. */
type RunRows = {
  readonly state: StateStore;
  readonly reader: PlanReader | null;
  readonly path: string;
  readonly run: RunRecord;
  readonly ranges: SentRanges;
  readonly page: Page;
};

/** The rows of a run that did not simply apply, grouped by reason; or those of one state. `page` is of each group's examples. */
export async function listRows(
  project: Project,
  state: StateStore,
  run: RunRecord,
  wanted: RowState | null,
  page: Page,
): Promise<RowList> {
  const path = planPath(project, run.id);
  const reader = (await exists(path)) ? await openPlanReader() : null;
  const ranges = sentRanges(await state.batches(run.id), run.planRows);
  const of: RunRows = { state, reader, path, run, ranges, page };
  try {
    const applied = await countApplied(of);
    const groups = await groupsOf(of, wanted, applied);
    return { groups, applied, goesOn: groups.some(({ examples }) => examples.length >= page.limit) };
  } finally {
    await reader?.close();
  }
}

async function groupsOf(of: RunRows, wanted: RowState | null, applied: number): Promise<RowGroup[]> {
  const { state, reader, path, run, page } = of;
  if (wanted === "waiting") return waitingGroups(state, run, page);
  if (wanted === "planned") return oneGroup("planned", null, run.planRows, await plannedExamples(of, {}));
  if (wanted === "applied") return appliedGroup(of, applied);
  const groups = [
    ...(await invalidGroups(reader, path, page)),
    ...(await notedGroups(state, run, page)),
    ...(await settledGroups(reader, path, page)),
    ...(await unansweredGroup(of)),
    ...(await unsentGroup(of)),
  ];
  return groups.filter((group) => wanted === null || group.state === wanted);
}

async function notedGroups(state: StateStore, run: RunRecord, page: Page): Promise<RowGroup[]> {
  const groups: RowGroup[] = [];
  for (const { state: end, code, field, count } of await state.noteGroups(run.id)) {
    const notes = await state.notes(run.id, { state: end, code, field, ...page });
    groups.push({ state: end, code, field, count, examples: notes.map(({ key, message }) => ({ key, message })) });
  }
  return groups;
}

async function invalidGroups(reader: PlanReader | null, path: string, page: Page): Promise<RowGroup[]> {
  const groups = (await reader?.invalidGroups(path, page)) ?? [];
  return groups.map((group) => ({
    ...group,
    state: "invalid",
    examples: group.examples.map(({ key, message }) => ({ key, message })),
  }));
}

/** Rows that needed no call: no record to update, a record that was there already, one that moved on to another row. */
async function settledGroups(reader: PlanReader | null, path: string, page: Page): Promise<RowGroup[]> {
  const groups: RowGroup[] = [];
  for (const { settled, count } of (await reader?.settledCounts(path)) ?? []) {
    const rows = (await reader?.rows(path, { settled, ...page })) ?? [];
    const examples = rows.map((row) => ({ key: row.key, message: row.reason }));
    groups.push({ state: settled, code: null, field: null, count, examples });
  }
  return groups;
}

/** Rows of this sync that are refused at present and wait for a change or for the end of their pause. */
async function waitingGroups(state: StateStore, run: RunRecord, { limit, skip }: Page): Promise<RowGroup[]> {
  const groups = new Map<string, RowGroup & { count: number; examples: RowExample[] }>();
  for await (const page of state.rejects(run.sync))
    for (const { key, code, field, message, nextTryAt } of page) {
      const name = JSON.stringify([code, field]);
      const group = groups.get(name) ?? { state: "waiting", code, field, count: 0, examples: [] };
      groups.set(name, group);
      group.count++;
      const next = nextTryAt === null ? "never tried again" : `next try ${new Date(nextTryAt).toISOString()}`;
      if (group.count > skip && group.examples.length < limit)
        group.examples.push({ key, message: `${message} (${next})` });
    }
  return [...groups.values()];
}

/** Only acknowledged rows that no note tells otherwise of. */
async function appliedGroup(of: RunRows, applied: number): Promise<RowGroup[]> {
  const { state, run, ranges } = of;
  const others: number[] = [];
  let known = Number.MAX_SAFE_INTEGER;
  for (const end of await otherEnds(of)) {
    const notes = await state.notes(run.id, { state: end, limit: NOTES });
    others.push(...notes.map((note) => note.seq));
    // Beyond the notes that were read nothing is known, so nothing is claimed.
    if (notes.length === NOTES) known = Math.min(known, notes.at(-1)?.seq ?? 0);
  }
  const within = ranges.done.map(({ fromSeq, toSeq }) => ({ fromSeq, toSeq: Math.min(toSeq, known) }));
  const examples = await plannedExamples(of, { settled: null, within, except: others });
  return oneGroup("applied", null, applied, examples.slice(0, Math.max(0, applied - of.page.skip)));
}

/** Rows whose call went out and whose answer is not recorded: on their way, or lost with the process that sent them. */
async function unansweredGroup(of: RunRows): Promise<RowGroup[]> {
  const count = rowsIn(of.ranges.sent);
  if (count === 0) return [];
  const examples = await plannedExamples(of, { within: of.ranges.sent });
  return oneGroup("unknown", "IN_DOUBT", count, told(examples, "sent, no answer is recorded"));
}

/** Rows of a run that ended before their turn came. */
async function unsentGroup(of: RunRows): Promise<RowGroup[]> {
  const { reader, path, run, ranges } = of;
  if (reader === null || run.planSha256 === null || run.endedAt === null || run.state === "succeeded") return [];
  const filter: PlanFilter = { settled: null, within: ranges.unsent };
  const state = run.code === "CANCELLED" ? "cancelled" : "deferred";
  const examples = told(await plannedExamples(of, filter), "not sent");
  return oneGroup(state, run.code, await reader.count(path, filter), examples);
}

/** A finished run has its ledger; of any other the batches tell. */
async function countApplied({ state, reader, path, run, ranges }: RunRows): Promise<number> {
  if (run.endedAt !== null) return Object.values(run.operations).reduce((sum, counts) => sum + counts.applied, 0);
  if (reader === null || ranges.done.length === 0) return 0;
  const answered = await reader.count(path, { settled: null, within: ranges.done });
  const noted = await state.noteTotals(run.id);
  return noted.reduce((sum, note) => sum - (isApplied(note.state) ? 0 : note.count), answered);
}

async function otherEnds({ state, run }: RunRows): Promise<RowState[]> {
  const totals = await state.noteTotals(run.id);
  return [...new Set(totals.map((total) => total.state))].filter((end) => !isApplied(end));
}

function isApplied(end: RowState): boolean {
  return end === "applied" || end === "altered";
}

async function plannedExamples({ reader, path, page }: RunRows, filter: PlanFilter): Promise<RowExample[]> {
  const rows = (await reader?.rows(path, { ...filter, ...page })) ?? [];
  return rows.map((row) => ({
    key: row.key,
    message: row.reason ?? `${row.operation} ${Object.keys(row.fields).join(", ")}`.trimEnd(),
  }));
}

function told(examples: readonly RowExample[], what: string): RowExample[] {
  return examples.map(({ key, message }) => ({ key, message: `${what}: ${message}` }));
}

function oneGroup(state: RowState, code: string | null, count: number, examples: readonly RowExample[]): RowGroup[] {
  return count === 0 ? [] : [{ state, code, field: null, count, examples }];
}
