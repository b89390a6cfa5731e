import type { FieldInput } from "./field.ts";
import { type ObjectKind, objectKind } from "./object-kind.ts";
import { SETUP_OBJECTS } from "./setup-objects.ts";
import {
  address,
  choice,
  INDUSTRIES,
  LEAD_SOURCES,
  masterRecord,
  OWNER,
  ofType,
  parent,
  RECORD_TYPE,
  readOnly,
  required,
  SALUTATIONS,
  SYSTEM_FIELDS,
  text,
  USER_OWNER,
} from "./standard-fields.ts";

export type StandardObject = { readonly kind: ObjectKind; readonly fields: readonly FieldInput[] };

const RATING = choice("Rating", "Hot", "Warm", "Cold");
const EMAIL: FieldInput = { name: "Email", type: "email", isIdLookup: true };
const PERSON: readonly FieldInput[] = [
  choice("Salutation", ...SALUTATIONS),
  ...text(40, "FirstName"),
  required({ name: "LastName", length: 80 }),
  { name: "Name", label: "Full Name", length: 121, isNillable: false, isCreateable: false, isUpdateable: false },
];

const ACCOUNT: StandardObject = {
  kind: objectKind("Account", "001"),
  fields: [
    required({ name: "Name", label: "Account Name", length: 255 }),
    choice("Type", "Prospect", "Customer - Direct", "Customer - Channel", "Channel Partner / Reseller", "Other"),
    parent("ParentId", "Account", { childRelationship: "ChildAccounts" }),
    ...address("Billing"),
    ...address("Shipping"),
    ...ofType("phone", "Phone", "Fax"),
    { name: "Website", type: "url" },
    choice("Industry", ...INDUSTRIES),
    { name: "AnnualRevenue", type: "currency", scale: 0 },
    { name: "NumberOfEmployees", type: "int" },
    choice("Ownership", "Public", "Private", "Subsidiary", "Other"),
    choice("AccountSource", ...LEAD_SOURCES),
    ...text(40, "AccountNumber"),
    ...text(80, "Site"),
    ...text(20, "Sic", "TickerSymbol"),
    RATING,
    { name: "Description", type: "textarea" },
    USER_OWNER,
    RECORD_TYPE,
    masterRecord("Account"),
  ],
};

const CONTACT: StandardObject = {
  kind: objectKind("Contact", "003", { nameFrom: ["FirstName", "LastName"] }),
  fields: [
    ...PERSON,
    parent("AccountId", "Account", { childRelationship: "Contacts", onParentDeleted: "cascade" }),
    parent("ReportsToId", "Contact"),
    EMAIL,
    ...ofType("phone", "Phone", "MobilePhone", "HomePhone", "OtherPhone", "AssistantPhone", "Fax"),
    ...text(128, "Title"),
    ...text(80, "Department"),
    ...text(40, "AssistantName"),
    ...address("Mailing"),
    ...address("Other"),
    choice("LeadSource", ...LEAD_SOURCES),
    { name: "Birthdate", type: "date" },
    { name: "Description", type: "textarea" },
    ...ofType("boolean", "HasOptedOutOfEmail", "HasOptedOutOfFax", "DoNotCall"),
    ...readOnly("datetime", "EmailBouncedDate"),
    USER_OWNER,
    RECORD_TYPE,
    masterRecord("Contact"),
  ],
};

const LEAD: StandardObject = {
  kind: objectKind("Lead", "00Q", { nameFrom: ["FirstName", "LastName"] }),
  fields: [
    ...PERSON,
    required({ name: "Company", length: 255 }),
    EMAIL,
    ...ofType("phone", "Phone", "MobilePhone", "Fax"),
    ...text(128, "Title"),
    { name: "Website", type: "url" },
    { name: "Street", type: "textarea", length: 255 },
    ...text(40, "City"),
    ...text(80, "State", "Country"),
    ...text(20, "PostalCode"),
    choice("LeadSource", ...LEAD_SOURCES),
    choice("Industry", ...INDUSTRIES),
    RATING,
    {
      ...choice(
        "Status",
        "Open - Not Contacted",
        "Working - Contacted",
        "Closed - Converted",
        "Closed - Not Converted",
      ),
      isNillable: false,
      defaultValue: "Open - Not Contacted",
    },
    { name: "AnnualRevenue", type: "currency", scale: 0 },
    { name: "NumberOfEmployees", type: "int" },
    { name: "Description", type: "textarea" },
    ...ofType("boolean", "HasOptedOutOfEmail", "DoNotCall"),
    ...readOnly("boolean", "IsConverted"),
    ...readOnly("date", "ConvertedDate"),
    parent("ConvertedAccountId", "Account", { isCreateable: false, isUpdateable: false }),
    parent("ConvertedContactId", "Contact", { isCreateable: false, isUpdateable: false }),
    parent("ConvertedOpportunityId", "Opportunity", { isCreateable: false, isUpdateable: false }),
    OWNER,
    RECORD_TYPE,
    masterRecord("Lead"),
  ],
};

const STAGES = [
  ...["Prospecting", "Qualification", "Needs Analysis", "Value Proposition", "Id. Decision Makers"],
  ...["Perception Analysis", "Proposal/Price Quote", "Negotiation/Review", "Closed Won", "Closed Lost"],
];

const OPPORTUNITY: StandardObject = {
  kind: objectKind("Opportunity", "006"),
  fields: [
    required({ name: "Name", label: "Opportunity Name", length: 120 }),
    parent("AccountId", "Account", { childRelationship: "Opportunities", onParentDeleted: "cascade" }),
    required({ ...choice("StageName", ...STAGES), label: "Stage" }),
    required({ name: "CloseDate", type: "date" }),
    { name: "Amount", type: "currency" },
    { name: "Probability", type: "percent", precision: 3, scale: 0 },
    choice("Type", "Existing Customer - Upgrade", "Existing Customer - Replacement", "New Customer"),
    ...text(255, "NextStep"),
    choice("LeadSource", ...LEAD_SOURCES),
    { name: "Description", type: "textarea" },
    parent("CampaignId", "Campaign"),
    USER_OWNER,
    RECORD_TYPE,
  ],
};

const CASE: StandardObject = {
  kind: objectKind("Case", "500"),
  fields: [
    { name: "CaseNumber", length: 30, isNillable: false, isAutoNumber: true, isIdLookup: true },
    parent("AccountId", "Account", { childRelationship: "Cases", onParentDeleted: "restrict" }),
    parent("ContactId", "Contact", { childRelationship: "Cases", onParentDeleted: "restrict" }),
    parent("ParentId", "Case"),
    ...text(255, "Subject"),
    { ...choice("Status", "New", "Working", "Escalated", "Closed"), isNillable: false, defaultValue: "New" },
    { ...choice("Priority", "High", "Medium", "Low"), defaultValue: "Medium" },
    choice("Origin", "Phone", "Email", "Web"),
    choice("Type", "Mechanical", "Electrical", "Electronic", "Structural", "Other"),
    { name: "Description", type: "textarea" },
    { name: "SuppliedEmail", type: "email" },
    OWNER,
    RECORD_TYPE,
  ],
};

const TASK: StandardObject = {
  kind: objectKind("Task", "00T"),
  fields: [
    ...text(255, "Subject"),
    {
      ...choice("Status", "Not Started", "In Progress", "Completed", "Deferred"),
      isNillable: false,
      defaultValue: "Not Started",
    },
    { ...choice("Priority", "High", "Normal", "Low"), isNillable: false, defaultValue: "Normal" },
    { name: "ActivityDate", label: "Due Date Only", type: "date" },
    { name: "Description", type: "textarea" },
    parent("WhoId", ["Contact", "Lead"], { childRelationship: "Tasks" }),
    parent("WhatId", ["Account", "Opportunity", "Case", "Campaign"], { childRelationship: "Tasks" }),
    OWNER,
  ],
};

const CAMPAIGN: StandardObject = {
  kind: objectKind("Campaign", "701"),
  fields: [
    required({ name: "Name", label: "Campaign Name", length: 80 }),
    choice("Type", "Conference", "Webinar", "Email", "Advertisement", "Other"),
    { ...choice("Status", "Planned", "In Progress", "Completed", "Aborted"), defaultValue: "Planned" },
    ...ofType("date", "StartDate", "EndDate"),
    { name: "IsActive", type: "boolean" },
    { name: "Description", type: "textarea" },
    USER_OWNER,
    RECORD_TYPE,
  ],
};

/** What a new org has. */
export const STANDARD_OBJECTS: readonly StandardObject[] = [
  ...[ACCOUNT, CONTACT, LEAD, OPPORTUNITY, CASE, TASK, CAMPAIGN],
  ...SETUP_OBJECTS,
].map(({ kind, fields }) => ({ kind, fields: [...SYSTEM_FIELDS, ...fields] }));

/** What a custom object starts with; its Name is the record's id where none is given. */
export const CUSTOM_OBJECT_FIELDS: readonly FieldInput[] = [
  ...SYSTEM_FIELDS,
  { name: "Name", length: 80, isIdLookup: true, isDefaulted: true },
  OWNER,
  RECORD_TYPE,
];
