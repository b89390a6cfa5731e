import type { RemoteField } from "../../src/contract/destination.ts";
import {
  canonicalBoolean,
  canonicalDate,
  canonicalText,
  canonicalTimestamp,
  setMembers,
} from "../../src/kit/canonical.ts";
import { plainDecimal } from "../../src/kit/decimal.ts";
import { record } from "../../src/kit/json.ts";
import { matchForm } from "../../src/kit/match-form.ts";
import { RECORD_TYPE_ID, RECORD_TYPE_NAME, type SalesforceObject } from "./describe.ts";
import { fullId, isRecordId } from "./record-id.ts";

const JSON_NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?$/;
const PLAIN_NUMBER = /^([+-]?)0*(\d*)(?:\.(\d*))?$/;

/**
 * Canonical text → a piece of JSON text, so that a number keeps all its digits. A field that is not described goes as text:
 * Salesforce will name it. A checkbox has no empty state: null unticks it.
 */
export function encodeJson(field: RemoteField | undefined, value: string | null): string {
  if (value === null) return field?.type === "boolean" ? "false" : "null";
  switch (field?.type) {
    case "number":
      return jsonNumber(value) ?? JSON.stringify(value);
    case "boolean":
      return canonicalBoolean(value) ?? JSON.stringify(value);
    default:
      return JSON.stringify(encodeText(field, value));
  }
}

function encodeText(field: RemoteField | undefined, value: string): string {
  if (field?.type === "set") return setMembers(value).join(";");
  // Salesforce keeps milliseconds at most.
  if (field?.type === "timestamp") return value.length > 24 ? `${value.slice(0, 23)}Z` : value;
  return value;
}

/** A number as JSON writes it: 007 → 7, .5 → 0.5, 1.5e3 → 1500; null for what is no number. */
function jsonNumber(text: string): string | null {
  const plain = plainDecimal(text.trim());
  if (JSON_NUMBER.test(plain)) return plain;
  const parts = PLAIN_NUMBER.exec(plain);
  const [, sign = "", whole = "", fraction = ""] = parts ?? [];
  if (parts === null || !/\d/.test(plain)) return null;
  return `${sign === "-" ? "-" : ""}${whole === "" ? "0" : whole}${fraction === "" ? "" : `.${fraction}`}`;
}

const BACKSLASHED: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "'": "\\'",
  '"': '\\"',
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\b": "\\b",
  "\f": "\\f",
};

/** A text as SOQL quotes it (SOQL and SOSL reference, Quoted String Escape Sequences). */
export function quoteSoql(text: string): string {
  return `'${text.replace(/[\\'"\n\r\t\b\f]/g, (character) => BACKSLASHED[character] ?? character)}'`;
}

/** Canonical text → a SOQL literal; null for a value that no record can have, and that would be refused with all others. */
export function soqlLiteral(field: RemoteField, value: string): string | null {
  switch (field.type) {
    case "number":
      return jsonNumber(value);
    case "boolean":
      return canonicalBoolean(value);
    case "date":
      return canonicalDate(value);
    case "timestamp": {
      const instant = canonicalTimestamp(value);
      return instant === null ? null : encodeText(field, instant);
    }
    default:
      if (isIdField(field) && !isRecordId(value)) return null;
      return quoteSoql(encodeText(field, value));
  }
}

function isIdField(field: RemoteField): boolean {
  return field.vendorType === "id" || field.vendorType === "reference";
}

/** JSON of an answer → canonical text; what is not understood stays as it is. */
export function decode(field: RemoteField | undefined, value: unknown): string | null {
  if (value === null || value === undefined || value === "") return null;
  if (typeof value === "object") return JSON.stringify(value);
  return canonicalText(field?.type, String(value));
}

/** The column of a query that holds a field; null where no query reaches it. */
export function columnOf(object: SalesforceObject, name: string): string | null {
  if (name === RECORD_TYPE_NAME) return RECORD_TYPE_ID;
  const parent = object.parents.get(name);
  if (parent === undefined) return name;
  return parent.isPolymorphic ? null : `${parent.relationship}.${parent.field.name}`;
}

/** The canonical value of a field in one record of a query's answer. */
export function valueIn(object: SalesforceObject, name: string, row: Readonly<Record<string, unknown>>): string | null {
  const field = object.fields.get(name);
  if (name === RECORD_TYPE_NAME) {
    const id = decode(undefined, row[RECORD_TYPE_ID]);
    return [...object.recordTypes].find(([, typeId]) => typeId === id)?.[0] ?? null;
  }
  const parent = object.parents.get(name);
  if (parent === undefined) return decode(field, row[name]);
  return decode(field, record(row[parent.relationship])?.[parent.field.name]);
}

/** The form in which two values of a field are equal exactly when Salesforce takes them for one. */
export function lookupForm(field: RemoteField, value: string): string {
  switch (field.type) {
    case "number":
      return (
        jsonNumber(value)
          ?.replace(/(\.\d*?)0+$/, "$1")
          .replace(/\.$/, "") ?? value
      );
    case "timestamp":
      return encodeText(field, canonicalTimestamp(value) ?? value);
    case "boolean":
    case "date":
      return decode(field, value) ?? value;
    default:
      return isIdField(field) ? fullId(value) : matchForm(field.matchForm, value);
  }
}
