/** Values travel as exact text with a type beside them: 9007199254740993 and 0.1 survive. */

export const COLUMN_TYPES = [
  "boolean",
  "integer",
  "decimal",
  "float",
  "text",
  "date",
  "timestamp",
  "json",
  "binary",
] as const;
export type ColumnType = (typeof COLUMN_TYPES)[number];

/** Warehouse side. */
export type Column = {
  readonly name: string;
  readonly type: ColumnType;
  /** The database's own name of the type, with scale; part of the hash version. */
  readonly nativeType: string;
  /** For timestamps: true where the value carries a zone. */
  readonly zoned: boolean;
  /** True for a list of scalars: it can feed a set-valued field. */
  readonly isList: boolean;
};

/** One row as a warehouse hands it over: the exact text of each value by column name, null for NULL. */
export type Row = Readonly<Record<string, string | null>>;

export const FIELD_TYPES = ["text", "number", "boolean", "date", "timestamp", "option", "set", "reference"] as const;
export type FieldType = (typeof FIELD_TYPES)[number];

/**
 * Canonical text of a value by the type of the field it is meant for; what a connector gets and turns into the vendor's form.
 * text: as is · number: plain or exponent decimal · boolean: `true` | `false` · date: `YYYY-MM-DD` ·
 * timestamp: ISO 8601 in UTC, `YYYY-MM-DDTHH:MM:SS.ffffffZ` cut of trailing zeros (at least ms) · option: the option's value ·
 * set: a JSON array of texts, sorted · null clears.
 */
export type FieldValues = Readonly<Record<string, string | null>>;
