import type { Answer, Call } from "../../../src/kit/sandbox/call.ts";
import { deleteRecord } from "./delete-record.ts";
import type { Field } from "./field.ts";
import type { ObjectStore } from "./object-store.ts";
import type { Org } from "./org.ts";
import { askedFields, sentRecord } from "./record-answer.ts";
import { fullId } from "./record-id.ts";
import { callError, notFound, rowError, rowErrorAnswer } from "./row-error.ts";
import { isDeleted, type StoredRecord } from "./stored-record.ts";
import { matchingRecords } from "./upsert-key.ts";
import { upsertRecord } from "./upsert-rows.ts";
import { contextOf } from "./write-context.ts";
import { createRecord, isWritten, updateRecord, type WriteResult } from "./write-record.ts";

type Place = { readonly org: Org; readonly call: Call; readonly store: ObjectStore; readonly version: string };

export function createCall({ org, call, store }: Place): Answer {
  const sent = sentObject(call);
  return sent === null ? noBody() : created(createRecord(org, store, sent, contextOf(call)), false);
}

/** `/sobjects/{Object}/{id}`. */
export function recordCall(place: Place, id: string): Answer {
  const { org, call, store } = place;
  const record = store.byId(id);
  if (record === null) {
    if (fullId(id) !== null) return notFound();
    return callError(404, "NOT_FOUND", `Provided external ID field does not exist or is not accessible: ${id}`);
  }
  if (call.method === "GET") return isDeleted(record) ? notFound() : read(place, record);
  if (call.method === "DELETE") return removed(org, store, record);
  const sent = sentObject(call);
  if (sent === null) return noBody();
  if ("Id" in sent || "id" in sent) {
    const message = "The Id field should not be specified in the sobject data.";
    return callError(400, "INVALID_FIELD", message);
  }
  const written = updateRecord(org, store, record, sent, contextOf(call));
  return isWritten(written) ? { status: 204, body: null, rows: 1 } : rowErrorAnswer(written);
}

/** `/sobjects/{Object}/{Field}/{value}`: 300 with links where several records have the value. */
export function keyCall(place: Place, name: string, text: string): Answer {
  const { org, call, store, version } = place;
  const key = store.visible(name);
  if (key === null || !(key.isExternalId || key.isIdLookup)) {
    return notFound(`Provided external ID field does not exist or is not accessible: ${name}`);
  }
  const value = isNumber(key) ? Number(text) : text;
  const found = matchingRecords(store, key, value).filter((record) => !isDeleted(record));
  if (found.length > 1) {
    const body = found.map(({ id }) => `/services/data/${version}/sobjects/${store.kind.name}/${id}`);
    return { status: 300, body, rows: 1 };
  }
  const record = found[0] ?? null;
  if (call.method !== "PATCH") {
    if (record === null) return notFound();
    return call.method === "GET" ? read(place, record) : removed(org, store, record);
  }
  const sent = sentObject(call);
  if (sent === null) return noBody();
  if (Object.keys(sent).some((one) => one.toLowerCase() === key.name.toLowerCase())) {
    const message = `The ${key.name} field should not be specified in the sobject data.`;
    return callError(400, "INVALID_FIELD", message);
  }
  const whole = record === null ? { ...sent, [key.name]: value } : sent;
  return created(upsertRecord(org, store, key, value, whole, contextOf(call)), true);
}

function read({ call, store, version }: Place, record: StoredRecord): Answer {
  const fields = askedFields(store, call.query.get("fields")?.split(",") ?? null);
  if ("status" in fields) return fields;
  return { status: 200, body: sentRecord(version, store, record, fields), rows: 1 };
}

function created(written: WriteResult, isUpsert: boolean): Answer {
  if (!isWritten(written)) return rowErrorAnswer(written);
  const { record, isNew } = written;
  const body = { id: record.id, success: true, errors: [], ...(isUpsert ? { created: isNew } : {}) };
  return { status: isNew ? 201 : 200, body, rows: 1 };
}

function removed(org: Org, store: ObjectStore, record: StoredRecord): Answer {
  const deleted = deleteRecord(org, store, record);
  return "undo" in deleted ? { status: 204, body: null, rows: 1 } : rowErrorAnswer([deleted]);
}

function sentObject(call: Call): object | null {
  return typeof call.body === "object" && call.body !== null && !Array.isArray(call.body) ? call.body : null;
}

function noBody(): Answer {
  return rowErrorAnswer([
    rowError("JSON_PARSER_ERROR", "The HTTP entity body is required, but this request has no entity body."),
  ]);
}

function isNumber(key: Field): boolean {
  return key.type === "double" || key.type === "int";
}
