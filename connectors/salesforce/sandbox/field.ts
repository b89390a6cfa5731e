export const FIELD_TYPES = [
  "id",
  "string",
  "textarea",
  "email",
  "phone",
  "url",
  "boolean",
  "int",
  "double",
  "currency",
  "percent",
  "date",
  "datetime",
  "picklist",
  "multipicklist",
  "reference",
] as const;
export type FieldType = (typeof FIELD_TYPES)[number];

export type Value = string | number | boolean | null;

/** One field as the org defines it. `isVisible` false: hidden from the integration user by field-level security. */
export type Field = {
  readonly name: string;
  readonly label: string;
  readonly type: FieldType;
  /** Of text, in characters; 0 for other types. */
  readonly length: number;
  /** Of numbers: digits in all, and behind the point. */
  readonly precision: number;
  readonly scale: number;
  readonly isNillable: boolean;
  readonly isCreateable: boolean;
  readonly isUpdateable: boolean;
  readonly isUnique: boolean;
  readonly isCaseSensitive: boolean;
  readonly isExternalId: boolean;
  readonly isIdLookup: boolean;
  readonly isCalculated: boolean;
  readonly isAutoNumber: boolean;
  readonly isVisible: boolean;
  readonly defaultValue: Value;
  /** The vendor fills it in where nothing is given. */
  readonly isDefaulted: boolean;
  readonly options: readonly string[];
  readonly isRestricted: boolean;
  readonly referenceTo: readonly string[];
  readonly relationship: string | null;
  readonly childRelationship: string | null;
  /** What a deleted parent does to the record: deletes it, is refused because of it, or leaves it without a parent. */
  readonly onParentDeleted: "cascade" | "restrict" | "clear";
};

export type FieldInput = { readonly name: string } & {
  readonly [Key in Exclude<keyof Field, "name">]?: Field[Key];
};

const LENGTHS: Readonly<Partial<Record<FieldType, number>>> = {
  id: 18,
  string: 255,
  textarea: 32_000,
  email: 80,
  phone: 40,
  url: 255,
  picklist: 255,
  multipicklist: 4_099,
  reference: 18,
};

const NUMBERS: Readonly<Partial<Record<FieldType, readonly [precision: number, scale: number]>>> = {
  int: [8, 0],
  double: [18, 2],
  currency: [18, 2],
  percent: [5, 2],
};

/** Fills in what `input` leaves open, as Salesforce's own dialogue for a new field does. */
export function field(input: FieldInput): Field {
  const type = input.type ?? "string";
  const isCalculated = input.isCalculated ?? false;
  const isAutoNumber = input.isAutoNumber ?? false;
  const isWritable = !isCalculated && !isAutoNumber;
  const [precision, scale] = NUMBERS[type] ?? [0, 0];
  const isExternalId = input.isExternalId ?? false;
  const defaultValue = input.defaultValue ?? (type === "boolean" ? false : null);
  return {
    label: labelOf(input.name),
    type,
    length: LENGTHS[type] ?? 0,
    precision,
    scale,
    isNillable: type !== "boolean",
    isCreateable: isWritable,
    isUpdateable: isWritable,
    isUnique: false,
    isCaseSensitive: false,
    isExternalId,
    isIdLookup: isExternalId || (input.isUnique ?? false),
    isCalculated,
    isAutoNumber,
    isVisible: true,
    defaultValue,
    isDefaulted: defaultValue !== null,
    options: [],
    isRestricted: false,
    referenceTo: [],
    relationship: null,
    childRelationship: null,
    onParentDeleted: "clear",
    ...input,
  };
}

/** Must be given, and must not be null, when a record is created. */
export function isRequired(it: Field): boolean {
  return !it.isNillable && it.isCreateable && !it.isDefaulted && it.type !== "boolean";
}

/** "Loyalty_Tier__c" is "Loyalty Tier", "LeadSource" is "Lead Source", "AccountId" is "Account ID". */
function labelOf(name: string): string {
  return name
    .replace(/__c$/, "")
    .replaceAll("_", " ")
    .replace(/([a-z\d])([A-Z])/g, "$1 $2")
    .replace(/\bId$/, "ID");
}
