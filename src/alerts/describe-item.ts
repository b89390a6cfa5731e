import { basename } from "node:path";
import { type AlertEvent, EVENT_SEVERITY, type Project, SEVERITIES, type Severity } from "../contract/project.ts";
import type { RunRecord } from "../contract/run.ts";
import { count } from "../core/count-text.ts";
import { isoTime } from "../core/run-json.ts";
import type { BudgetNews, MissedNews, RunNews } from "./news.ts";
import type { Clean } from "./safe-text.ts";

/** Of whom a message speaks. */
export type Sender = { readonly project: string; readonly environment: string };

export function senderOf(project: Pick<Project, "dir" | "environment">, clean: Clean): Sender {
  return { project: clean(basename(project.dir)), environment: clean(project.environment) };
}

/** The gravest of them; "info" of none. */
export function gravestOf(events: readonly AlertEvent[]): Severity {
  return SEVERITIES.find((severity) => events.some((event) => EVENT_SEVERITY[event] === severity)) ?? "info";
}

/** What is told of one sync: counts and words for people, never a row's value or key. */
export function describeRun({ sync, event, run, fault }: RunNews, clean: Clean) {
  const reason = run?.reason ?? fault?.message ?? null;
  return {
    sync: sync.name,
    event,
    severity: event === "succeeded" ? ("info" as const) : EVENT_SEVERITY[event],
    run: run?.id ?? null,
    state: run?.state ?? "failed",
    code: run?.code ?? fault?.code ?? null,
    reason: reason === null ? null : clean(reason),
    fix: fault?.fix == null ? null : clean(fault.fix),
    look: lookAt(sync.name, event, run),
    ...(run === null ? {} : countsOf(run)),
  };
}

/** A start that did not come; its sync came to no run, or to one that is told of by itself. */
export function describeMissed(news: MissedNews, clean: Clean) {
  const { sync, event, dueAt, cameAt, why } = news;
  const said = why === null ? "" : `: ${clean(why)}`;
  return {
    sync: sync.name,
    event,
    severity: EVENT_SEVERITY[event],
    run: null,
    state: null,
    code: null,
    reason: `the start that was due at ${isoTime(dueAt)} ${cameAt === null ? "did not come" : `came ${lateness(cameAt - dueAt)} late`}${said}`,
    fix: null,
    look: `sluice runs ${sync.name}`,
    due_at: isoTime(dueAt),
    came_at: isoTime(cameAt),
  };
}

/** An account whose day is nearly over. */
export function describeBudget(news: BudgetNews, clean: Clean) {
  const { event, connection, account, left, of, reserved, syncs } = news;
  const kept = reserved > 0 ? `, ${count(reserved)} of them reserved for others` : "";
  return {
    event,
    severity: EVENT_SEVERITY[event],
    connection,
    account: clean(account),
    left,
    of,
    reserved,
    syncs: syncs.map(({ name }) => name),
    reason: `${count(left)} of the day's ${count(of)} calls are left${kept}; when they are spent, its syncs pause`,
    look: "sluice status",
  };
}

function lateness(ms: number): string {
  const minutes = Math.max(1, Math.round(ms / 60_000));
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
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
function lookAt(sync: string, event: RunNews["event"], run: RunRecord | null): string {
  if (run === null) return `sluice status`;
  if (event === "held") return `sluice holds ${sync}`;
  return run.planRows + run.newInvalid > 0 ? `sluice rows ${run.id}` : `sluice runs ${sync}`;
}
