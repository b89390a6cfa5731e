import { Fault } from "../contract/fault.ts";
import type { Sync } from "../contract/project.ts";
import type { StateStore } from "../contract/state.ts";
import { asFault } from "../core/as-fault.ts";
import { newMeter } from "../delivery/gate.ts";
import { finishRun } from "./finish-run.ts";
import { newRun, spent } from "./new-run.ts";
import { planPath } from "./plan-path.ts";
import { checkAim, planSync } from "./plan-sync.ts";
import type { RunOptions } from "./run-options.ts";
import type { FinishedRun } from "./run-sync.ts";
import { type Tenure, underLease } from "./under-lease.ts";
import type { Workbench } from "./workbench.ts";

/**
 * A run that only says what would be sent: its plan is kept as any other's, its guards have spoken, and nothing is held, marked
 * or sent. What an earlier run left unfinished stays so.
 */
export async function planRun(
  bench: Workbench,
  state: StateStore,
  sync: Sync,
  options: RunOptions,
  signal: AbortSignal,
): Promise<FinishedRun> {
  checkAim(sync, options.aim);
  const work = (_: unknown, kept: AbortSignal, tenure: Tenure) =>
    planUnderLease(bench, state, sync, options, tenure, kept);
  return underLease(bench, state, sync.name, options, work, signal);
}

async function planUnderLease(
  bench: Workbench,
  state: StateStore,
  sync: Sync,
  options: RunOptions,
  { lease }: Tenure,
  signal: AbortSignal,
): Promise<FinishedRun> {
  const run = { ...newRun(bench, sync, options), action: "plan" as const };
  await state.createRun(lease, run, options);
  const meter = newMeter();
  try {
    options.onProgress({ sync: sync.name, phase: "planning", done: 0, planned: 0 });
    const planned = await options.planTurn(() => planSync(bench, sync, options.aim, meter, signal, null));
    const { facts, session, prepared, guards, forecast, sample, restored } = planned;
    try {
      const file = await session.write(planPath(bench.project, run.id), signal);
      const ended = await finishRun(bench, state, lease, run, {
        state: "succeeded",
        counts: facts.counts,
        guards,
        account: prepared.account.account.id,
        forecast,
        planRows: file.rows,
        planSha256: file.sha256,
        newInvalid: facts.newInvalid,
        linked: facts.adopts,
        ...spent(meter, run),
      });
      const keyParts = prepared.mapping.primaryKey.length;
      return { run: ended, planned: { facts, guards, forecast, sample, restored, keyParts }, fault: null };
    } finally {
      await session.close();
    }
  } catch (error) {
    const fault = asFault(error);
    const isCancelled = signal.aborted || fault.code === "CANCELLED";
    const end = { state: isCancelled ? "cancelled" : "failed", code: isCancelled ? "CANCELLED" : fault.code } as const;
    const ended = await finishRun(bench, state, lease, run, { ...end, reason: fault.message, ...spent(meter, run) });
    return {
      run: ended,
      planned: null,
      fault: isCancelled ? new Fault("CANCELLED", "cancelled; nothing was sent") : fault,
    };
  }
}
