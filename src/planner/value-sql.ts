import type { CompiledField, CompiledMatch } from "../contract/mapping.ts";
import type { Column } from "../contract/value.ts";
import { exactText, quoteName, quoteText } from "../core/duckdb-sql.ts";

/** SQL that turns a model's column into canonical text (value.ts) and says what is wrong with it (null: nothing). */
export type ValueSql = { readonly value: string; readonly error: string };

const NUMBER = String.raw`[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?`;
const DATE = String.raw`\d{4}-\d{2}-\d{2}`;
const TIMESTAMP = String.raw`\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}(:?\d{2})?)`;

const ZONED: Column = {
  name: "",
  type: "timestamp",
  nativeType: "TIMESTAMP WITH TIME ZONE",
  zoned: true,
  isList: false,
};
const DATED: Column = { name: "", type: "date", nativeType: "DATE", zoned: false, isList: false };

/** Value and error of one mapped field, over the model's columns. */
export function fieldSql(field: CompiledField): ValueSql {
  if ("value" in field.from) return constantSql(field, field.from.value);
  const column = field.from.column;
  const base = blanksResolved(field, column);
  const typed = byType(field, column, base);
  const checks = [...typed.errors, ...lengthChecks(field, typed.value), ...nulChecks(column, base)];
  return { value: typed.value, error: errorSql(checks) };
}

function errorSql(checks: readonly Check[]): string {
  if (checks.length === 0) return "null";
  return `case ${checks.map(([when, code]) => `when ${when} then '${code}'`).join(" ")} end`;
}

/** A constant was checked when the mapping was compiled, but for what the row's other values have to say. */
function constantSql(field: CompiledField, value: string): ValueSql {
  const options = field.options !== null && "by" in field.options ? field.options : null;
  if (field.type !== "set")
    return { value: quoteText(value), error: errorSql(optionChecks(options, quoteText(value))) };
  const parts = value
    .split(";")
    .filter((part) => part !== "")
    .sort();
  return { value: quoteText(JSON.stringify(parts)), error: errorSql(setChecks(options, listSql(parts))) };
}

/** What the hash covers for a field: the column itself, so that unchanged rows are never turned into text. */
export function hashSql(field: CompiledField): string | null {
  if ("value" in field.from) return null;
  const column = field.from.column;
  const base = blanksResolved(field, column);
  if (field.type === "set" && column.isList) return `list_sort(cast(${base} as varchar[]))`;
  if (field.type === "set") return `list_sort(string_split(cast(${base} as varchar), ';'))`;
  return column.type === "json" ? `cast(${base} as varchar)` : base;
}

function blanksResolved(field: CompiledField, column: Column): string {
  const name = quoteName(column.name);
  return column.type === "text" && field.onBlank === "as_null" ? `nullif(${name}, '')` : name;
}

type Check = readonly [when: string, code: string];

function byType(field: CompiledField, column: Column, base: string): { value: string; errors: Check[] } {
  const text = exactText(base, column);
  const trimmed = `trim(${base})`;
  switch (field.type) {
    case "number":
      if (column.type === "text")
        return {
          value: trimmed,
          errors: [[`not regexp_full_match(${trimmed}, ${quoteText(NUMBER)})`, "NOT_A_NUMBER"]],
        };
      return { value: text, errors: finiteCheck(column, base) };
    case "boolean":
      if (column.type === "text")
        return {
          value: `lower(${trimmed})`,
          errors: [[`lower(${trimmed}) not in ('true', 'false')`, "NOT_A_BOOLEAN"]],
        };
      return { value: text, errors: [] };
    case "date":
      return dateSql(field, column, base, trimmed);
    case "timestamp":
      return timestampSql(field, column, base, trimmed);
    case "option":
      return { value: text, errors: optionChecks(field.options, text) };
    case "set":
      return setSql(field, column, base);
    default:
      return { value: text, errors: finiteCheck(column, base) };
  }
}

function finiteCheck(column: Column, base: string): Check[] {
  return column.type === "float" ? [[`not isfinite(${base})`, "NOT_FINITE"]] : [];
}

function dateSql(field: CompiledField, column: Column, base: string, trimmed: string) {
  if (column.type === "text") {
    const wrong = `not regexp_full_match(${trimmed}, ${quoteText(DATE)}) or try_cast(${trimmed} as date) is null`;
    return { value: trimmed, errors: [[wrong, "NOT_A_DATE"]] as Check[] };
  }
  const zone = quoteText(field.timezone ?? "UTC");
  const day =
    column.type === "date" ? base : column.zoned ? `cast(timezone(${zone}, ${base}) as date)` : `cast(${base} as date)`;
  return {
    value: exactText(day, DATED),
    errors: [
      [`not isfinite(${base})`, "NOT_FINITE"],
      [`${day} < date '0001-01-01' or ${day} > date '9999-12-31'`, "NOT_A_DATE"],
    ] as Check[],
  };
}

function timestampSql(field: CompiledField, column: Column, base: string, trimmed: string) {
  if (column.type === "text") {
    const cast = `try_cast(${trimmed} as timestamptz)`;
    const wrong = `not regexp_full_match(${trimmed}, ${quoteText(TIMESTAMP)}) or ${cast} is null`;
    return { value: exactText(cast, ZONED), errors: [[wrong, "NOT_A_TIMESTAMP"]] as Check[] };
  }
  const instant = column.zoned ? base : `timezone(${quoteText(field.timezone ?? "UTC")}, cast(${base} as timestamp))`;
  return { value: exactText(instant, ZONED), errors: [[`not isfinite(${base})`, "NOT_FINITE"]] as Check[] };
}

function setSql(field: CompiledField, column: Column, base: string) {
  const parts = column.isList
    ? `cast(${base} as varchar[])`
    : `list_filter(list_transform(string_split(cast(${base} as varchar), ';'), lambda x: trim(x)), lambda x: x <> '')`;
  const sorted = `list_sort(list_distinct(${parts}))`;
  const value = `case when len(${sorted}) > 0 then cast(to_json(${sorted}) as varchar) end`;
  return { value, errors: setChecks(field.options, sorted) };
}

function optionChecks(options: CompiledField["options"], text: string): Check[] {
  return refusals(options, (known) => `${text} not in (${[...known, ""].map(quoteText).join(", ")})`);
}

function setChecks(options: CompiledField["options"], list: string): Check[] {
  return refusals(options, (known) => `not list_has_all(${listSql(known)}, ${list})`);
}

function listSql(texts: readonly string[]): string {
  return `[${texts.map(quoteText).join(", ")}]::varchar[]`;
}

/** Deciding values that leave the same options share an arm. */
function refusals(options: CompiledField["options"], isOutside: (known: readonly string[]) => string): Check[] {
  if (options === null) return [];
  if (!("by" in options)) return [[isOutside(options), "INVALID_OPTION"]];
  if (options.when.length === 0) return [[isOutside(options.all), "INVALID_OPTION"]];
  const arms = new Map<string, string[]>();
  for (const { value, options: known } of options.when) {
    const outside = isOutside(known);
    arms.set(outside, [...(arms.get(outside) ?? []), quoteText(value)]);
  }
  const decides = fieldSql(options.by).value;
  const cases = [...arms].map(([outside, values]) => `when ${decides} in (${values.join(", ")}) then ${outside}`);
  return [[`case ${cases.join(" ")} else ${isOutside(options.all)} end`, "INVALID_OPTION"]];
}

function lengthChecks(field: CompiledField, value: string): Check[] {
  return field.maxLength === null ? [] : [[`length(${value}) > ${field.maxLength}`, "TOO_LONG"]];
}

function nulChecks(column: Column, base: string): Check[] {
  return column.type === "text" ? [[`contains(${base}, chr(0))`, "INVALID_TEXT"]] : [];
}

/** One part of the primary key as canonical text: 1 and 1.0 of a numeric column are one key. */
function keyPartSql(column: Column): string {
  const text = exactText(quoteName(column.name), column);
  if (column.type === "float" || (column.type === "decimal" && !/,\s*0\)/.test(column.nativeType)))
    return `case when contains(${text}, '.') and not contains(lower(${text}), 'e') then rtrim(rtrim(${text}, '0'), '.') else ${text} end`;
  return text;
}

/** The key: plain text for one column, a JSON array for several; NULL where any part is NULL. */
export function keySql(columns: readonly Column[]): string {
  const [first, ...rest] = columns.map(keyPartSql);
  if (first === undefined) throw new Error("a model needs a primary key");
  if (rest.length === 0) return first;
  const parts = [first, ...rest];
  const anyNull = parts.map((part) => `${part} is null`).join(" or ");
  return `case when ${anyNull} then null else cast(to_json([${parts.join(", ")}]) as varchar) end`;
}

/** One match value in the form in which the vendor compares it; NULL where it is missing or blank. */
function matchPartSql(part: CompiledMatch): string {
  const text = exactText(quoteName(part.column.name), part.column);
  return part.matchForm === "lower" ? `nullif(lower(trim(${text})), '')` : `nullif(${text}, '')`;
}

/** A match entry as one text: the value itself, or a JSON array of several; NULL where any is missing. */
export function matchSql(entry: readonly CompiledMatch[]): string {
  const [first, ...rest] = entry.map(matchPartSql);
  if (first === undefined) return "null";
  if (rest.length === 0) return first;
  const parts = [first, ...rest];
  return `case when ${parts.map((part) => `${part} is null`).join(" or ")} then null else cast(to_json([${parts.join(", ")}]) as varchar) end`;
}

/** The text of a match entry → its values by field. */
export function matchValues(
  entry: readonly CompiledMatch[],
  text: string | null,
): Readonly<Record<string, string>> | null {
  if (text === null) return null;
  const values: string[] = entry.length === 1 ? [text] : (JSON.parse(text) as string[]);
  return Object.fromEntries(entry.map((part, index) => [part.field, values[index] ?? ""]));
}

/** A JSON object of those fields whose condition holds. */
export function jsonObjectSql(members: readonly { field: string; value: string; when: string | null }[]): string {
  if (members.length === 0) return "'{}'";
  const parts = members.map(({ field, value, when }) => {
    const member = `${quoteText(`${JSON.stringify(field)}:`)} || coalesce(cast(to_json(${value}) as varchar), 'null')`;
    return when === null ? member : `case when ${when} then ${member} end`;
  });
  return `'{' || concat_ws(',', ${parts.join(", ")}) || '}'`;
}

/** A member of a JSON object as text; NULL where it is absent or null. */
export function jsonMemberSql(json: string, field: string): string {
  return `json_extract_string(${json}, ${quoteText(jsonPath(field))})`;
}

/** Members of a JSON object as a list of texts, in their order: the object is read once, however many they are. */
export function jsonMembersSql(json: string, fields: readonly string[]): string {
  if (fields.length === 0) return "[]::varchar[]";
  return `json_extract_string(${json}, [${fields.map((field) => quoteText(jsonPath(field))).join(", ")}])`;
}

/** Whether a JSON object has the member at all. */
export function jsonHasSql(json: string, field: string): string {
  return `coalesce(json_exists(${json}, ${quoteText(jsonPath(field))}), false)`;
}

function jsonPath(field: string): string {
  return `$."${field.replaceAll('"', '\\"')}"`;
}

/** Text by which two values of a field are compared: numbers without trailing zeros. */
export function comparableSql(type: CompiledField["type"], text: string): string {
  if (type !== "number") return text;
  return `case when contains(${text}, '.') and not contains(lower(${text}), 'e') then rtrim(rtrim(${text}, '0'), '.') else ${text} end`;
}
