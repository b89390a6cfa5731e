import { MAX_FILTERABLE_TEXT } from "./describe-field.ts";
import type { Field, FieldType, Value } from "./field.ts";
import { isoTime } from "./iso-time.ts";
import { fullId } from "./record-id.ts";
import { type Literal, soqlTrouble } from "./soql-query.ts";

const QUOTED = "text";
const KINDS: Readonly<Partial<Record<FieldType, Literal["kind"]>>> = {
  boolean: "boolean",
  int: "number",
  double: "number",
  currency: "number",
  percent: "number",
  date: "date",
  datetime: "datetime",
};

/** The form in which two values of a field are compared: text without case, unless the field minds it. */
export function comparableValue(it: Field, value: Value): Value {
  if (typeof value !== "string" || it.isCaseSensitive) return value;
  return it.type === "id" || it.type === "reference" ? value : value.toLowerCase();
}

/** A literal as a value of the field. Throws a SoqlTrouble for what cannot be compared with it. */
export function filterValue(it: Field, { kind, value }: Literal): Value {
  if (it.type === "textarea" && it.length > MAX_FILTERABLE_TEXT) {
    throw soqlTrouble("INVALID_FIELD", `field '${it.name}' can not be filtered in a query call`);
  }
  if (kind === "null") return null;
  const wanted = KINDS[it.type] ?? QUOTED;
  if (kind !== wanted) {
    const quotes = wanted === QUOTED ? "should be enclosed in quotes" : "should not be enclosed in quotes";
    const message = `value of filter criterion for field '${it.name}' must be of type ${wanted === QUOTED ? "string" : it.type} and ${quotes}`;
    throw soqlTrouble("INVALID_FIELD", message);
  }
  if (kind === "datetime") {
    const ms = Date.parse(String(value));
    if (Number.isNaN(ms)) throw soqlTrouble("MALFORMED_QUERY", `${String(value)} is no time`);
    return isoTime(ms);
  }
  if (value === "") return null;
  if (it.type === "id" || it.type === "reference") {
    const id = fullId(String(value));
    if (id === null) throw soqlTrouble("INVALID_QUERY_FILTER_OPERATOR", `invalid ID field: ${String(value)}`);
    return id;
  }
  return comparableValue(it, value);
}
