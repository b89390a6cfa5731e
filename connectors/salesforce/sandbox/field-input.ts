import {
  asCount,
  asFlag,
  asList,
  asObject,
  asText,
  refusedInput,
  refuseUnknownKeys,
} from "../../../src/kit/sandbox/control-input.ts";
import { FIELD_TYPES, type Field, type FieldInput, type FieldType, type Value } from "./field.ts";

const KEYS = [
  ...["name", "label", "type", "length", "precision", "scale", "unique", "case_sensitive", "external_id", "id_lookup"],
  ...["required", "options", "restricted", "default", "reference_to", "relationship", "child_relationship"],
  ...[
    "cascade_delete",
    "restrict_delete",
    "visible",
    "readonly",
    "createable",
    "updateable",
    "calculated",
    "auto_number",
  ],
];
const NAME = /^[A-Za-z][A-Za-z0-9_]*$/;

/** A field of a control call. `present` is the field of that name that is there already: what is not given stays. */
export function fieldInput(value: unknown, at: string, present: (name: string) => Field | null): FieldInput {
  const sent = asObject(value, at);
  refuseUnknownKeys(sent, KEYS, at);
  const name = asText(sent.name, `${at}.name`);
  const there = present(name);
  if (!NAME.test(name) || (there === null && !name.endsWith("__c"))) {
    throw refusedInput(`${at}.name: "${name}" is no field; a new one ends in __c`);
  }
  const type = typeOf(sent.type, there, at);
  const text = (key: string) => asText(sent[key], `${at}.${key}`);
  const count = (key: string) => asCount(sent[key], 0, `${at}.${key}`);
  const flag = (key: string) => asFlag(sent[key], `${at}.${key}`);
  const has = (key: string) => sent[key] !== undefined;
  if (type === "reference" && there === null && !has("reference_to")) {
    throw refusedInput(`${at}.reference_to: a reference must say to which object`);
  }
  return {
    ...there,
    name,
    type,
    ...(has("label") ? { label: text("label") } : {}),
    ...(has("length") ? { length: count("length") } : {}),
    ...(has("precision") ? { precision: count("precision") } : {}),
    ...(has("scale") ? { scale: count("scale") } : {}),
    ...(has("unique") ? { isUnique: flag("unique") } : {}),
    ...(has("case_sensitive") ? { isCaseSensitive: flag("case_sensitive") } : {}),
    ...(has("external_id") ? { isExternalId: flag("external_id") } : {}),
    ...(flag("unique") || flag("external_id") ? { isIdLookup: true } : {}),
    ...(has("id_lookup") ? { isIdLookup: flag("id_lookup") } : {}),
    ...(has("required") ? { isNillable: !flag("required") } : {}),
    ...(has("options") ? { options: optionsOf(sent.options, `${at}.options`) } : {}),
    ...(has("restricted") ? { isRestricted: flag("restricted") } : {}),
    ...(has("default") ? { defaultValue: scalar(sent.default, `${at}.default`), isDefaulted: true } : {}),
    ...(has("reference_to") ? referenceTo(sent.reference_to, `${at}.reference_to`) : {}),
    ...relationshipOf(name, type, there, has("relationship") ? text("relationship") : null),
    ...(has("child_relationship") ? { childRelationship: text("child_relationship") } : {}),
    ...(has("cascade_delete") ? { onParentDeleted: flag("cascade_delete") ? "cascade" : "clear" } : {}),
    ...(flag("restrict_delete") ? { onParentDeleted: "restrict" } : {}),
    ...(has("visible") ? { isVisible: flag("visible") } : {}),
    ...(has("readonly") ? { isCreateable: !flag("readonly"), isUpdateable: !flag("readonly") } : {}),
    ...(has("createable") ? { isCreateable: flag("createable") } : {}),
    ...(has("updateable") ? { isUpdateable: flag("updateable") } : {}),
    ...(has("calculated") ? { isCalculated: flag("calculated") } : {}),
    ...(has("auto_number") ? { isAutoNumber: flag("auto_number") } : {}),
  };
}

function typeOf(value: unknown, there: Field | null, at: string): FieldType {
  if (value === undefined) return there?.type ?? "string";
  const type = FIELD_TYPES.find((one) => one === value);
  if (type === undefined) throw refusedInput(`${at}.type: expected one of ${FIELD_TYPES.join(", ")}`);
  return type;
}

function relationshipOf(
  name: string,
  type: FieldType,
  there: Field | null,
  given: string | null,
): { relationship?: string } {
  if (type !== "reference" || (given === null && there !== null)) return {};
  return { relationship: given ?? name.replace(/__c$/, "__r") };
}

function referenceTo(value: unknown, at: string): { referenceTo: string[] } {
  const names =
    typeof value === "string" ? [value] : asList(value, at).map((one, index) => asText(one, `${at}[${index}]`));
  return { referenceTo: names };
}

export function optionsOf(value: unknown, at: string): string[] {
  return asList(value, at).map((one, index) =>
    typeof one === "string" ? one : asText(asObject(one, `${at}[${index}]`).value, `${at}[${index}].value`),
  );
}

export function scalar(value: unknown, at: string): Value {
  if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean")
    return value;
  throw refusedInput(`${at}: expected a text, a number, true, false or null`);
}
