import type { Answer, Call } from "../../../src/kit/sandbox/call.ts";
import type { ObjectStore } from "./object-store.ts";
import { askedFields, sentRecord } from "./record-answer.ts";
import { callError } from "./row-error.ts";
import { isDeleted } from "./stored-record.ts";

const MAX_GET_IDS = 800;
const MAX_POST_IDS = 2_000;

/** `GET composite/sobjects/{Object}?ids&fields`, or POST `{ids, fields}`; null in the place of what is not there. */
export function retrieveCall(call: Call, store: ObjectStore, version: string): Answer {
  const { ids: sentIds, fields: sentNames } = (call.body ?? {}) as { ids?: unknown; fields?: unknown };
  const isPost = call.method === "POST";
  const ids = isPost ? texts(sentIds) : listed(call.query.get("ids"));
  const names = isPost ? texts(sentNames) : listed(call.query.get("fields"));
  if (ids.length === 0 || names.length === 0) {
    return callError(400, "MISSING_ARGUMENT", "The ids and the fields must be given");
  }
  if (ids.length > (isPost ? MAX_POST_IDS : MAX_GET_IDS)) {
    const message = `record limit reached. cannot submit more than ${isPost ? MAX_POST_IDS : MAX_GET_IDS} records into this call`;
    return callError(400, "EXCEEDED_ID_LIMIT", message);
  }
  const fields = askedFields(store, names);
  if ("status" in fields) return fields;
  const found = ids.map((id) => {
    const record = store.byId(id);
    return record === null || isDeleted(record) ? null : sentRecord(version, store, record, fields);
  });
  return { status: 200, body: found, rows: ids.length };
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function listed(text: string | null): string[] {
  return (text ?? "").split(",").filter((part) => part !== "");
}
