import { Fault } from "../contract/fault.ts";
import { ROW_STATES, type RowState } from "../contract/run.ts";
import { listRows, type RowGroup } from "../engine/list-rows.ts";
import { openLook } from "../engine/open-memory.ts";
import type { CommandContext } from "./command-context.ts";
import { findRun } from "./find-run.ts";
import { openProject } from "./open-project.ts";
import { count, oneLine, shown } from "./render-plan.ts";
import { wholeNumber } from "./runs.ts";

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
    const groups = await listRows(project, state, run, wanted, limit);
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

function groupText(group: RowGroup): string {
  const code = [group.code, group.field].filter((part) => part !== null).join(" ");
  const examples = group.examples.map(
    (example) =>
      `      ${example.key === null ? "(no key)" : shown(example.key)}  ${example.message === null ? "" : oneLine(example.message)}`,
  );
  return [`  ${count(group.count)} × ${group.state}${code === "" ? "" : `: ${code}`}`, ...examples].join("\n");
}
