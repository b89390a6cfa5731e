import type { GuardLimit, Guards } from "../contract/project.ts";
import type { GuardVerdict } from "../contract/run.ts";

/** What the guards look at; rows that an approval covers are counted by nobody here. */
export type GuardFacts = {
  readonly read: number;
  readonly invalid: number;
  /** Rows of the snapshot that are present (not marked absent). */
  readonly snapshotRows: number;
  readonly added: number;
  readonly creates: number;
  readonly changed: number;
  /** Planned removals that would have an effect. */
  readonly removals: number;
  /** By field: values that would be cleared. */
  readonly cleared: ReadonlyMap<string, number>;
  /** True where an approval covers the emptiness of the model. */
  readonly emptyApproved: boolean;
};

/** Over both `rows` and `share` where both are given, or over `max`: held (S22). Exactly the limit passes. */
export function isOver(limit: GuardLimit, value: number, of: number): boolean {
  if (limit.max !== null && value > limit.max) return true;
  if (limit.rows === null && limit.share === null) return false;
  return (limit.rows === null || value > limit.rows) && (limit.share === null || value > limit.share * of);
}

export function describeLimit(limit: GuardLimit): string {
  const both = [
    limit.rows === null ? null : `${limit.rows} rows`,
    limit.share === null ? null : `${+(limit.share * 100).toFixed(4)} %`,
  ].filter((part) => part !== null);
  const parts = [both.join(" and "), limit.max === null ? "" : `${limit.max} rows`].filter((part) => part !== "");
  return parts.join(", or ");
}

/** Every guard that is on, in order, one verdict each (`cleared`: one per field that clears anything). */
export function judge(guards: Guards, facts: GuardFacts): GuardVerdict[] {
  const verdicts: GuardVerdict[] = [];
  const add = (guard: GuardVerdict["guard"], value: number, of: number, field: string | null, held?: boolean) => {
    const limit = guards[guard];
    if (limit === null) return;
    verdicts.push({ guard, value, of, field, limit: describeLimit(limit), held: held ?? isOver(limit, value, of) });
  };
  add("removed", facts.removals, facts.snapshotRows, null);
  if (guards.empty !== null) {
    const isEmpty = facts.read === 0 && facts.snapshotRows > 0;
    verdicts.push({
      guard: "empty",
      value: facts.read,
      of: facts.snapshotRows,
      field: null,
      limit: "a model without rows over a snapshot with rows",
      held: isEmpty && !facts.emptyApproved,
    });
  }
  add("changed", facts.changed, facts.snapshotRows, null);
  for (const [field, count] of facts.cleared) add("cleared", count, facts.snapshotRows, field);
  add("created", facts.creates, facts.read, null);
  add("failed", facts.invalid, facts.read, null, hasFailed(guards.failed, facts.invalid, facts.read));
  return verdicts;
}

/** `failed` speaks only once `rows` rows were looked at: over its share of them is then too many. */
export function hasFailed(limit: GuardLimit | null, failed: number, of: number): boolean {
  if (limit === null) return false;
  if (limit.max !== null && failed > limit.max) return true;
  return limit.share !== null && of >= (limit.rows ?? 0) && failed > limit.share * of;
}
