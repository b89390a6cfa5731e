import type { Answer } from "../../../src/kit/sandbox/call.ts";

/** One item of an error body's `errors`. */
export type RefusalDetail = {
  readonly message: string;
  readonly code: string;
  readonly context: Readonly<Record<string, readonly string[]>>;
};

/** Why HubSpot refuses a call or a row of it. */
export type Refusal = {
  readonly status: number;
  readonly category: string;
  readonly subCategory?: string;
  readonly message: string;
  readonly context?: Readonly<Record<string, readonly string[]>>;
  readonly errors?: readonly RefusalDetail[];
};

export function isRefusal(value: object): value is Refusal {
  return "category" in value && "message" in value;
}

/** The body as a call of its own gets it. Every member but `message` is optional by the documentation (error-handling). */
export function refusalAnswer(refusal: Refusal, correlationId: string): Answer {
  const { status, message, category, subCategory, context, errors } = refusal;
  return {
    status,
    body: {
      status: "error",
      message,
      correlationId,
      ...(context === undefined ? {} : { context }),
      category,
      ...(subCategory === undefined ? {} : { subCategory }),
      ...(errors === undefined ? {} : { errors }),
    },
  };
}

export function invalid(message: string, context?: Refusal["context"]): Refusal {
  return { status: 400, category: "VALIDATION_ERROR", message, ...(context === undefined ? {} : { context }) };
}

/** HubSpot puts the checks of single values as JSON into the message and, in v3, once more into `errors`. */
export function invalidValues(problems: readonly { name: string; code: string; message: string }[]): Refusal {
  const results = problems.map(({ name, code, message }) => ({ isValid: false, message, error: code, name }));
  return {
    status: 400,
    category: "VALIDATION_ERROR",
    message: `Property values were not valid: ${JSON.stringify(results)}`,
    errors: problems.map(({ name, code, message }) => ({ message, code, context: { propertyName: [name] } })),
  };
}

/** For batch/read and batch/update: one error for all ids that are not there. */
export function idsNotFound(singular: string, ids: readonly string[]): Refusal {
  return {
    status: 404,
    category: "OBJECT_NOT_FOUND",
    message: `Could not get some ${singular.toUpperCase()} objects, they may be deleted or not exist. Check that ids are valid.`,
    context: { ids },
  };
}

/** For calls that name one record in the path. */
export function notFound(message = "resource not found"): Refusal {
  return { status: 404, category: "OBJECT_NOT_FOUND", message };
}
