import type { Field, Value } from "./field.ts";
import { isoTime } from "./iso-time.ts";
import { fullId } from "./record-id.ts";
import { type RowError, rowError } from "./row-error.ts";

const EMAIL =
  /^[^\s@<>()[\]\\,;:"]+@[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?(?:\.[\p{L}\p{N}-]+)*\.[\p{L}\p{N}-]{2,}$/u;
const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const DATETIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})$/;

/** What Salesforce keeps of a value that was sent for a field, or why it refuses it. Picklists: see check-picklist.ts. */
export function checkValue(it: Field, sent: unknown): Value | RowError {
  if (sent === null) {
    if (it.type !== "boolean") return null;
    return rowError("INVALID_TYPE_ON_FIELD_IN_RECORD", `${it.label}: value not of required type: null`, it.name);
  }
  switch (it.type) {
    case "boolean":
      return checkBoolean(it, sent);
    case "int":
    case "double":
    case "currency":
    case "percent":
      return checkNumber(it, sent);
    case "date":
      return checkDate(it, sent);
    case "datetime":
      return checkDatetime(it, sent);
    case "id":
    case "reference":
      return checkId(it, sent);
    default:
      return checkText(it, sent);
  }
}

export function isRowError(value: unknown): value is RowError {
  return typeof value === "object" && value !== null && "statusCode" in value;
}

function checkText(it: Field, sent: unknown): Value | RowError {
  if (typeof sent !== "string") return notReadable("string", sent);
  // Salesforce stores no outer blanks, and no empty text.
  const text = sent.trim();
  if (text === "") return null;
  if (text.length > it.length) {
    const shown = text.length > 255 ? `${text.slice(0, 255)}...` : text;
    const message = `${it.label}: data value too large: ${shown} (max length=${it.length})`;
    return rowError("STRING_TOO_LONG", message, it.name);
  }
  if (it.type === "email" && !EMAIL.test(text)) {
    return rowError("INVALID_EMAIL_ADDRESS", `${it.label}: invalid email address: ${text}`, it.name);
  }
  return text;
}

function checkBoolean(_it: Field, sent: unknown): Value | RowError {
  if (typeof sent === "boolean") return sent;
  if (sent === "true" || sent === "false") return sent === "true";
  return notReadable("boolean", sent);
}

function checkNumber(it: Field, sent: unknown): Value | RowError {
  const number = typeof sent === "string" && NUMBER.test(sent.trim()) ? Number(sent) : sent;
  if (sent === "") return null;
  if (typeof number !== "number") return notReadable(it.type === "int" ? "int" : "double", sent);
  if (it.type === "int" && !Number.isInteger(number)) return notReadable("int", sent);
  if (Math.abs(number) >= 10 ** (it.precision - it.scale)) {
    const message = `${it.label}: value outside of valid range on numeric field: ${number}`;
    return rowError("NUMBER_OUTSIDE_VALID_RANGE", message, it.name);
  }
  return number;
}

function checkDate(it: Field, sent: unknown): Value | RowError {
  if (sent === "") return null;
  if (typeof sent !== "string" || !DATE.test(sent)) return notReadable("date", sent);
  const ms = Date.parse(`${sent}T00:00:00.000Z`);
  // Date.parse turns 2021-02-30 into March; Salesforce does not.
  if (Number.isNaN(ms) || !new Date(ms).toISOString().startsWith(sent)) return notReadable("date", sent);
  return checkYear(it, sent, sent);
}

function checkDatetime(it: Field, sent: unknown): Value | RowError {
  if (sent === "") return null;
  if (typeof sent !== "string" || !DATETIME.test(sent)) return notReadable("datetime", sent);
  const ms = Date.parse(sent);
  return Number.isNaN(ms) ? notReadable("datetime", sent) : checkYear(it, sent, isoTime(ms));
}

/** The years that Salesforce's date fields hold. */
function checkYear(it: Field, sent: string, kept: string): Value | RowError {
  const year = Number(kept.slice(0, 4));
  if (year >= 1700 && year <= 4000) return kept;
  return rowError("NUMBER_OUTSIDE_VALID_RANGE", `${it.label}: invalid date: ${sent}`, it.name);
}

function checkId(it: Field, sent: unknown): Value | RowError {
  if (typeof sent !== "string") return notReadable("string", sent);
  if (sent === "") return null;
  return fullId(sent) ?? rowError("MALFORMED_ID", `${it.label}: id value of incorrect type: ${sent}`, it.name);
}

/** The parser's own words; where it stands in the text is not known here. */
function notReadable(type: string, sent: unknown): RowError {
  const token = tokenOf(sent);
  const shown = typeof sent === "object" ? "" : ` value ${String(sent)}`;
  return rowError(
    "JSON_PARSER_ERROR",
    `Cannot deserialize instance of ${type} from ${token}${shown} or request may be missing a required field at [line:1, column:1]`,
  );
}

function tokenOf(sent: unknown): string {
  if (typeof sent === "string") return "VALUE_STRING";
  if (typeof sent === "boolean") return sent ? "VALUE_TRUE" : "VALUE_FALSE";
  if (typeof sent === "number") return Number.isInteger(sent) ? "VALUE_NUMBER_INT" : "VALUE_NUMBER_FLOAT";
  return Array.isArray(sent) ? "START_ARRAY" : "START_OBJECT";
}
