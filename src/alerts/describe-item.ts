import { basename } from "node:path";
import type { Project } from "../contract/project.ts";
import type { RunRecord } from "../contract/run.ts";
import type { News } from "./news.ts";
import type { Clean } from "./safe-text.ts";

/** Of whom a message speaks. */
export type Sender = { readonly project: string; readonly environment: string };

export function senderOf(project: Pick<Project, "dir" | "environment">, clean: Clean): Sender {
  return { project: clean(basename(project.dir)), environment: project.environment };
}

const isoTime = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

/** What is told of one sync: counts and words for people, never a row's value or key. */
export function describeItem({ sync, event, run, fault }: News, clean: Clean) {
  const reason = run?.reason ?? fault?.message ?? null;
  return {
    sync: sync.name,
    event,
    run: run?.id ?? null,
    state: run?.state ?? "failed",
    code: run?.code ?? fault?.code ?? null,
    reason: reason === null ? null : clean(reason),
    fix: fault?.fix == null ? null : clean(fault.fix),
    look: lookAt(sync.name, event, run),
    ...(run === null ? {} : countsOf(run)),
  };
}

function countsOf(run: RunRecord) {
  return {
    trigger: run.trigger,
    counts: run.counts,
    planned: run.planRows,
    operations: run.operations,
    created: run.created,
    adopted: run.adopted,
    new_rejected: run.newRejected,
    new_invalid: run.newInvalid,
    guards: run.guards
      .filter((verdict) => verdict.held)
      .map(({ guard, value, of, limit, field }) => ({ guard, value, of, limit, ...(field === null ? {} : { field }) })),
    started_at: isoTime(run.startedAt),
    ended_at: isoTime(run.endedAt),
  };
}

/** The command that shows more. */
function lookAt(sync: string, event: News["event"], run: RunRecord | null): string {
  if (run === null) return `sluice status`;
  if (event === "held") return `sluice holds ${sync}`;
  return run.planRows + run.newInvalid > 0 ? `sluice rows ${run.id}` : `sluice runs ${sync}`;
}
