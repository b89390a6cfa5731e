import { type PropertyInput, type PropertyOption, type PropertyType, property } from "./property.ts";

/**
 * HubSpot's default properties, the part of them that syncs meet.
 * Source: developers.hubspot.com/docs/api-reference/crm-properties-v3 and the guides of the four objects.
 */

/** The people who may own a record. */
export const OWNERS = [
  { id: "41629779", userId: 9586504, email: "ada@sandbox.example", firstName: "Ada", lastName: "Byron" },
  { id: "41629780", userId: 9586505, email: "grace@sandbox.example", firstName: "Grace", lastName: "Murray" },
  { id: "41629781", userId: 9586506, email: "alan@sandbox.example", firstName: "Alan", lastName: "Mathison" },
] as const;

function texts(...names: string[]): PropertyInput[] {
  return names.map((name) => ({ name }));
}

function ofType(type: PropertyType, ...names: string[]): PropertyInput[] {
  return names.map((name) => ({ name, type }));
}

function readOnly(type: PropertyType, ...names: string[]): PropertyInput[] {
  return names.map((name) => ({ name, type, readOnly: true }));
}

function choice(name: string, ...values: string[]): PropertyInput {
  return { name, type: "enumeration", options: optionsOf(values) };
}

function several(name: string, ...values: string[]): PropertyInput {
  return { name, type: "enumeration", fieldType: "checkbox", options: optionsOf(values) };
}

function optionsOf(values: readonly string[]): PropertyOption[] {
  return values.map((value) => ({ label: value, value }));
}

function external(input: PropertyInput): PropertyInput {
  return { ...input, externalOptions: true };
}

const OWNER = external(choice("hubspot_owner_id", ...OWNERS.map((owner) => owner.id)));

/** In HubSpot's order: a contact moves down this list only. */
const LIFECYCLE: PropertyInput = {
  ...choice(
    "lifecyclestage",
    "subscriber",
    "lead",
    "marketingqualifiedlead",
    "salesqualifiedlead",
    "opportunity",
    "customer",
    "evangelist",
    "other",
  ),
  fieldType: "radio",
  forwardOnly: true,
};

export const DEAL_STAGES = [
  "appointmentscheduled",
  "qualifiedtobuy",
  "presentationscheduled",
  "decisionmakerboughtin",
  "contractsent",
  "closedwon",
  "closedlost",
] as const;

export const TICKET_STAGES = ["1", "2", "3", "4"] as const;

const CONTACTS: readonly PropertyInput[] = [
  { name: "email", unique: true, isEmail: true, maxLength: 254 },
  ...texts("firstname", "lastname", "salutation", "company", "jobtitle", "website", "address", "city", "state", "zip"),
  ...texts("country", "fax", "work_email", "twitterhandle", "hs_linkedin_url", "message", "military_status"),
  { name: "phone", fieldType: "phonenumber" },
  { name: "mobilephone", fieldType: "phonenumber" },
  { name: "hs_whatsapp_phone_number", type: "phone_number" },
  choice("hs_language", "en", "de", "fr", "es", "pt-br", "ja"),
  choice(
    "hs_lead_status",
    "NEW",
    "OPEN",
    "IN_PROGRESS",
    "OPEN_DEAL",
    "UNQUALIFIED",
    "ATTEMPTED_TO_CONTACT",
    "CONNECTED",
    "BAD_TIMING",
  ),
  several(
    "hs_buying_role",
    "BLOCKER",
    "BUDGET_HOLDER",
    "CHAMPION",
    "DECISION_MAKER",
    "END_USER",
    "INFLUENCER",
    "OTHER",
  ),
  several("hs_persona", "persona_1", "persona_2", "persona_3"),
  LIFECYCLE,
  OWNER,
  ...ofType("number", "annualrevenue", "numemployees"),
  ...ofType("date", "contract_start_date", "contract_end_date"),
  ...ofType("datetime", "closedate", "next_renewal_at"),
  ...texts("date_of_birth", "degree", "field_of_study", "gender", "graduation_date", "industry", "job_function"),
  ...ofType("bool", "hs_content_membership_email_confirmed", "is_partner"),
  ...readOnly("bool", "hs_email_optout", "hs_is_unworked"),
  ...readOnly("string", "hs_email_domain", "hs_merged_object_ids", "hs_additional_emails"),
  ...readOnly("datetime", "createdate", "lastmodifieddate"),
];

const COMPANIES: readonly PropertyInput[] = [
  ...texts("name", "domain", "website", "description", "about_us", "address", "address2", "city", "state", "zip"),
  ...texts("country", "timezone", "linkedin_company_page", "twitterhandle", "founded_year"),
  { name: "phone", fieldType: "phonenumber" },
  choice(
    "industry",
    "ACCOUNTING",
    "BANKING",
    "COMPUTER_SOFTWARE",
    "CONSTRUCTION",
    "HEALTH_WELLNESS_AND_FITNESS",
    "RETAIL",
  ),
  choice("type", "PROSPECT", "PARTNER", "RESELLER", "VENDOR", "OTHER"),
  choice(
    "hs_lead_status",
    "NEW",
    "OPEN",
    "IN_PROGRESS",
    "OPEN_DEAL",
    "UNQUALIFIED",
    "ATTEMPTED_TO_CONTACT",
    "CONNECTED",
    "BAD_TIMING",
  ),
  LIFECYCLE,
  OWNER,
  ...ofType("number", "annualrevenue", "numberofemployees", "total_money_raised"),
  ...ofType("bool", "is_public"),
  ...ofType("datetime", "closedate"),
  ...readOnly("string", "hs_merged_object_ids"),
  ...readOnly("datetime", "createdate", "hs_lastmodifieddate"),
];

const DEALS: readonly PropertyInput[] = [
  { name: "dealname", required: true },
  ...texts("description", "closed_lost_reason", "closed_won_reason", "hs_next_step"),
  external(choice("pipeline", "default")),
  external(choice("dealstage", ...DEAL_STAGES)),
  choice("dealtype", "newbusiness", "existingbusiness"),
  choice("hs_priority", "low", "medium", "high"),
  OWNER,
  ...ofType("number", "amount", "hs_tcv", "hs_acv", "hs_mrr"),
  ...ofType("datetime", "closedate"),
  ...readOnly("bool", "hs_is_closed"),
  ...readOnly("string", "hs_merged_object_ids"),
  ...readOnly("datetime", "createdate", "hs_lastmodifieddate"),
];

const TICKETS: readonly PropertyInput[] = [
  ...texts("subject", "content", "hs_resolution"),
  external(choice("hs_pipeline", "0")),
  { ...external(choice("hs_pipeline_stage", ...TICKET_STAGES)), required: true },
  choice("hs_ticket_priority", "LOW", "MEDIUM", "HIGH", "URGENT"),
  several("hs_ticket_category", "PRODUCT_ISSUE", "BILLING_ISSUE", "FEATURE_REQUEST", "GENERAL_INQUIRY"),
  choice("source_type", "CHAT", "EMAIL", "FORM", "PHONE"),
  OWNER,
  ...ofType("datetime", "closed_date"),
  ...readOnly("string", "hs_merged_object_ids"),
  ...readOnly("datetime", "createdate", "hs_lastmodifieddate"),
];

const CUSTOM: readonly PropertyInput[] = [
  OWNER,
  ...readOnly("string", "hs_merged_object_ids"),
  ...readOnly("datetime", "hs_createdate", "hs_lastmodifieddate"),
];

export type ObjectKind = {
  readonly objectTypeId: string;
  /** As paths name it. */
  readonly name: string;
  /** As messages name it. */
  readonly singular: string;
  readonly plural: string;
  readonly createdProperty: string;
  readonly modifiedProperty: string;
  /** Answered by reads that ask for no property by name. */
  readonly defaults: readonly string[];
  readonly isCustom: boolean;
};

export type StandardObject = { readonly kind: ObjectKind; readonly properties: readonly PropertyInput[] };

function standard(
  objectTypeId: string,
  names: readonly [plural: string, singular: string, titles: string, title: string],
  modifiedProperty: string,
  defaults: readonly string[],
  properties: readonly PropertyInput[],
): StandardObject {
  const [name, , plural, singular] = names;
  const kind = { objectTypeId, name, singular, plural, createdProperty: "createdate", modifiedProperty, defaults };
  return { kind: { ...kind, isCustom: false }, properties };
}

export const STANDARD_OBJECTS: readonly StandardObject[] = [
  standard(
    "0-1",
    ["contacts", "contact", "Contacts", "Contact"],
    "lastmodifieddate",
    ["email", "firstname", "lastname"],
    CONTACTS,
  ),
  standard(
    "0-2",
    ["companies", "company", "Companies", "Company"],
    "hs_lastmodifieddate",
    ["name", "domain"],
    COMPANIES,
  ),
  standard(
    "0-3",
    ["deals", "deal", "Deals", "Deal"],
    "hs_lastmodifieddate",
    ["dealname", "amount", "closedate", "dealstage", "pipeline"],
    DEALS,
  ),
  standard(
    "0-5",
    ["tickets", "ticket", "Tickets", "Ticket"],
    "hs_lastmodifieddate",
    ["subject", "content", "hs_pipeline", "hs_pipeline_stage", "hs_ticket_category", "hs_ticket_priority"],
    TICKETS,
  ),
];

/** What every custom object has from the start. */
export const CUSTOM_OBJECT_PROPERTIES = CUSTOM;

const RECORD_ID: PropertyInput = { name: "hs_object_id", type: "number", readOnly: true };

/** A new map each time: custom properties join it. */
export function propertiesOf(inputs: readonly PropertyInput[], groupName: string) {
  return new Map(
    [...inputs, RECORD_ID].map((input) => [input.name, property({ ...input, groupName, hubspotDefined: true })]),
  );
}
