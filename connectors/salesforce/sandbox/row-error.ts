import type { Answer } from "../../../src/kit/sandbox/call.ts";

/** Why one record is refused. Collections say `statusCode`, calls for one record `errorCode`. */
export type RowError = {
  readonly statusCode: string;
  readonly message: string;
  readonly fields: readonly string[];
  readonly duplicateResult?: unknown;
};

export function rowError(statusCode: string, message: string, ...fields: string[]): RowError {
  return { statusCode, message, fields };
}

/** One item of `errors` in a collection's result. The vendor's own spelling: duplicateResut. */
export function inCollection(error: RowError): unknown {
  const { statusCode, message, fields, duplicateResult } = error;
  return duplicateResult === undefined
    ? { statusCode, message, fields }
    : { statusCode, message, fields, duplicateResut: duplicateResult };
}

/** The answer to a call for one record. */
export function rowErrorAnswer(errors: readonly RowError[]): Answer {
  const status = errors.some((error) => error.statusCode === "ENTITY_IS_DELETED") ? 404 : 400;
  const body = errors.map(({ statusCode, message, fields, duplicateResult }) =>
    duplicateResult === undefined
      ? { message, errorCode: statusCode, fields }
      : { duplicateResut: duplicateResult, errorCode: statusCode, message },
  );
  return { status, body, rows: 1 };
}

/** The answer that refuses a whole call. */
export function callError(status: number, errorCode: string, message: string): Answer {
  return { status, body: [{ message, errorCode }] };
}

export function notFound(message = "The requested resource does not exist"): Answer {
  return callError(404, "NOT_FOUND", message);
}
