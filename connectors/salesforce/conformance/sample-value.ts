import { type Json, records, text } from "../../../src/kit/json.ts";

export const MARK = "Sluice conformance";

/** Fields without which no record can be made; `describe` knows nothing of validation rules and page layouts. */
export function isRequired(field: Json): boolean {
  return field.createable === true && field.nillable === false && field.defaultedOnCreate !== true;
}

/** A value that the field takes; undefined where none can be made up: parents, unique numbers, empty lists. */
export function sampleValue(field: Json, unique: () => string, nowMs: number): unknown {
  const now = new Date(nowMs).toISOString();
  switch (field.type) {
    case "string":
    case "textarea":
    case "encryptedstring":
      return sampleText(field, unique);
    case "email":
      return `${unique()}@example.com`;
    case "phone":
      return field.unique === true ? undefined : "+1 555 0100";
    case "url":
      return `https://example.com/${unique()}`;
    case "picklist":
    case "multipicklist":
    case "combobox":
      return firstOption(field);
    case "boolean":
      return false;
    case "int":
    case "long":
    case "double":
    case "currency":
    case "percent":
      return field.unique === true ? undefined : 1;
    case "date":
      return now.slice(0, 10);
    case "datetime":
      return now;
    case "time":
      return "12:00:00.000Z";
    default:
      return undefined;
  }
}

function sampleText(field: Json, unique: () => string): string | undefined {
  const length = Number(field.length);
  if (field.unique !== true) return MARK.slice(0, length);
  const value = unique();
  return value.length > length ? undefined : value;
}

function firstOption(field: Json): string | undefined {
  const options = records(field.picklistValues).filter((option) => option.active !== false);
  const chosen = options.find((option) => option.defaultValue === true) ?? options[0];
  return text(chosen?.value) ?? undefined;
}
