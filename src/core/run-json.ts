import type { PlanRow } from "../contract/plan.ts";
import type { Forecast, GuardVerdict, RunRecord } from "../contract/run.ts";
import type { Restoration } from "../contract/state.ts";
import { keyText } from "./key-text.ts";

export function isoTime(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

export function guardJson(verdict: GuardVerdict) {
  return {
    guard: verdict.guard,
    held: verdict.held,
    value: verdict.value,
    of: verdict.of,
    limit: verdict.limit,
    ...(verdict.field === null ? {} : { field: verdict.field }),
  };
}

export function forecastJson({ calls, lookups, seconds, quotaLeft, creates, createsAreExact }: Forecast) {
  return { calls, lookups, seconds, quota_left: quotaLeft, creates, creates_are_exact: createsAreExact };
}

/** A run as --json and the API show it. */
export function runJson(run: RunRecord) {
  return {
    id: run.id,
    sync: run.sync,
    model: run.model,
    action: run.action,
    state: run.state,
    reason: run.reason,
    code: run.code,
    counts: run.counts,
    planned: run.planRows,
    forecast: run.forecast === null ? null : forecastJson(run.forecast),
    operations: run.operations,
    created: run.created,
    adopted: run.adopted,
    new_rejected: run.newRejected,
    new_invalid: run.newInvalid,
    guards: run.guards.map(guardJson),
    calls: run.calls,
    throttled: run.throttled,
    waited_ms: run.waitedMs,
    bytes_out: run.bytesOut,
    peak_rss_bytes: run.peakRssBytes,
    trigger: run.trigger,
    resumes: run.resumes,
    resume_at: isoTime(run.resumeAt),
    started_at: isoTime(run.startedAt),
    ended_at: isoTime(run.endedAt),
  };
}

export function sampleJson(rows: readonly PlanRow[], keyParts: number) {
  return rows.map((row) => ({
    key: keyText(row.key, keyParts),
    change: row.change,
    operation: row.operation,
    record: row.remoteId,
    adopted: row.adopted,
    skipped: row.settled === null ? null : row.reason,
    fields: Object.entries(row.fields).map(([field, after]) => ({ field, old: row.before[field] ?? null, new: after })),
  }));
}

/** Why a sync removes nothing: its memory came from a backup (S25). */
export function restoredJson(restored: Restoration | null) {
  if (restored === null) return null;
  return { backup: isoTime(restored.backupAt), at: isoTime(restored.restoredAt) };
}
