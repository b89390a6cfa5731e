import type { CallOperation, Outcome, Write } from "../../src/contract/destination.ts";
import { type Json, text } from "../../src/kit/json.ts";
import { applied, deferred, exists, missing, rejected, unknown } from "../../src/kit/outcome.ts";
import type { SalesforceObject } from "./describe.ts";
import { fullId, isRecordId, sameId } from "./record-id.ts";
import { fieldInMessage, idInMessage, readRowErrors, type VendorError } from "./vendor-error.ts";

/** One row of a call, as far as its verdict needs it. */
export type Row = { readonly operation: CallOperation; readonly write: Write; readonly object: SalesforceObject };

/** An outcome, or an update whose record or parent is gone, and the answer does not say which of them. */
export type Verdict = Outcome | { readonly kind: "gone_or_parent"; readonly error: VendorError };

/** Salesforce says of them that they pass; nothing of the row was applied. */
const PASSING =
  /^(UNABLE_TO_LOCK_ROW|ALL_OR_NONE_OPERATION_ROLLED_BACK|PROCESSING_HALTED|REQUEST_LIMIT_EXCEEDED|SERVER_UNAVAILABLE)$/;
/** The record is not there; of a delete and of most updates this says the row's own id. */
const GONE = /^(ENTITY_IS_DELETED|INVALID_CROSS_REFERENCE_KEY|NOT_FOUND)$/;

/**
 * "Too many batch retries in the presence of Apex triggers and partial failures.": some rows fail again and again while
 * triggers run for the others, and Salesforce gives all of them up. The status code varies.
 */
export function isTriggerRetries(error: VendorError): boolean {
  return /too many batch retries/i.test(error.message);
}

/** One entry of a collection's answer. */
export function readResult(result: Json, row: Row): Verdict {
  const id = text(result.id);
  if (result.success === true) return id === null ? NO_ID : readSuccess(fullId(id), result, row);
  const [error, ...more] = readRowErrors(result);
  if (result.success !== false || error === undefined) return unknown("Salesforce's answer for this row says nothing");
  return readFailure(error, more, row);
}

const NO_ID = unknown("Salesforce's answer for this row names no record");

function readSuccess(id: string, result: Json, { operation, write }: Row): Outcome {
  const own = "id" in write.by ? write.by.id : null;
  if (!isRecordId(id)) return NO_ID;
  if (own !== null && !sameId(own, id)) return unknown(`Salesforce's answer for this row names another record, ${id}`);
  if (operation !== "upsert") return applied(own ?? id, operation === "create");
  return applied(id, typeof result.created === "boolean" ? result.created : null);
}

export function readFailure(error: VendorError, more: readonly VendorError[], row: Row): Verdict {
  const { operation, write } = row;
  const { code, message } = error;
  const field = error.fields[0] ?? fieldInMessage(message);
  const makes = operation === "create" || operation === "upsert";
  if (PASSING.test(code) || /\bUNABLE_TO_LOCK_ROW\b/.test(message)) return deferred(code, message);
  if (isTriggerRetries(error)) return rejected(code, null, message);
  if (code === "UNKNOWN_EXCEPTION") return unknown(message);
  if (GONE.test(code) && field === null && "id" in write.by) {
    if (operation === "delete") return applied(write.by.id, false);
    return namesParent(row) ? { kind: "gone_or_parent", error } : missing(message);
  }
  if (code === "DUPLICATE_VALUE") {
    const there = idInMessage(message);
    if (makes && there !== null) return exists(there, message);
    if (operation === "update") return rejected("CONFLICT", field, message);
  }
  return rejected(code, field, explained(error, more));
}

/** Whether a record that the row points at may be the one that is gone. */
export function namesParent({ write, object }: Row): boolean {
  return Object.entries(write.fields).some(([name, value]) => {
    const type = object.fields.get(name)?.vendorType;
    return value !== null && (object.parents.has(name) || type === "reference" || type === "record type");
  });
}

const EXPLAINED: Readonly<Record<string, string>> = {
  CANNOT_UPDATE_CONVERTED_LEAD:
    "this lead was converted, and Salesforce takes no more changes to it; write to its contact or account instead",
  INACTIVE_OWNER_OR_USER: "the owner of the record is an inactive user",
  DUPLICATE_EXTERNAL_ID: "several records have this match value",
};

/** In the vendor's words, with what they leave out. */
function explained(error: VendorError, more: readonly VendorError[]): string {
  const before = EXPLAINED[error.code];
  const words = before === undefined ? error.message : `${before}: ${error.message}`;
  const like = error.duplicateIds.length === 0 ? "" : ` (like ${error.duplicateIds.join(", ")})`;
  const rest = more.map(({ code, message }) => `; ${code}: ${message}`).join("");
  return words + like + rest;
}
