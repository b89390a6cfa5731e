import type { Sync } from "../contract/project.ts";
import type { Action } from "../contract/run.ts";
import type { Ask, IdempotencyKey, Requested } from "../contract/service.ts";
import { queuedRun } from "../engine/new-run.ts";
import { runKey, type ServiceParts } from "./service-parts.ts";

export type Wanted = Ask & {
  readonly action: Action;
  /** What history says started it. */
  readonly trigger: string;
  readonly key: IdempotencyKey | null;
  /** The W3C traceparent of what asked, where it is traced. */
  readonly cause: string | null;
};

/** Notes that a sync is to run and rings for it. Triggers that come while one waits join it (S26). */
export async function requestRun(parts: ServiceParts, sync: Sync, wanted: Wanted): Promise<Requested> {
  const { action, approve, insists, who, trigger, key, cause } = wanted;
  const run = queuedRun(sync, { action, trigger }, parts);
  const requested = await parts.state.request({ run, ask: { approve, insists, who } }, key);
  if (requested.kind === "conflict") return requested;
  if (requested.kind === "new")
    parts.events.tell({ kind: "run.queued", sync: sync.name, run: run.id, detail: { action, trigger } });
  if (requested.run.state === "queued") parts.traces.asked(requested.run.id, cause);
  // Also where it only joined: a ring too many is harmless, one too few is not.
  if (requested.run.state === "queued") await parts.bell.enqueue(runKey(sync.name));
  return requested;
}
