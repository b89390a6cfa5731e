import { type Changes, checkFields, missingFields } from "./check-fields.ts";
import { picklistErrors } from "./check-picklist.ts";
import { duplicateError } from "./duplicate-rules.ts";
import type { Value } from "./field.ts";
import { isoTime } from "./iso-time.ts";
import type { ObjectStore } from "./object-store.ts";
import { nextId, type Org, stampNew } from "./org.ts";
import { checkPersonAccount, personValues } from "./person-account.ts";
import { referenceError } from "./resolve-parent.ts";
import { type RowError, rowError } from "./row-error.ts";
import { assignedOwner, triggerError, validationErrors } from "./set-up-refusal.ts";
import type { StoredRecord, Values } from "./stored-record.ts";
import { isDeleted } from "./stored-record.ts";
import type { WriteContext } from "./write-context.ts";

/** What came of one write. */
export type Written = {
  readonly record: StoredRecord;
  readonly isNew: boolean;
  /** Takes the write back; the last write first. */
  readonly undo: () => void;
};

export type WriteResult = Written | readonly RowError[];

export function isWritten(result: WriteResult): result is Written {
  return "undo" in result;
}

export function createRecord(org: Org, store: ObjectStore, sent: object, context: WriteContext): WriteResult {
  if (!store.kind.isWritable && !context.isSystem) return [notAllowed(store)];
  const changes = checkFields(org, store, sent, true, context.isSystem);
  if (!("references" in changes)) return changes;
  const id = nextId(org, store.kind);
  const values: Record<string, Value> = { ...store.blank() };
  stampNew(values, org.userId, isoTime(org.clock.now()));
  for (const name in changes.values) {
    const value = changes.values[name] ?? null;
    if (value !== null) values[name] = value;
  }
  if (store.fields.has("OwnerId")) values.OwnerId = owner(org, store, values.OwnerId ?? null, context);
  complete(store, id, values);
  const errors = refuse(org, store, null, changes, values, context);
  if (errors.length > 0) return errors;
  const record: StoredRecord = { id, values };
  store.insert(record);
  return { record, isNew: true, undo: () => store.remove(record) };
}

export function updateRecord(
  org: Org,
  store: ObjectStore,
  record: StoredRecord,
  sent: object,
  context: WriteContext,
): WriteResult {
  if (!store.kind.isWritable && !context.isSystem) return [notAllowed(store)];
  if (isDeleted(record)) return [rowError("ENTITY_IS_DELETED", "entity is deleted")];
  const before = record.values;
  if (before.IsConverted === true && !context.isSystem) {
    return [rowError("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")];
  }
  const changes = checkFields(org, store, sent, false, context.isSystem);
  if (!("references" in changes)) return changes;
  if (changes.values.OwnerId === null) {
    return [rowError("INVALID_CROSS_REFERENCE_KEY", "Owner ID: owner cannot be blank", "OwnerId")];
  }
  const at = isoTime(org.clock.now());
  const values: Record<string, Value> = { ...before };
  values.LastModifiedDate = at;
  values.LastModifiedById = org.userId;
  values.SystemModstamp = at;
  for (const name in changes.values) values[name] = changes.values[name] ?? null;
  if (store.fields.has("OwnerId")) values.OwnerId = owner(org, store, values.OwnerId ?? null, context);
  complete(store, record.id, values);
  const errors = refuse(org, store, record, changes, values, context);
  if (errors.length > 0) return errors;
  store.replace(record, values);
  return { record, isNew: false, undo: () => store.replace(record, before) };
}

function owner(org: Org, store: ObjectStore, sent: Value, context: WriteContext): Value {
  return assignedOwner(org, store, context) ?? sent ?? org.userId;
}

/** The values that follow from others. */
function complete(store: ObjectStore, id: string, values: Record<string, Value>): void {
  const { nameFrom, isCustom, name } = store.kind;
  if (nameFrom.length > 0) {
    values.Name = nameFrom
      .map((part) => values[part] ?? null)
      .filter((part) => part !== null)
      .join(" ");
  } else if (isCustom && (values.Name ?? null) === null) values.Name = id;
  if (name === "Account") personValues(values);
  for (const it of store.fields.values()) {
    if (it.isAutoNumber) values[it.name] ??= String(store.records.length + 1).padStart(8, "0");
  }
}

/** All the checks of a record as it would be, in Salesforce's order; what one step finds keeps the next from running. */
function refuse(
  org: Org,
  store: ObjectStore,
  record: StoredRecord | null,
  changes: Changes,
  values: Values,
  context: WriteContext,
): readonly RowError[] {
  const errors: RowError[] = [];
  const add = (error: RowError | null) => {
    if (error !== null) errors.push(error);
  };
  if (store.kind.name === "Account")
    add(checkPersonAccount(org, record === null ? null : record.values, changes.values, values));
  add(missingFields(store, values));
  for (const it of changes.references) {
    const id = values[it.name];
    if (typeof id === "string" && id !== record?.values[it.name])
      add(referenceError(org, store, it, id, context.isSystem));
  }
  if (changes.picklists.length > 0) errors.push(...picklistErrors(org, changes.picklists, changes.values, values));
  if (errors.length > 0) return errors;
  if (!context.isSystem) {
    errors.push(...validationErrors(org, store, values));
    if (errors.length > 0) return errors;
    const own = record === null ? null : { record, changes: changes.values };
    const duplicate = duplicateError(org, store, values, own, context);
    if (duplicate !== null) return [duplicate];
  }
  const taken = takenValue(store, changes.values, record);
  if (taken !== null) return [taken];
  const refused = context.isSystem ? null : triggerError(org, store, values, context);
  return refused === null ? [] : [refused];
}

function takenValue(store: ObjectStore, changes: Values, own: StoredRecord | null): RowError | null {
  for (const it of store.unique) {
    const value = changes[it.name] ?? null;
    if (value === null) continue;
    const other = store.find(it.name, value).find((record) => record !== own);
    if (other === undefined) continue;
    const message = `duplicate value found: ${it.name} duplicates value on record with id: ${other.id.slice(0, 15)}`;
    return rowError("DUPLICATE_VALUE", message);
  }
  return null;
}

function notAllowed(store: ObjectStore): RowError {
  return rowError(
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
    `entity type cannot be inserted or updated: ${store.kind.name}`,
  );
}
