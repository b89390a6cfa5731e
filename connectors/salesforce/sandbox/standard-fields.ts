import type { FieldInput, FieldType } from "./field.ts";

/**
 * Shorthand for the fields that Salesforce's standard objects come with.
 * Source: developer.salesforce.com/docs/atlas.en-us.object_reference.meta, and describes of plain developer orgs.
 */

export function text(length: number, ...names: string[]): FieldInput[] {
  return names.map((name) => ({ name, length }));
}

export function ofType(type: FieldType, ...names: string[]): FieldInput[] {
  return names.map((name) => ({ name, type }));
}

export function readOnly(type: FieldType, ...names: string[]): FieldInput[] {
  return names.map((name) => ({ name, type, isCreateable: false, isUpdateable: false }));
}

export function required(input: FieldInput): FieldInput {
  return { ...input, isNillable: false };
}

export function choice(name: string, ...options: string[]): FieldInput {
  return { name, type: "picklist", options };
}

export function parent(
  name: string,
  referenceTo: string | readonly string[],
  more: Partial<FieldInput> = {},
): FieldInput {
  return {
    name,
    type: "reference",
    referenceTo: typeof referenceTo === "string" ? [referenceTo] : referenceTo,
    relationship: name.replace(/Id$/, ""),
    ...more,
  };
}

export function address(prefix: string): FieldInput[] {
  return [
    { name: `${prefix}Street`, type: "textarea", length: 255 },
    ...text(40, `${prefix}City`),
    ...text(80, `${prefix}State`, `${prefix}Country`),
    ...text(20, `${prefix}PostalCode`),
  ];
}

/** What every object has. */
export const SYSTEM_FIELDS: readonly FieldInput[] = [
  {
    name: "Id",
    type: "id",
    label: "Record ID",
    isNillable: false,
    isIdLookup: true,
    isCreateable: false,
    isUpdateable: false,
    isDefaulted: true,
  },
  ...readOnly("boolean", "IsDeleted"),
  ...readOnly("datetime", "CreatedDate", "LastModifiedDate", "SystemModstamp"),
  parent("CreatedById", "User", { isCreateable: false, isUpdateable: false }),
  parent("LastModifiedById", "User", { isCreateable: false, isUpdateable: false }),
];

/** Of objects that somebody owns; the creator where nobody is named. */
export const OWNER: FieldInput = parent("OwnerId", ["Group", "User"], { isNillable: false, isDefaulted: true });
export const USER_OWNER: FieldInput = { ...OWNER, referenceTo: ["User"] };

export const RECORD_TYPE: FieldInput = parent("RecordTypeId", "RecordType", { isDefaulted: true });

/** Of the objects whose records can be merged. */
export function masterRecord(object: string): FieldInput {
  return parent("MasterRecordId", object, { isCreateable: false, isUpdateable: false });
}

export const LEAD_SOURCES = ["Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Other"];

export const INDUSTRIES = [
  ...["Agriculture", "Apparel", "Banking", "Biotechnology", "Chemicals", "Communications", "Construction"],
  ...["Consulting", "Education", "Electronics", "Energy", "Engineering", "Entertainment", "Environmental", "Finance"],
  ...["Food & Beverage", "Government", "Healthcare", "Hospitality", "Insurance", "Machinery", "Manufacturing"],
  ...["Media", "Not For Profit", "Recreation", "Retail", "Shipping", "Technology", "Telecommunications"],
  ...["Transportation", "Utilities", "Other"],
];

export const SALUTATIONS = ["Mr.", "Ms.", "Mrs.", "Dr.", "Prof.", "Mx."];
