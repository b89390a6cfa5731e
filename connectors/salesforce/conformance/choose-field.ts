import { type Json, text } from "../../../src/kit/json.ts";
import type { Subject } from "./subject.ts";

/** `Org.unique()` gives texts of at most 20 characters. */
const UNIQUE_LENGTH = 20;

export const NO_KEY = "the object has no unique external id that holds text";

/** A unique external id of text that may be written, by name. */
export function externalId({ fields }: Pick<Subject, "fields">): string | null {
  return fieldLike(fields, (field) => field.unique === true && field.externalId === true && isUniqueText(field));
}

/** Any unique text, an external id or not. */
export function uniqueField({ fields }: Subject): string | null {
  return fieldLike(fields, (field) => field.unique === true && isUniqueText(field));
}

/** A text that may be empty and can be filtered by, and that nobody else's rules are likely to be about. */
export function emptyableText({ fields, mark }: Subject): string | null {
  return fieldLike(
    fields,
    (field) =>
      (field.type === "string" || field.type === "textarea") &&
      field.name !== mark &&
      field.nillable === true &&
      field.unique !== true &&
      field.externalId !== true &&
      isWritable(field) &&
      Number(field.length) >= UNIQUE_LENGTH,
  );
}

export function checkbox({ fields }: Subject): string | null {
  return fieldLike(fields, (field) => field.type === "boolean" && isWritable(field));
}

function isUniqueText(field: Json): boolean {
  return field.type === "string" && isWritable(field) && Number(field.length) >= UNIQUE_LENGTH;
}

function isWritable(field: Json): boolean {
  return field.createable === true && field.updateable === true;
}

function fieldLike(fields: Subject["fields"], isFit: (field: Json) => boolean): string | null {
  return text([...fields.values()].find(isFit)?.name);
}
