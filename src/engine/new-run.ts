import type { Sync } from "../contract/project.ts";
import type { RunRecord } from "../contract/run.ts";
import type { RunPatch } from "../contract/state.ts";
import { newRunId } from "../core/run-id.ts";
import type { Meter } from "../delivery/gate.ts";
import type { RunOptions } from "./run-options.ts";
import type { Workbench } from "./workbench.ts";

/** A run that begins now: a new one, or the one that was queued. */
export function newRun(bench: Workbench, sync: Sync, options: RunOptions): RunRecord {
  const startedAt = bench.clock.now();
  const id = options.queued?.id ?? newRunId(startedAt, bench.random);
  const action = options.aim.resend ? "resync" : "run";
  return blankRun(sync, { id, state: "planning", action, trigger: options.trigger, startedAt });
}

/** A run that waits for a worker. */
export function queuedRun(
  sync: Sync,
  asked: Pick<RunRecord, "action" | "trigger">,
  { clock, random }: Pick<Workbench, "clock" | "random">,
): RunRecord {
  const startedAt = clock.now();
  return blankRun(sync, { ...asked, id: newRunId(startedAt, random), state: "queued", startedAt });
}

function blankRun(sync: Sync, own: Pick<RunRecord, "id" | "state" | "action" | "trigger" | "startedAt">): RunRecord {
  return {
    ...own,
    sync: sync.name,
    model: sync.model,
    reason: null,
    code: null,
    configHash: sync.configHash,
    account: null,
    resumes: 0,
    resumeAt: null,
    counts: null,
    operations: {},
    guards: [],
    forecast: null,
    planRows: 0,
    planSha256: null,
    newInvalid: 0,
    newRejected: 0,
    linked: 0,
    created: 0,
    adopted: 0,
    calls: 0,
    throttled: 0,
    waitedMs: 0,
    bytesOut: 0,
    peakRssBytes: 0,
    endedAt: null,
  };
}

/** What a run cost so far, with what it had cost before it was taken up again. */
export function spent(meter: Meter, before: RunRecord): RunPatch {
  return {
    calls: before.calls + meter.calls,
    throttled: before.throttled + meter.throttled,
    waitedMs: before.waitedMs + Math.round(meter.waitedMs),
    bytesOut: before.bytesOut + meter.bytesOut,
    peakRssBytes: Math.max(before.peakRssBytes, process.resourceUsage().maxRSS * 1024),
  };
}
