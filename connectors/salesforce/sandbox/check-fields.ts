import { checkValue, isRowError } from "./check-value.ts";
import type { Field, Value } from "./field.ts";
import type { ObjectStore } from "./object-store.ts";
import type { Org } from "./org.ts";
import { noSuchColumn, resolveParent } from "./resolve-parent.ts";
import { type RowError, rowError } from "./row-error.ts";

/** What a write sets, in the form in which it is kept. */
export type Changes = {
  readonly values: Record<string, Value>;
  readonly picklists: readonly Field[];
  readonly references: readonly Field[];
};

/** Reads the fields of a record that was sent; all that is wrong with them. `isSystem` may write every field. */
export function checkFields(
  org: Org,
  store: ObjectStore,
  sent: object,
  isNew: boolean,
  isSystem: boolean,
): Changes | readonly RowError[] {
  const values: Record<string, Value> = {};
  const picklists: Field[] = [];
  const references: Field[] = [];
  const readOnly: string[] = [];
  const errors: RowError[] = [];

  function take(it: Field, value: Value): void {
    if (!isSystem && !(isNew ? it.isCreateable : it.isUpdateable)) readOnly.push(it.name);
    values[it.name] = value;
    if (it.isRestricted) picklists.push(it);
    if (it.type === "reference" && value !== null) references.push(it);
  }

  const record = sent as Record<string, unknown>;
  for (const name in record) {
    if (name === "attributes") continue;
    const value = record[name];
    const it = isSystem ? (store.fields.get(name) ?? null) : store.visible(name);
    if (it?.name === "Id") {
      if (isNew && value !== null) {
        const message = "cannot specify Id in an insert call";
        return [rowError("INVALID_FIELD_FOR_INSERT_UPDATE", message, "Id")];
      }
    } else if (it !== null) {
      const checked = checkValue(it, value);
      if (!isRowError(checked)) take(it, checked);
      else if (checked.statusCode === "JSON_PARSER_ERROR") return [checked];
      else errors.push(checked);
    } else if (typeof value === "object" && value !== null) {
      const parent = resolveParent(org, store, name, value);
      if (isRowError(parent)) return [parent];
      take(parent.field, parent.id);
    } else return [noSuchColumn(store, name)];
  }
  if (readOnly.length > 0) return [notWritable(readOnly)];
  return errors.length > 0 ? errors : { values, picklists, references };
}

function notWritable(names: readonly string[]): RowError {
  const message = `Unable to create/update fields: ${names.join(", ")}. Please check the security settings of this field and verify that it is read/write for your profile or permission set.`;
  return rowError("INVALID_FIELD_FOR_INSERT_UPDATE", message, ...names);
}

export function missingFields(store: ObjectStore, values: Readonly<Record<string, Value>>): RowError | null {
  let missing: string[] | null = null;
  for (const it of store.required) {
    if ((values[it.name] ?? null) !== null) continue;
    missing ??= [];
    missing.push(it.name);
  }
  if (missing === null) return null;
  const message = `Required fields are missing: [${missing.join(", ")}]`;
  return rowError("REQUIRED_FIELD_MISSING", message, ...missing);
}
