import type { RemoteField, RemoteObject } from "../../src/contract/destination.ts";
import type { FieldType } from "../../src/contract/value.ts";
import { type Json, record, records, text, texts } from "../../src/kit/json.ts";

/** A field that names a parent by one of the parent's own fields. */
export type ParentField = {
  /** `Account`, `Parent__r`. */
  readonly relationship: string;
  /** The parent's object. */
  readonly object: string;
  /** Salesforce must be told the parent's object: the relationship leads to several. */
  readonly isPolymorphic: boolean;
  /** The parent's field, as it is described there. */
  readonly field: RemoteField;
  /** The field that holds the parent's id. */
  readonly idField: string;
};

/** A relationship to parents. */
export type Relationship = { readonly idField: string; readonly objects: readonly string[] };

export type SalesforceObject = RemoteObject & {
  /** By name in lower case, as Salesforce takes it. */
  readonly relationships: ReadonlyMap<string, Relationship>;
  /** By the name of the field: `Account.Number__c`. */
  readonly parents: ReadonlyMap<string, ParentField>;
  /** Ids of record types by DeveloperName. */
  readonly recordTypes: ReadonlyMap<string, string>;
  /** Deleted records say where they live on. */
  readonly isMergeable: boolean;
  /** Leads: a converted one is dead. */
  readonly isConvertible: boolean;
};

/** A record type is given by name; its id differs from org to org. */
export const RECORD_TYPE_NAME = "RecordType.DeveloperName";
export const RECORD_TYPE_ID = "RecordTypeId";

/** `GET sobjects/{object}/describe` (api_rest, sObject Describe); null where the answer is none. */
export function readDescription(body: unknown): SalesforceObject | null {
  const answer = record(body);
  const object = text(answer?.name);
  if (answer === null || object === null || !Array.isArray(answer.fields)) return null;
  const fields = new Map<string, RemoteField>();
  const relationships = new Map<string, Relationship>();
  for (const field of records(answer.fields)) {
    const name = text(field.name);
    if (name === null) continue;
    fields.set(name, readField(name, field));
    const relationship = text(field.relationshipName);
    const objects = texts(field.referenceTo);
    if (relationship !== null && objects.length > 0)
      relationships.set(relationship.toLowerCase(), { idField: name, objects });
  }
  takesPersons(fields);
  const recordTypes = readRecordTypes(answer.recordTypeInfos);
  const typeId = fields.get(RECORD_TYPE_ID);
  if (typeId !== undefined && recordTypes.size > 0) fields.set(RECORD_TYPE_NAME, recordTypeName(typeId, recordTypes));
  return {
    object,
    children: readChildren(answer.childRelationships),
    fields,
    relationships,
    parents: new Map(),
    recordTypes,
    isMergeable: fields.has("MasterRecordId"),
    isConvertible: fields.has("IsConverted"),
  };
}

/** An account that is a person has a last name instead of a name, and is refused with both: neither is always required. */
function takesPersons(fields: Map<string, RemoteField>): void {
  const name = fields.get("Name");
  if (name !== undefined && fields.has("IsPersonAccount")) fields.set("Name", { ...name, required: false });
}

function readField(name: string, field: Json): RemoteField {
  const vendorType = text(field.type) ?? "string";
  const type = fieldTypeOf(vendorType);
  const isId = name === "Id";
  const length = typeof field.length === "number" ? field.length : 0;
  return {
    name,
    type,
    vendorType,
    creatable: field.createable === true && !isId,
    updatable: field.updateable === true && !isId,
    required: field.createable === true && field.nillable === false && field.defaultedOnCreate !== true && !isId,
    unique: field.unique === true || isId,
    // Ids are Salesforce's own: no record can be made by one.
    upsertKey: (field.externalId === true || field.idLookup === true) && !isId,
    findable: field.filterable === true,
    options: (type === "option" || type === "set") && field.restrictedPicklist === true ? optionsOf(field) : null,
    maxLength: type === "text" && length > 0 ? length : null,
    // SOQL and unique values ignore case but for fields that are case-sensitive; ids are.
    matchForm: field.caseSensitive === true || type !== "text" ? "exact" : "lower",
  };
}

/** soap api, Field Types. */
function fieldTypeOf(vendorType: string): FieldType {
  switch (vendorType) {
    case "boolean":
      return "boolean";
    case "int":
    case "long":
    case "double":
    case "currency":
    case "percent":
      return "number";
    case "date":
      return "date";
    case "datetime":
      return "timestamp";
    case "picklist":
      return "option";
    case "multipicklist":
      return "set";
    case "reference":
    case "id":
      return "reference";
    default:
      return "text";
  }
}

/** Those that a record may be given; inactive ones stay on old records only. */
function optionsOf(field: Json): readonly string[] {
  return records(field.picklistValues)
    .filter((option) => option.active !== false)
    .map((option) => text(option.value))
    .filter((value) => value !== null);
}

/** Those that the user may give, without the master type, which stands for none. */
function readRecordTypes(infos: unknown): ReadonlyMap<string, string> {
  const types = new Map<string, string>();
  for (const info of records(infos)) {
    const name = text(info.developerName);
    const id = text(info.recordTypeId);
    const isUsable = info.master !== true && info.available !== false && info.active !== false;
    if (name !== null && id !== null && isUsable) types.set(name, id);
  }
  return types;
}

function recordTypeName(typeId: RemoteField, types: ReadonlyMap<string, string>): RemoteField {
  return {
    ...typeId,
    name: RECORD_TYPE_NAME,
    type: "option",
    vendorType: "record type",
    required: false,
    options: [...types.keys()],
    matchForm: "exact",
  };
}

/** Hangs on every record and means nothing without it. */
const APPENDAGE =
  /(Feed|History|Share|ChangeEvent|Relation|Role|Member|Tag|Link|Assignment|Subscription|Stream)$|^(Note|Attachment|Task|Event|ProcessInstance.*|ContentVersion|.*Email.*)$/;

/** Objects whose records are deleted with their parent, but for appendages that every object has. */
function readChildren(relationships: unknown): readonly string[] {
  const children = records(relationships)
    .filter((one) => one.cascadeDelete === true && one.deprecatedAndHidden !== true)
    .map((one) => text(one.childSObject))
    .filter((name) => name !== null && !APPENDAGE.test(name));
  return [...new Set(children.filter((name) => name !== null))].sort();
}
