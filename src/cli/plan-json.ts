import type { Sync } from "../contract/project.ts";
import { keyText } from "../core/key-text.ts";
import { forecastJson, guardJson, restoredJson, sampleJson } from "../core/run-json.ts";
import type { PlannedSync } from "../engine/plan-sync.ts";

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
    forecast: { ...forecastJson(forecast), adopts: facts.adopts },
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
