import type { RemoteField, Write, WriteBatch } from "../../src/contract/destination.ts";
import { Fault } from "../../src/contract/fault.ts";
import type { FieldValues } from "../../src/contract/value.ts";
import { matchForm } from "../../src/kit/match-form.ts";
import type { Request } from "./client.ts";
import { type ParentField, RECORD_TYPE_ID, RECORD_TYPE_NAME, type SalesforceObject } from "./describe.ts";
import { encodeJson } from "./values.ts";

/** A collection call, and whose rows it carries. */
export type Sending = {
  readonly batch: WriteBatch;
  readonly object: SalesforceObject;
  /** Place in the call → index of the write in the batch: rows of one parent stand together. */
  readonly order: readonly number[];
};

/** `composite/sobjects` (api_rest, sObject Collections): 200 records of one object, each with a result of its own. */
export function buildRequest({ batch, object, order }: Sending): Request {
  const writes = order.flatMap((index) => batch.writes[index] ?? []);
  if (batch.operation === "delete") {
    const ids = encodeURIComponent(writes.map(idOf).join(","));
    return { method: "DELETE", path: `/composite/sobjects?ids=${ids}&allOrNone=false` };
  }
  const key = batch.operation === "upsert" ? upsertKey(batch, object) : null;
  const bodies = writes.map((write) => recordText(write, object, key, batch.operation === "update"));
  const body = `{"allOrNone":false,"records":[${bodies.join(",")}]}`;
  if (batch.operation === "create") return { method: "POST", path: "/composite/sobjects", body };
  const path = key === null ? "/composite/sobjects" : `/composite/sobjects/${batch.object}/${key.name}`;
  return { method: "PATCH", path, body };
}

/** Checks what the caller promises. Throws INTERNAL. */
export function checkBatch(batch: WriteBatch): void {
  const seen = new Set<string>();
  if (batch.operation === "create") return;
  for (const { by } of batch.writes) {
    const target = "id" in by ? by.id : JSON.stringify(by.match);
    if (seen.size === seen.add(target).size)
      throw new Fault("INTERNAL", `${batch.object}: ${batch.operation} has ${target} twice in one batch`);
  }
}

function idOf(write: Write): string {
  return "id" in write.by ? write.by.id : "";
}

function upsertKey(batch: WriteBatch, object: SalesforceObject): RemoteField {
  const [first] = batch.writes;
  const names = first === undefined || "id" in first.by ? [] : Object.keys(first.by.match);
  const [name = ""] = names;
  const field = object.fields.get(name);
  if (names.length === 1 && field?.upsertKey === true) {
    const isOne = batch.writes.every(({ by }) => "match" in by && name in by.match);
    if (isOne) return field;
    throw new Fault("INTERNAL", `${batch.object}: one batch with several match fields`);
  }
  throw new Fault(
    "DESTINATION_REFUSED",
    `${batch.object}: Salesforce upserts by exactly one external id or lookup field, not by ${names.join(" + ") || "nothing"}`,
    { fix: "let the first match entry name one field that is an external id" },
  );
}

function recordText(write: Write, object: SalesforceObject, key: RemoteField | null, isUpdate: boolean): string {
  let text = `{"attributes":{"type":${JSON.stringify(object.object)}}`;
  if (isUpdate) text += `,"id":${JSON.stringify(idOf(write))}`;
  const values = valuesOf(write, key);
  const nested = new Map<string, string[]>();
  for (const name in values) {
    const value = values[name] ?? null;
    const parent = object.parents.get(name);
    if (parent === undefined) text += fieldText(object, name, value);
    // A relationship is cleared by its id.
    else if (value === null) text += `,"${parent.idField}":null`;
    else
      nested.set(parent.relationship, [
        ...(nested.get(parent.relationship) ?? kindOf(parent)),
        namePart(parent, value),
      ]);
  }
  for (const [relationship, parts] of nested) text += `,${JSON.stringify(relationship)}:{${parts.join(",")}}`;
  return `${text}}`;
}

/** The fields with the match values among them: a new record has these from the start. */
function valuesOf(write: Write, key: RemoteField | null): FieldValues {
  if ("id" in write.by) return write.fields;
  const values: Record<string, string | null> = { ...write.fields };
  const { match } = write.by;
  for (const name in match) {
    const value = match[name] ?? "";
    const own = values[name] ?? null;
    values[name] = name === key?.name ? spelling(key, own, value) : (own ?? value);
  }
  return values;
}

function fieldText(object: SalesforceObject, name: string, value: string | null): string {
  if (name === RECORD_TYPE_NAME) return `,"${RECORD_TYPE_ID}":${JSON.stringify(typeId(object, value))}`;
  return `,${JSON.stringify(name)}:${encodeJson(object.fields.get(name), value)}`;
}

function typeId(object: SalesforceObject, name: string | null): string | null {
  return name === null ? null : (object.recordTypes.get(name) ?? name);
}

function kindOf(parent: ParentField): string[] {
  return parent.isPolymorphic ? [`"attributes":{"type":${JSON.stringify(parent.object)}}`] : [];
}

function namePart({ field }: ParentField, value: string): string {
  return `${JSON.stringify(field.name)}:${encodeJson(field, value)}`;
}

/** As the row spells it, should Salesforce mind the case. */
function spelling(key: RemoteField, own: string | null, match: string): string {
  if (own === null) return match;
  return matchForm(key.matchForm, own) === matchForm(key.matchForm, match) ? own : match;
}

/** Fields whose records Salesforce locks while it writes a child; owners and record types are not among them. */
function lockFields(object: SalesforceObject): readonly string[] {
  const own = [...object.fields.values()].filter(
    ({ name, vendorType, updatable, creatable }) =>
      vendorType === "reference" && (updatable || creatable) && name !== "OwnerId" && name !== RECORD_TYPE_ID,
  );
  return [...object.parents.keys(), ...own.map(({ name }) => name)];
}

/** Rows of one parent one after the other, so that a trigger's chunks and other batches meet its lock once. */
export function lockOrder(batch: WriteBatch, object: SalesforceObject): readonly number[] {
  const order = batch.writes.map((_, index) => index);
  const fields = lockFields(object);
  const keys = batch.writes.map((write) => fields.map((name) => write.fields[name] ?? "").join("\0"));
  if (keys.every((key) => key === keys[0])) return order;
  return order.sort((left, right) => compare(keys[left] ?? "", keys[right] ?? "") || left - right);
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
