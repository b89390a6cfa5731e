import { resolveHost } from "../../alerts/resolve-host.ts";
import { Fault } from "../../contract/fault.ts";
import type { Hook } from "../../contract/hook.ts";
import type { Sync } from "../../contract/project.ts";
import type { RunRecord } from "../../contract/run.ts";
import { asFault } from "../../core/as-fault.ts";
import type { RunOptions } from "../../engine/run-options.ts";
import type { ServiceParts } from "../service-parts.ts";
import { callHook, type Hooked, type HookFacts } from "./call-hook.ts";

type Parts = Pick<ServiceParts, "clock" | "events" | "log">;

/**
 * The turn to plan, with what has to come before. It is asked for under the sync's lease by a run that begins, and by none that
 * is taken up again: each hook is called once for each run. Fault: HOOK_FAILED.
 */
export function afterBeforeHooks(
  parts: Parts,
  sync: Sync,
  run: RunRecord | null,
  planTurn: RunOptions["planTurn"],
  signal: AbortSignal,
): RunOptions["planTurn"] {
  if (run === null || run.action === "plan" || sync.hooks.before.length === 0) return planTurn;
  return async (work) => {
    for (const hook of sync.hooks.before) {
      const { id, action, trigger } = run;
      const facts = { event: "before", sync: sync.name, run: id, action, trigger };
      const hooked = await hookOf(parts, "before", sync, hook, facts, signal);
      if (hooked.ok) continue;
      const fix = "see to what it calls, then run the sync again; nothing was sent";
      throw new Fault("HOOK_FAILED", `before the run: ${hook.label}: ${hooked.why}`, { fix });
    }
    return planTurn(work);
  };
}

/** Calls what comes after a run that succeeded, also in part. The run's end stands, whatever becomes of them; never rejects. */
export async function callAfterHooks(parts: Parts, sync: Sync, run: RunRecord, signal: AbortSignal): Promise<void> {
  if (run.action === "plan" || (run.state !== "succeeded" && run.state !== "partial")) return;
  for (const hook of sync.hooks.after) {
    const { id, action, trigger, state } = run;
    const facts = { event: "after", sync: sync.name, run: id, action, trigger, state };
    try {
      await hookOf(parts, "after", sync, hook, facts, signal);
    } catch (error) {
      if (!signal.aborted) parts.log.error({ sync: sync.name, run: id, hook: hook.label }, asFault(error).message);
    }
  }
}

async function hookOf(
  { clock, events, log }: Parts,
  when: "before" | "after",
  sync: Sync,
  hook: Hook,
  facts: HookFacts & { readonly run: string },
  signal: AbortSignal,
): Promise<Hooked> {
  const about = { sync: sync.name, run: facts.run };
  const detail = { when, hook: hook.label };
  events.tell({ kind: "hook.begun", ...about, detail });
  const end = (hooked: Hooked): Hooked => {
    const why = hooked.ok ? null : hooked.why;
    events.tell({ kind: "hook.ended", ...about, detail: { ...detail, ok: hooked.ok, reason: why } });
    if (why !== null) log.warn({ ...about, hook: hook.label }, `the hook ${when} the run failed: ${why}`);
    return hooked;
  };
  try {
    return end(await callHook(hook, facts, { clock, resolveHost }, signal));
  } catch (error) {
    end({ ok: false, why: signal.aborted ? "it was cut short" : asFault(error).message });
    throw error;
  }
}
