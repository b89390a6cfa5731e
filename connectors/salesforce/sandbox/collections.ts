import type { Answer, Call } from "../../../src/kit/sandbox/call.ts";
import { type Deleted, deleteRecord } from "./delete-record.ts";
import type { ObjectStore } from "./object-store.ts";
import { findObject, type Org, objectOfId } from "./org.ts";
import { fullId } from "./record-id.ts";
import { callError, inCollection, notFound, type RowError, rowError } from "./row-error.ts";
import { failsPartial } from "./set-up-refusal.ts";
import { upsertRows } from "./upsert-rows.ts";
import { contextOf } from "./write-context.ts";
import { createRecord, updateRecord, type WriteResult, type Written } from "./write-record.ts";

const MAX_ROWS = 200;
/** The object reference of `update`: so many times may one id come in a call, one after the other. */
const MAX_SAME_ID = 12;
const NO_ERRORS: readonly never[] = [];
const ROLLED_BACK = rowError(
  "ALL_OR_NONE_OPERATION_ROLLED_BACK",
  "Record rolled back because not all records were valid and the request was using AllOrNone header",
);
const TOO_MANY_RETRIES = rowError(
  "UNKNOWN_EXCEPTION",
  "Too many batch retries in the presence of Apex triggers and partial failures.",
);

/** One row of a call. `id` is told of refused rows too, where the row named a record. */
export type Row = {
  readonly store: ObjectStore | null;
  readonly id: string | null;
  readonly write: () => WriteResult | Deleted;
};

/** `/composite/sobjects`: create (POST), update (PATCH), delete (DELETE); with an object and a key: upsert. */
export function collectionCall(org: Org, call: Call, object: string | undefined, key: string | undefined): Answer {
  if (object !== undefined) {
    const store = findObject(org, object);
    return store === null ? notFound() : upsertCall(org, call, store, key ?? "");
  }
  if (call.method === "DELETE") return deleteCall(org, call);
  const records = recordsOf(call);
  if ("status" in records) return records;
  const context = contextOf(call);
  if (call.method === "POST") {
    return answerRows(
      org,
      call,
      records.map((sent) => newRow(org, sent, (store) => createRecord(org, store, sent, context))),
    );
  }
  const times = new Map<string, number>();
  return answerRows(
    org,
    call,
    records.map((sent) => {
      const id = idOf(sent);
      return {
        ...newRow(org, sent, (store) => {
          const full = id === null ? null : fullId(id);
          if (id === null) return [rowError("MISSING_ARGUMENT", "Id not specified in an update call")];
          if (full === null || full.slice(0, 3) !== store.kind.keyPrefix) return [malformed(store, id)];
          const count = (times.get(full) ?? 0) + 1;
          times.set(full, count);
          if (count > MAX_SAME_ID) return [sameIdTooOften(full)];
          const record = store.byId(full);
          if (record === null) return [rowError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")];
          return updateRecord(org, store, record, sent, context);
        }),
        id,
      };
    }),
  );
}

function upsertCall(org: Org, call: Call, store: ObjectStore, keyName: string): Answer {
  const key = store.visible(keyName);
  if (key === null || !(key.isExternalId || key.isIdLookup)) {
    return notFound(`Provided external ID field does not exist or is not accessible: ${keyName}`);
  }
  const records = recordsOf(call);
  if ("status" in records) return records;
  return answerRows(org, call, upsertRows(org, store, key, records, contextOf(call)), true);
}

function deleteCall(org: Org, call: Call): Answer {
  const ids = (call.query.get("ids") ?? "").split(",").filter((id) => id !== "");
  if (ids.length === 0) return callError(400, "REQUIRED_FIELD_MISSING", "The required parameter ids is missing");
  if (ids.length > MAX_ROWS) return tooMany();
  const rows = ids.map((text): Row => {
    const id = fullId(text);
    const store = id === null ? null : objectOfId(org, id);
    return {
      store,
      id: text,
      write: () => {
        if (id === null || store === null) return [rowError("MALFORMED_ID", `malformed id ${text}`)];
        const record = store.byId(id);
        if (record === null) return [rowError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")];
        const deleted = deleteRecord(org, store, record);
        return "undo" in deleted ? deleted : [deleted];
      },
    };
  });
  return answerRows(org, call, rows);
}

/** Does the rows one after the other; all are taken back where all or none was asked for, or a trigger wants it so. */
function answerRows(org: Org, call: Call, rows: readonly Row[], isUpsert = false): Answer {
  const { allOrNone: asked } = (call.body ?? {}) as { allOrNone?: unknown };
  const allOrNone = asked === true || call.query.get("allOrNone") === "true";
  const results = rows.map((row) => row.write());
  const failed = results.filter((result) => !("undo" in result)).length;
  const isMixed = failed > 0 && failed < results.length;
  const retries = isMixed && !allOrNone ? rows.map(({ store }) => store && failsPartial(org, store)) : [];
  const isUndone = (failed > 0 && allOrNone) || retries.some((how) => how !== null);
  if (isUndone) for (const result of [...results].reverse()) if ("undo" in result) result.undo();
  if (retries.includes("call")) return callError(400, TOO_MANY_RETRIES.statusCode, TOO_MANY_RETRIES.message);
  const body = results.map((result, index) => {
    if (!("undo" in result))
      return failure(rows[index], isUndone && !allOrNone ? [TOO_MANY_RETRIES] : result, isUpsert);
    if (isUndone) return failure(rows[index], [allOrNone ? ROLLED_BACK : TOO_MANY_RETRIES], isUpsert);
    return success(result, isUpsert);
  });
  return { status: 200, body, rows: rows.length };
}

function success(result: Written | Deleted, isUpsert: boolean): unknown {
  const { id } = result.record;
  const created = "isNew" in result && result.isNew;
  return isUpsert ? { id, success: true, errors: NO_ERRORS, created } : { id, success: true, errors: NO_ERRORS };
}

function failure(row: Row | undefined, errors: readonly RowError[], isUpsert: boolean): unknown {
  const id = row?.id ?? null;
  return {
    ...(id === null ? {} : { id }),
    success: false,
    errors: errors.map(inCollection),
    ...(isUpsert ? { created: false } : {}),
  };
}

function newRow(org: Org, sent: object, write: (store: ObjectStore) => WriteResult): Row {
  const type = typeOf(sent);
  const store = type === null ? null : findObject(org, type);
  return {
    store,
    id: null,
    write: () =>
      store === null ? [rowError("INVALID_TYPE", `sObject type '${type}' is not supported.`)] : write(store),
  };
}

/** The records of a body, or why the whole call is refused. */
function recordsOf(call: Call): readonly object[] | Answer {
  const records: unknown = (call.body as { records?: unknown } | null | undefined)?.records;
  if (!Array.isArray(records)) {
    return callError(400, "INVALID_INPUT", "Request body must have a list of records");
  }
  if (records.length > MAX_ROWS) return tooMany();
  for (const record of records as unknown[]) {
    if (typeof record !== "object" || record === null || Array.isArray(record)) {
      return callError(400, "JSON_PARSER_ERROR", "The records must be objects");
    }
    if (typeOf(record) === null) {
      return callError(400, "INVALID_INPUT", "The record is missing its attributes, or their type");
    }
  }
  return records as object[];
}

function typeOf(sent: object): string | null {
  const type = (sent as { attributes?: { type?: unknown } | null }).attributes?.type;
  return typeof type === "string" ? type : null;
}

function idOf(sent: object): string | null {
  const { id, Id } = sent as { id?: unknown; Id?: unknown };
  const given = id ?? Id;
  return typeof given === "string" ? given : null;
}

function malformed(store: ObjectStore, id: string): RowError {
  return rowError("MALFORMED_ID", `${store.kind.label} ID: id value of incorrect type: ${id}`, "Id");
}

function sameIdTooOften(id: string): RowError {
  const message = `Maximum number of duplicate updates in one batch (${MAX_SAME_ID} allowed). Attempt to update Id more than once in this Api call: ${id.slice(0, 15)}`;
  return rowError("DUPLICATE_VALUE", message);
}

function tooMany(): Answer {
  const message = `record limit reached. cannot submit more than ${MAX_ROWS} records into this call`;
  return callError(400, "EXCEEDED_ID_LIMIT", message);
}
