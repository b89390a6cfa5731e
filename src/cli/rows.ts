import { stat } from "node:fs/promises";
import { Fault } from "../contract/fault.ts";
import type { Project } from "../contract/project.ts";
import { ROW_STATES, type RowState, type RunRecord } from "../contract/run.ts";
import type { StateStore } from "../contract/state.ts";
import { openLook } from "../engine/open-memory.ts";
import { planPath } from "../engine/plan-sync.ts";
import { openPlanReader } from "../planner/plan-reader.ts";
import { findRun } from "./find-run.ts";
import { openProject } from "./open-project.ts";
import type { CommandContext } from "./program.ts";
import { count, shown } from "./render-plan.ts";
import { wholeNumber } from "./runs.ts";

type Example = { readonly key: string | null; readonly message: string | null };
type Group = {
  readonly state: string;
  readonly code: string | null;
  readonly field: string | null;
  readonly count: number;
  readonly examples: readonly Example[];
};

/** What did not simply apply in a run, grouped by reason; or the rows of one state. */
export async function rows(context: CommandContext<{ state?: string; limit: string }>, id: string): Promise<number> {
  const { services, output, options } = context;
  const limit = wholeNumber(options.limit, "--limit", 1, 100_000);
  const wanted = parseState(options.state);
  const project = await openProject(context);
  const state = await openLook(project, services.clock);
  try {
    const run = await findRun(state, id);
    if (state === null) return 0;
    const groups = await collect(project, state, run, wanted, limit);
    output.document({ run: run.id, sync: run.sync, state: run.state, groups });
    output.line(`run ${run.id} of ${run.sync}: ${run.state}`);
    for (const group of groups) output.line(groupText(group));
    if (groups.length === 0) output.line(wanted === null ? "  every planned row applied" : `  no rows are ${wanted}`);
    return 0;
  } finally {
    await state?.close();
  }
}

function parseState(text: string | undefined): RowState | null {
  if (text === undefined) return null;
  const state = ROW_STATES.find((candidate) => candidate === text);
  if (state !== undefined) return state;
  throw new Fault("USAGE", `--state ${text}: no such state`, { fix: `one of ${ROW_STATES.join(", ")}` });
}

async function collect(
  project: Project,
  state: StateStore,
  run: RunRecord,
  wanted: RowState | null,
  limit: number,
): Promise<Group[]> {
  const path = planPath(project, run.id);
  const groups: Group[] = [];
  if (wanted === null || wanted === "invalid") groups.push(...(await invalidGroups(path, limit)));
  if (wanted === "waiting") return waitingGroups(state, run, limit);
  if (wanted === "planned" || wanted === "applied") return [await plannedGroup(state, path, run, wanted, limit)];
  for (const group of await state.noteGroups(run.id)) {
    if (wanted !== null && group.state !== wanted) continue;
    const notes = (await state.notes(run.id, { state: group.state, limit: 100_000 }))
      .filter((note) => note.code === group.code && note.field === group.field)
      .slice(0, limit);
    groups.push({ ...pick(group), examples: notes.map(({ key, message }) => ({ key, message })) });
  }
  return groups;
}

function pick({
  state,
  code,
  field,
  count: rowsOf,
}: {
  state: string;
  code: string | null;
  field: string | null;
  count: number;
}) {
  return { state, code, field, count: rowsOf };
}

async function invalidGroups(path: string, limit: number): Promise<Group[]> {
  if (!(await exists(path))) return [];
  const reader = await openPlanReader();
  try {
    const found = await reader.invalidGroups(path, limit);
    return found.map((group) => ({
      ...group,
      state: "invalid",
      examples: group.examples.map(({ key, message }) => ({ key, message })),
    }));
  } finally {
    await reader.close();
  }
}

/** Rows of this sync that are refused at present and wait for a change or for the end of their pause. */
async function waitingGroups(state: StateStore, run: RunRecord, limit: number): Promise<Group[]> {
  const groups = new Map<string, Group & { examples: Example[] }>();
  for await (const page of state.rejects(run.sync))
    for (const reject of page) {
      const name = JSON.stringify([reject.code, reject.field]);
      const group = groups.get(name) ?? {
        state: "waiting",
        code: reject.code,
        field: reject.field,
        count: 0,
        examples: [],
      };
      const next =
        reject.nextTryAt === null ? "never tried again" : `next try ${new Date(reject.nextTryAt).toISOString()}`;
      const examples =
        group.examples.length < limit
          ? [...group.examples, { key: reject.key, message: `${reject.message} (${next})` }]
          : group.examples;
      groups.set(name, { ...group, count: group.count + 1, examples });
    }
  return [...groups.values()];
}

async function plannedGroup(
  state: StateStore,
  path: string,
  run: RunRecord,
  wanted: "planned" | "applied",
  limit: number,
): Promise<Group> {
  const notes = new Set(
    (await state.notes(run.id, { limit: 1_000_000 }))
      .filter((note) => note.state !== "altered")
      .map((note) => note.seq),
  );
  const applied = Object.values(run.operations).reduce((sum, counts) => sum + counts.applied, 0);
  const total = wanted === "planned" ? run.planRows : applied;
  if (!(await exists(path)) || total === 0)
    return { state: wanted, code: null, field: null, count: total, examples: [] };
  const reader = await openPlanReader();
  try {
    const found = await reader.rows(path, { settled: false, limit: limit + notes.size });
    const shownRows = wanted === "planned" ? found : found.filter((row) => !notes.has(row.seq));
    const examples = shownRows
      .slice(0, limit)
      .map((row) => ({ key: row.key, message: `${row.operation} ${Object.keys(row.fields).join(", ")}` }));
    return { state: wanted, code: null, field: null, count: total, examples };
  } finally {
    await reader.close();
  }
}

function groupText(group: Group): string {
  const code = [group.code, group.field].filter((part) => part !== null).join(" ");
  const examples = group.examples.map(
    (example) =>
      `      ${example.key === null ? "(no key)" : shown(example.key)}  ${example.message === null ? "" : shownMessage(example.message)}`,
  );
  return [`  ${count(group.count)} × ${group.state}${code === "" ? "" : `: ${code}`}`, ...examples].join("\n");
}

/** Vendor texts are hostile: no control characters reach the terminal. */
function shownMessage(message: string): string {
  return message.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g, " ");
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
