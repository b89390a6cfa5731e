export const PROPERTY_TYPES = ["string", "number", "bool", "date", "datetime", "enumeration", "phone_number"] as const;
export type PropertyType = (typeof PROPERTY_TYPES)[number];

export type PropertyOption = { readonly label: string; readonly value: string };

/** A property as the sandbox keeps it; `toApi` gives HubSpot's form. */
export type Property = {
  readonly name: string;
  readonly label: string;
  readonly type: PropertyType;
  readonly fieldType: string;
  readonly groupName: string;
  readonly options: readonly PropertyOption[];
  /** The options live elsewhere (owners, pipelines): the property itself lists none. */
  readonly externalOptions: boolean;
  readonly unique: boolean;
  readonly readOnly: boolean;
  /** Must be given when a record is created. HubSpot tells it in the schema, not in the property. */
  readonly required: boolean;
  /** In characters. */
  readonly maxLength: number;
  /** Takes no option that stands before the present one (lifecyclestage). */
  readonly forwardOnly: boolean;
  /** E-mail addresses are checked and kept in lower case. */
  readonly isEmail: boolean;
  readonly hubspotDefined: boolean;
};

export type PropertyInput = Partial<Omit<Property, "name">> & { readonly name: string };

/** HubSpot's cap on the length of any value. */
export const MAX_VALUE_LENGTH = 65_536;

const DEFAULT_FIELD_TYPES: Readonly<Record<PropertyType, string>> = {
  string: "text",
  number: "number",
  bool: "booleancheckbox",
  date: "date",
  datetime: "date",
  enumeration: "select",
  phone_number: "phonenumber",
};

const YES_NO: readonly PropertyOption[] = [
  { label: "Yes", value: "true" },
  { label: "No", value: "false" },
];

/** Fills in what HubSpot would: a label, the usual field type, true and false for a bool. */
export function property(input: PropertyInput): Property {
  const type = input.type ?? "string";
  return {
    name: input.name,
    label: input.label ?? input.name,
    type,
    fieldType: input.fieldType ?? DEFAULT_FIELD_TYPES[type],
    groupName: input.groupName ?? "custom",
    options: input.options ?? (type === "bool" ? YES_NO : []),
    externalOptions: input.externalOptions ?? false,
    unique: input.unique ?? false,
    readOnly: input.readOnly ?? false,
    required: input.required ?? false,
    maxLength: input.maxLength ?? MAX_VALUE_LENGTH,
    forwardOnly: input.forwardOnly ?? false,
    isEmail: input.isEmail ?? false,
    hubspotDefined: input.hubspotDefined ?? false,
  };
}

/** As `GET /crm/v3/properties/{type}` tells it. */
export function toApi(it: Property): Readonly<Record<string, unknown>> {
  const options = it.externalOptions ? [] : it.options;
  return {
    name: it.name,
    label: it.label,
    type: it.type,
    fieldType: it.fieldType,
    description: "",
    groupName: it.groupName,
    options: options.map((option, index) => ({ ...option, displayOrder: index, hidden: false, description: "" })),
    displayOrder: -1,
    calculated: false,
    externalOptions: it.externalOptions,
    archived: false,
    hasUniqueValue: it.unique,
    hidden: false,
    ...(it.hubspotDefined ? { hubspotDefined: true } : {}),
    modificationMetadata: {
      archivable: !it.hubspotDefined,
      readOnlyDefinition: it.hubspotDefined,
      ...(options.length > 0 ? { readOnlyOptions: it.readOnly } : {}),
      readOnlyValue: it.readOnly,
    },
    formField: !it.readOnly,
  };
}
