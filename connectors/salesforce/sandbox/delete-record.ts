import type { Field } from "./field.ts";
import { isoTime } from "./iso-time.ts";
import type { ObjectStore } from "./object-store.ts";
import type { Org } from "./org.ts";
import { type RowError, rowError } from "./row-error.ts";
import { isDeleted, type StoredRecord, type Values } from "./stored-record.ts";

export type Deleted = { readonly record: StoredRecord; readonly undo: () => void };

type Child = { readonly store: ObjectStore; readonly field: Field; readonly record: StoredRecord };

/** Moves a record into the recycle bin, its children along with it as their fields say. */
export function deleteRecord(org: Org, store: ObjectStore, record: StoredRecord): Deleted | RowError {
  if (isDeleted(record)) return rowError("ENTITY_IS_DELETED", "entity is deleted");
  const steps: (() => void)[] = [];
  const undo = () => {
    for (const back of steps.splice(0).reverse()) back();
  };
  const error = bin(org, store, record, steps);
  if (error === null) return { record, undo };
  undo();
  return error;
}

function bin(org: Org, store: ObjectStore, record: StoredRecord, steps: (() => void)[]): RowError | null {
  const children = childrenOf(org, store, record);
  const holding = children.find(({ field }) => field.onParentDeleted === "restrict");
  if (holding !== undefined) {
    const { labelPlural } = holding.store.kind;
    const message = `Your attempt to delete ${record.values.Name ?? record.id} could not be completed because it is associated with the following ${labelPlural.toLowerCase()}.: ${holding.record.id.slice(0, 15)}`;
    return rowError("DELETE_FAILED", message);
  }
  change(org, store, record, { IsDeleted: true }, steps);
  for (const child of children) {
    if (isDeleted(child.record)) continue;
    if (child.field.onParentDeleted === "clear")
      change(org, child.store, child.record, { [child.field.name]: null }, steps);
    else {
      const error = bin(org, child.store, child.record, steps);
      if (error !== null) return error;
    }
  }
  return null;
}

/** Living records that point at this one. */
export function childrenOf(org: Org, store: ObjectStore, record: StoredRecord): Child[] {
  const children: Child[] = [];
  for (const other of org.objects.values()) {
    for (const it of other.fields.values()) {
      if (!it.referenceTo.includes(store.kind.name) || it.name === "MasterRecordId") continue;
      for (const child of other.find(it.name, record.id)) children.push({ store: other, field: it, record: child });
    }
  }
  return children;
}

/** Changes a record as the vendor itself does, past all checks. */
export function change(
  org: Org,
  store: ObjectStore,
  record: StoredRecord,
  values: Values,
  steps: (() => void)[] = [],
): void {
  const before = record.values;
  const at = isoTime(org.clock.now());
  store.replace(record, { ...before, ...values, LastModifiedDate: at, SystemModstamp: at });
  steps.push(() => store.replace(record, before));
}
