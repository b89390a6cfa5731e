import type { ObjectStore } from "./object-store.ts";
import type { Org } from "./org.ts";
import { fits, type Trigger } from "./org-rules.ts";
import { type RowError, rowError } from "./row-error.ts";
import type { Values } from "./stored-record.ts";
import type { WriteContext } from "./write-context.ts";

/** What the org's validation rules say to a record as it would be. */
export function validationErrors(org: Org, store: ObjectStore, values: Values): RowError[] {
  return org.rules.validation
    .filter((rule) => rule.object === store.kind.name && fits(rule.when, values))
    .map(({ message, field }) =>
      rowError("FIELD_CUSTOM_VALIDATION_EXCEPTION", message, ...(field === null ? [] : [field])),
    );
}

/** What the org's triggers say to it. */
export function triggerError(org: Org, store: ObjectStore, values: Values, context: WriteContext): RowError | null {
  for (const trigger of org.rules.triggers) {
    if (trigger.object !== store.kind.name || trigger.timesLeft === 0 || !fits(trigger.when, values)) continue;
    const error = lockError(trigger, values, context) ?? trigger.error;
    if (error === null) continue;
    if (trigger.timesLeft !== null) trigger.timesLeft--;
    return { fields: [], ...error };
  }
  return null;
}

/** A parent that other rows have come after is taken as locked by somebody else: the call was not sorted by parent. */
function lockError(trigger: Trigger, values: Values, context: WriteContext): RowError | null {
  if (trigger.locksBy === null) return null;
  const parent = values[trigger.locksBy] ?? null;
  const order = context.locks.get(trigger) ?? { seen: new Set(), last: null };
  context.locks.set(trigger, order);
  if (parent === null || parent === order.last) return null;
  order.last = parent;
  if (!order.seen.has(parent)) {
    order.seen.add(parent);
    return null;
  }
  const message = `unable to obtain exclusive access to this record or 1 records: ${String(parent)}`;
  return rowError("UNABLE_TO_LOCK_ROW", message);
}

/** How rows that fail beside others make a call for this object fail; null where they do not. */
export function failsPartial(org: Org, store: ObjectStore): Trigger["failsPartial"] {
  const own = org.rules.triggers.find(
    ({ object, failsPartial }) => object === store.kind.name && failsPartial !== null,
  );
  return own?.failsPartial ?? null;
}

/** The owner that the assignment rule gives; null where none is asked for. */
export function assignedOwner(org: Org, store: ObjectStore, context: WriteContext): string | null {
  const { assignment } = context;
  if (assignment === null) return null;
  const rules = org.rules.assignment.filter((rule) => rule.object === store.kind.name);
  const rule = assignment === "default" ? rules[0] : rules.find(({ id }) => id.startsWith(assignment.slice(0, 15)));
  return rule?.owner ?? null;
}
