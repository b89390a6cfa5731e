import type { RemoteField, RemoteObject } from "../../src/contract/destination.ts";
import type { FieldType } from "../../src/contract/value.ts";
import { record, records, text } from "../../src/kit/json.ts";

/** knowledge.hubspot.com, property field types: single- and multi-line text. */
const LONGEST_TEXT = 65_536;

/** Other names by which HubSpot takes a standard object (developers.hubspot.com, object type ids). */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  "0-1": "contacts",
  contact: "contacts",
  "0-2": "companies",
  company: "companies",
  "0-3": "deals",
  deal: "deals",
  "0-5": "tickets",
  ticket: "tickets",
};

/** What hangs on a record: its associations go with it. */
const CHILDREN: Readonly<Record<string, readonly string[]>> = { companies: ["contacts", "deals", "tickets"] };

/** One name an object, whatever else HubSpot takes: two syncs on one record must be seen to be on one object. */
export function usualName(object: string): string {
  return OTHER_NAMES[object.toLowerCase()] ?? object;
}

/** `GET /crm/v3/properties/{object}` → fields; null where the answer is no list of properties. */
export function readProperties(object: string, body: unknown): RemoteObject | null {
  const results = record(body)?.results;
  if (!Array.isArray(results)) return null;
  const fields = new Map<string, RemoteField>();
  for (const property of records(results)) {
    const name = text(property.name);
    if (name !== null) fields.set(name, readField(object, name, property));
  }
  return { object, children: CHILDREN[object] ?? [], fields };
}

function readField(object: string, name: string, property: Readonly<Record<string, unknown>>): RemoteField {
  const vendorType = text(property.type) ?? "string";
  const fieldType = text(property.fieldType) ?? "";
  const type = fieldTypeOf(vendorType, fieldType, property);
  const isEmail = name === "email" && isContacts(object);
  const isReadOnly = record(property.modificationMetadata)?.readOnlyValue === true || property.calculated === true;
  const isWritable = !isReadOnly && name !== "hs_object_id";
  const isUnique = property.hasUniqueValue === true || isEmail || name === "hs_object_id";
  return {
    name,
    type,
    vendorType: fieldType === "" ? vendorType : `${vendorType} (${fieldType})`,
    creatable: isWritable,
    updatable: isWritable,
    required: false, // HubSpot's properties do not say
    unique: isUnique,
    upsertKey: isUnique && name !== "hs_object_id",
    findable: true,
    options: type === "option" || type === "set" ? optionsOf(property) : null,
    maxLength: type === "text" ? LONGEST_TEXT : null,
    // E-mails are kept in lower case. Whether HubSpot tells other unique texts apart by case is documented nowhere; taken
    // for one, two such rows are reported instead of writing one record in turns.
    // Search ignores case as well.
    matchForm: type === "text" ? "lower" : "exact",
  };
}

function fieldTypeOf(vendorType: string, fieldType: string, property: Readonly<Record<string, unknown>>): FieldType {
  switch (vendorType) {
    case "number":
      return "number";
    case "bool":
      return "boolean";
    case "date":
      return "date";
    case "datetime":
      return "timestamp";
    case "enumeration":
      if (property.externalOptions === true || text(property.referencedObjectType) !== null) return "reference";
      return fieldType === "checkbox" ? "set" : "option";
    default:
      return "text";
  }
}

/** Internal values, hidden ones too: the API takes them. None listed means that any is taken. */
function optionsOf(property: Readonly<Record<string, unknown>>): readonly string[] | null {
  const values = records(property.options)
    .map((option) => text(option.value))
    .filter((value) => value !== null);
  return values.length === 0 ? null : values;
}

export function isContacts(object: string): boolean {
  return /^(contacts?|0-1)$/i.test(object);
}
