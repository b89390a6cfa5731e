import type { PlanRow } from "../contract/plan.ts";
import type { Sync } from "../contract/project.ts";
import type { GuardVerdict, RunRecord } from "../contract/run.ts";
import type { Restoration } from "../contract/state.ts";
import type { PlannedSync } from "../engine/plan-sync.ts";
import { keyText } from "./key-text.ts";

export function isoTime(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

function guardJson(verdict: GuardVerdict) {
  return {
    guard: verdict.guard,
    held: verdict.held,
    value: verdict.value,
    of: verdict.of,
    limit: verdict.limit,
    ...(verdict.field === null ? {} : { field: verdict.field }),
  };
}

/** A run as --json and the API show it. */
export function runJson(run: RunRecord) {
  return {
    id: run.id,
    sync: run.sync,
    model: run.model,
    state: run.state,
    reason: run.reason,
    code: run.code,
    counts: run.counts,
    planned: run.planRows,
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

/** A plan as --json and the API show it. */
export function planJson(sync: Sync, planned: PlannedSync) {
  const { facts, forecast, prepared } = planned;
  const keyParts = prepared.mapping.primaryKey.length;
  const before = new Set(prepared.meta?.fields ?? []);
  const now = prepared.mapping.fields.map((field) => field.field);
  return {
    sync: sync.name,
    model: sync.model,
    counts: facts.counts,
    operations: Object.fromEntries(
      facts.operations.map((entry) => [entry.operation, { planned: entry.rows, settled: entry.settled }]),
    ),
    forecast: {
      calls: forecast.calls,
      lookups: forecast.lookups,
      seconds: forecast.seconds,
      quota_left: forecast.quotaLeft,
      creates: forecast.creates,
      creates_are_exact: forecast.createsAreExact,
      adopts: facts.adopts,
    },
    guards: planned.guards.map(guardJson),
    mapping: {
      fields: prepared.mapping.fields.map((field) => ({
        field: field.field,
        type: field.type,
        ...("value" in field.from ? { value: field.from.value } : { column: field.from.column.name }),
      })),
      new_fields: prepared.meta === null ? [] : now.filter((field) => !before.has(field)),
      dropped_fields: [...before].filter((field) => !now.includes(field)),
    },
    warnings: prepared.warnings,
    invalid: facts.invalidGroups.map((group) => ({
      ...group,
      example: group.example === null ? null : keyText(group.example, keyParts),
    })),
    superseded: facts.superseded,
    suppressed: facts.suppressed,
    removals_postponed: facts.removalsPostponed,
    restored: restoredJson(planned.restored),
    sample: sampleJson(planned.sample, keyParts),
  };
}

/** Why a sync removes nothing: its memory came from a backup (S25). */
export function restoredJson(restored: Restoration | null) {
  if (restored === null) return null;
  return { backup: isoTime(restored.backupAt), at: isoTime(restored.restoredAt) };
}
