import { Fault } from "../contract/fault.ts";
import type { Sync } from "../contract/project.ts";
import { ROW_STATES, type RowState } from "../contract/run.ts";
import { keyText } from "../core/key-text.ts";
import { listRows, type RowGroup } from "../engine/list-rows.ts";
import { openLook } from "../engine/open-ledger.ts";
import { REFUSED_NOW } from "../engine/plan-sync.ts";
import type { CommandContext } from "./command-context.ts";
import { findRun } from "./find-run.ts";
import { namedSync } from "./named-sync.ts";
import { openProject } from "./open-project.ts";
import { groupText, standing } from "./render-rows.ts";
import { sendSyncs } from "./run.ts";
import { wholeNumber } from "./runs.ts";

type RowsOptions = { state?: string; limit: string; retry: boolean };

/** What did not simply apply in a run, grouped by reason; or the rows of one state. With `--retry` refused rows are sent now. */
export async function rows(context: CommandContext<RowsOptions>, id: string): Promise<number> {
  if (context.options.retry) return retry(context, id);
  const { services, output, options } = context;
  const limit = wholeNumber(options.limit, "--limit", 1, 100_000);
  const wanted = parseState(options.state);
  const project = await openProject(context);
  const state = await openLook(project, services.clock);
  try {
    const run = await findRun(state, id);
    if (state === null) return 0;
    const keyParts = project.models.get(run.model)?.primaryKey.length ?? 1;
    const list = await listRows(project, state, run, wanted, { limit, skip: 0 });
    output.document({
      run: run.id,
      sync: run.sync,
      state: run.state,
      code: run.code,
      reason: run.reason,
      planned: run.planRows,
      applied: list.applied,
      groups: list.groups.map((group) => groupJson(group, keyParts)),
    });
    output.line(`run ${run.id} of ${run.sync}: ${run.state}`);
    if (wanted === null) output.line(`  ${standing(run, list)}`);
    else if (list.groups.length === 0) output.line(`  no rows are ${wanted}`);
    for (const group of list.groups) output.line(groupText(group, keyParts));
    return 0;
  } finally {
    await state?.close();
  }
}

/** A run in which refused rows do not wait out their pause; rows that the destination will never take are not sent (S17). */
async function retry(context: CommandContext<RowsOptions>, id: string): Promise<number> {
  const { services } = context;
  const project = await openProject(context);
  const state = await openLook(project, services.clock);
  let sync: Sync;
  try {
    sync = namedSync(project, (await findRun(state, id)).sync);
  } finally {
    await state?.close();
  }
  const asRun = { ...context, options: { ...context.options, approve: false } };
  return sendSyncs(asRun, project, [sync], { aim: REFUSED_NOW, trigger: "retry" }, true);
}

function groupJson(group: RowGroup, keyParts: number) {
  const examples = group.examples.map(({ key, message }) => ({
    key: key === null ? null : keyText(key, keyParts),
    message,
  }));
  return { ...group, examples };
}

function parseState(text: string | undefined): RowState | null {
  if (text === undefined) return null;
  const state = ROW_STATES.find((candidate) => candidate === text);
  if (state !== undefined) return state;
  throw new Fault("USAGE", `--state ${text}: no such state`, { fix: `one of ${ROW_STATES.join(", ")}` });
}
