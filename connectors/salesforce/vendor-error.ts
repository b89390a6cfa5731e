import { type Json, parseJson, record, records, text, texts } from "../../src/kit/json.ts";
import { fullId } from "./record-id.ts";

/**
 * One error as Salesforce says it. Collections call the code `statusCode`, other calls `errorCode`
 * (api_rest, Status Codes and Error Responses).
 */
export type VendorError = {
  readonly code: string;
  readonly message: string;
  readonly fields: readonly string[];
  /** 18-character ids of the records that this one would duplicate. */
  readonly duplicateIds: readonly string[];
};

/** The errors of an answer that refuses a call. HTML and empty bodies give the HTTP status. */
export function readErrors(body: string, status: number): readonly VendorError[] {
  const parsed = parseJson(body);
  const all = records(Array.isArray(parsed) ? parsed : [parsed]).map(readError);
  return all.length > 0 ? all : [{ code: `HTTP_${status}`, message: `HTTP ${status}`, fields: [], duplicateIds: [] }];
}

/** The errors of one row of a collection. */
export function readRowErrors(result: Json): readonly VendorError[] {
  const shared = duplicatesIn(result);
  return records(result.errors).map((error) => {
    const own = readError(error);
    return own.duplicateIds.length > 0 ? own : { ...own, duplicateIds: shared };
  });
}

function readError(error: Json): VendorError {
  // OAuth-protected resources answer some refusals as {error, error_description}.
  const code = text(error.statusCode) ?? text(error.errorCode) ?? text(error.error) ?? "UNKNOWN";
  const message = text(error.message) ?? text(error.error_description) ?? code;
  return { code, message, fields: texts(error.fields), duplicateIds: duplicatesIn(error) };
}

/** `duplicateResut` is how live replies spell it. */
function duplicatesIn(holder: Json): readonly string[] {
  const result = record(holder.duplicateResut) ?? record(holder.duplicateResult);
  const found = records(result?.matchResults).flatMap((match) =>
    records(match.matchRecords).map((one) => text(record(one.record)?.Id)),
  );
  return [...new Set(found.filter((id) => id !== null).map(fullId))];
}

/** "duplicate value found: Key__c duplicates value on record with id: 0035g00000abcde" */
export function idInMessage(message: string): string | null {
  const id = /\brecord with id:? ?([a-zA-Z0-9]{18}|[a-zA-Z0-9]{15})\b/i.exec(message)?.[1];
  return id === undefined ? null : fullId(id);
}

/** The column that a message names where `fields` does not. */
export function fieldInMessage(message: string): string | null {
  return (
    /No such column '([^']+)'/i.exec(message)?.[1] ??
    /duplicate value found: (\w+) duplicates/i.exec(message)?.[1] ??
    null
  );
}
