import { type Json, parseJson, record, records, text } from "../../src/kit/json.ts";

/** What HubSpot says is wrong, unwrapped. Every part of its error bodies is optional (developers.hubspot.com, error handling). */
export type VendorError = {
  /** INVALID_EMAIL, PROPERTY_DOESNT_EXIST, CONFLICT …, or the HTTP status where nothing is said. */
  readonly code: string;
  readonly field: string | null;
  readonly message: string;
  /** The writes it is about: by our trace ids, and by record ids or match values. */
  readonly traceIds: readonly string[];
  readonly ids: readonly string[];
  /** The record that has this unique value already. */
  readonly existingId: string | null;
  /** The record is not there (any more). */
  readonly isMissing: boolean;
  /** The address is erased and block-listed: HubSpot will never take it. */
  readonly isSuppressed: boolean;
  readonly missingScopes: readonly string[];
};

function texts(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.map(String);
  return value === undefined || value === null ? [] : [String(value)];
}

/** An error body, or one entry of a 207's `errors`. */
export function readVendorError(body: unknown, fallback: string): VendorError {
  const error = record(body) ?? {};
  const context = record(error.context) ?? {};
  const details = records(error.errors);
  const message = text(error.message) ?? fallback;
  const cause = embedded(message) ?? details.map(detail).find((item) => item !== null) ?? null;
  const words = cause?.message ?? message;
  const code =
    cause?.code ?? specific(error) ?? text(error.category) ?? text(error.errorType) ?? text(error.status) ?? fallback;
  const all = `${code} ${message} ${words}`;
  return {
    code,
    field: cause?.field ?? texts(context.propertyName)[0] ?? texts(context.properties)[0] ?? null,
    message: words,
    traceIds: texts(context.objectWriteTraceId),
    ids: [...texts(context.ids), ...texts(context.id)],
    existingId: existingId(all),
    isMissing: /OBJECT_NOT_FOUND/.test(`${code} ${text(error.category) ?? ""}`),
    // "email has been GDPR blacklisted" (HubSpot's own validation constants)
    // Not the message as a whole: it quotes the row's own values.
    isSuppressed: /GDPR|BLACKLIST|BLOCKLIST/.test(code) || /\bhas been GDPR black ?listed\b/i.test(words),
    missingScopes: scopes([context, ...details.map((item) => record(item.context) ?? {})]),
  };
}

/** Of the sub-categories only those in capitals are codes; others are dotted paths of HubSpot's own. */
function specific(error: Json): string | null {
  const sub = text(error.subCategory);
  return sub !== null && /^[A-Z_]+$/.test(sub) ? sub : null;
}

type Cause = { readonly code: string | null; readonly field: string | null; readonly message: string | null };

/** `Property values were not valid: [{"isValid":false,"message":"…","error":"INVALID_EMAIL","name":"email"}]` */
function embedded(message: string): Cause | null {
  const start = message.indexOf("[{");
  if (start < 0) return null;
  const first = records(parseJson(message.slice(start, message.lastIndexOf("]") + 1)))[0];
  if (first === undefined) return null;
  return { code: text(first.error), field: text(first.name), message: text(first.message) };
}

function detail(item: Json): Cause | null {
  const message = text(item.message);
  const inner = message === null ? null : embedded(message);
  if (inner !== null) return inner;
  const field = texts(record(item.context)?.propertyName)[0] ?? null;
  return { code: text(item.code), field, message };
}

/** "Contact already exists. Existing ID: 37765128953", "… 456 already has that value." */
function existingId(message: string): string | null {
  return /Existing ID:\s*(\d+)/i.exec(message)?.[1] ?? /(\d+) already has that value/i.exec(message)?.[1] ?? null;
}

function scopes(contexts: readonly Json[]): readonly string[] {
  return contexts.flatMap((context) =>
    ["requiredGranularScopes", "missingScopes", "requiredScopes"].flatMap((name) => texts(context[name])),
  );
}
