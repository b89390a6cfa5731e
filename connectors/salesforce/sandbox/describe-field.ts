import { optionsFor } from "./check-picklist.ts";
import type { Field, FieldType } from "./field.ts";
import type { Org } from "./org.ts";

const SOAP_TYPES: Readonly<Record<FieldType, string>> = {
  id: "tns:ID",
  reference: "tns:ID",
  boolean: "xsd:boolean",
  int: "xsd:int",
  double: "xsd:double",
  currency: "xsd:double",
  percent: "xsd:double",
  date: "xsd:date",
  datetime: "xsd:dateTime",
  string: "xsd:string",
  textarea: "xsd:string",
  email: "xsd:string",
  phone: "xsd:string",
  url: "xsd:string",
  picklist: "xsd:string",
  multipicklist: "xsd:string",
};

/** Longer texts can be neither filtered nor sorted by. */
export const MAX_FILTERABLE_TEXT = 255;

/** A field as `describe` tells it. */
export function describeField(org: Org, it: Field): Record<string, unknown> {
  const isText = it.length > 0;
  const isSearchable = it.type !== "multipicklist" && !(it.type === "textarea" && it.length > MAX_FILTERABLE_TEXT);
  return {
    aggregatable: isSearchable,
    autoNumber: it.isAutoNumber,
    byteLength: isText ? it.length * 3 : 0,
    calculated: it.isCalculated,
    calculatedFormula: null,
    cascadeDelete: it.onParentDeleted === "cascade",
    caseSensitive: it.isCaseSensitive,
    compoundFieldName: null,
    controllerName: null,
    createable: it.isCreateable,
    custom: it.name.endsWith("__c"),
    defaultValue: it.type === "boolean" ? it.defaultValue : null,
    defaultedOnCreate: it.isDefaulted || it.type === "boolean",
    dependentPicklist: false,
    deprecatedAndHidden: false,
    digits: it.type === "int" ? it.precision : 0,
    encrypted: false,
    externalId: it.isExternalId,
    extraTypeInfo: null,
    filterable: isSearchable,
    groupable: isText && isSearchable,
    htmlFormatted: false,
    idLookup: it.isIdLookup,
    inlineHelpText: null,
    label: it.label,
    length: it.length,
    name: it.name,
    nameField: it.name === "Name",
    nillable: it.isNillable,
    permissionable: it.isNillable && it.name !== "Id",
    picklistValues: optionsFor(org, it, null).map((value) => ({
      active: true,
      defaultValue: value === it.defaultValue,
      label: value,
      validFor: null,
      value,
    })),
    polymorphicForeignKey: it.referenceTo.length > 1,
    precision: it.type === "int" ? 0 : it.precision,
    referenceTo: it.referenceTo,
    relationshipName: it.relationship,
    restrictedPicklist: it.isRestricted,
    scale: it.scale,
    soapType: SOAP_TYPES[it.type],
    sortable: isSearchable,
    type: it.type,
    unique: it.isUnique,
    updateable: it.isUpdateable,
    writeRequiresMasterRead: false,
  };
}
