import type { Property } from "./property.ts";

/** Why HubSpot refuses a value: an item of its `validationResults`. */
export type ValueProblem = { readonly code: string; readonly message: string };

/** `value` null clears. */
export type CheckedValue = { readonly value: string | null } | ValueProblem;

const EMAIL = /^[^\s@<>()[\]\\,;:"]+@[\p{L}\p{N}-]+(\.[\p{L}\p{N}-]+)*\.[\p{L}]{2,}$/u;
const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;
const MS = /^-?\d{1,16}$/;
const ISO_DATE = /^\d{4}-\d{2}-\d{2}$/;
const ISO_DATETIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/;

const allowedValues = new WeakMap<Property, ReadonlySet<string>>();

/** What HubSpot keeps of a value that was sent for a property, or why it refuses it. `present` is the value so far. */
export function checkValue(it: Property, text: string, present: string | null): CheckedValue {
  if (text === "") return { value: null };
  if (text.length > it.maxLength) {
    // The code is a guess: HubSpot documents the cap (65,536 characters), not the answer.
    return {
      code: "VALUE_TOO_LONG",
      message: `Property values must be ${it.maxLength} characters or less; this value has ${text.length}`,
    };
  }
  switch (it.type) {
    case "string":
    case "phone_number":
      return it.isEmail ? checkEmail(text) : { value: text };
    case "number":
      return NUMBER.test(text) ? { value: text } : refused("INVALID_NUMBER", `${text} was not a valid number.`);
    case "bool":
      return checkOption(it, text);
    case "date":
      return checkDate(text);
    case "datetime":
      return checkDatetime(text);
    case "enumeration":
      return it.fieldType === "checkbox" ? checkOptions(it, text, present) : checkOption(it, text);
  }
}

function refused(code: string, message: string): ValueProblem {
  return { code, message };
}

function checkEmail(text: string): CheckedValue {
  const email = text.trim().toLowerCase();
  return EMAIL.test(email) && !email.includes("..")
    ? { value: email }
    : refused("INVALID_EMAIL", `Email address ${text} is invalid`);
}

function allowed(it: Property): ReadonlySet<string> {
  let values = allowedValues.get(it);
  if (values === undefined) {
    values = new Set(it.options.map((option) => option.value));
    allowedValues.set(it, values);
  }
  return values;
}

function checkOption(it: Property, text: string): CheckedValue {
  const values = allowed(it);
  if (values.has(text)) return { value: text };
  return refused("INVALID_OPTION", `${text} was not one of the allowed options: [${[...values].join(", ")}]`);
}

/** A leading semicolon adds to the present values: developers.hubspot.com/docs/api/crm/properties. */
function checkOptions(it: Property, text: string, present: string | null): CheckedValue {
  const sent = text.split(";").filter((part) => part !== "");
  for (const part of sent) {
    const checked = checkOption(it, part);
    if (!("value" in checked)) return checked;
  }
  const kept = text.startsWith(";") && present !== null ? present.split(";") : [];
  return { value: [...new Set([...kept, ...sent])].join(";") || null };
}

function checkDate(text: string): CheckedValue {
  if (ISO_DATE.test(text)) {
    const ms = Date.parse(`${text}T00:00:00.000Z`);
    // Date.parse turns 2021-02-30 into March; HubSpot does not.
    if (!Number.isNaN(ms) && isoOf(ms).startsWith(text)) return { value: text };
    return refused("INVALID_DATE", `${text} was not a valid date.`);
  }
  const ms = MS.test(text) ? Number(text) : ISO_DATETIME.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(new Date(ms).getTime())) return refused("INVALID_DATE", `${text} was not a valid long.`);
  if (ms % 86_400_000 !== 0) {
    return refused("INVALID_DATE", `${text} is at ${isoOf(ms).slice(11, 23)} UTC, not midnight!`);
  }
  return { value: isoOf(ms).slice(0, 10) };
}

function checkDatetime(text: string): CheckedValue {
  const ms = MS.test(text) ? Number(text) : parseDatetime(text);
  if (Number.isNaN(new Date(ms).getTime())) return refused("INVALID_LONG", `${text} was not a valid long.`);
  return { value: isoOf(ms) };
}

function parseDatetime(text: string): number {
  if (ISO_DATE.test(text)) return Date.parse(`${text}T00:00:00.000Z`);
  return ISO_DATETIME.test(text) ? Date.parse(text) : Number.NaN;
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}
