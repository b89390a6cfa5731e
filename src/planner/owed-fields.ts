import type { PlanRequest, SnapshotMeta } from "../contract/planner.ts";

/**
 * A field that rows may not hold yet because it was mapped under `forward_only`: `new` since the last plan, or `forward` from
 * an earlier one; null for all others (S23).
 */
export function owedField(request: PlanRequest, stored: SnapshotMeta, field: string): "new" | "forward" | null {
  if (stored.forward.includes(field)) return "forward";
  return request.forwardOnly && stored.fields.length > 0 && !stored.fields.includes(field) ? "new" : null;
}

/**
 * Whether a difference in a field makes a row travel, where every row is compared by value because mapping or engine changed.
 * By hash alone a row that changed would be told from one that is owed a field; without, a value where none was acknowledged
 * counts as owed. What an unanswered write may have left travels whatever the mapping.
 */
export function triggersSql(owed: "new" | "forward" | null, sends: string, old: string, doubted: string): string {
  if (owed === null) return sends;
  return `(${sends} and (${doubted}${owed === "forward" ? ` or ${old} is not null` : ""}))`;
}
