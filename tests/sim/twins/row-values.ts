/** The planner twin's values: a row's key, hash, match values and canonical fields out of the warehouse's exact texts. */
import type { CompiledField, CompiledMapping, CompiledMatch } from "../../../src/contract/mapping.ts";
import type { Column, Row } from "../../../src/contract/value.ts";

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

export type Canonical = { readonly value: string | null; readonly error: string | null };

export function keyOf(columns: readonly Column[], row: Row): string | null {
  const parts = columns.map((column) => keyPart(column, row[column.name] ?? null));
  if (parts.some((part) => part === null)) return null;
  return parts.length === 1 ? (parts[0] ?? null) : JSON.stringify(parts);
}

function keyPart(column: Column, text: string | null): string | null {
  const hasScale = column.type === "float" || (column.type === "decimal" && !/,\s*0\)/.test(column.nativeType));
  return text !== null && hasScale ? withoutZeros(text) : text;
}

/** 1.50 → 1.5, 1.0 → 1; 100 and 1e300 as they are. */
export function withoutZeros(text: string): string {
  return text.includes(".") && !/e/i.test(text) ? text.replace(/0+$/, "").replace(/\.$/, "") : text;
}

/** A match entry as one text, as the planner keeps it: the value, or a JSON array of several; null where one is missing. */
export function matchText(entry: readonly CompiledMatch[], row: Row): string | null {
  const parts = entry.map(({ column, matchForm }) => inForm(row[column.name] ?? null, matchForm));
  if (parts.some((part) => part === null)) return null;
  return parts.length === 1 ? (parts[0] ?? null) : JSON.stringify(parts);
}

export function inForm(text: string | null, form: CompiledMatch["matchForm"]): string | null {
  const formed = form === "lower" ? text?.trim().toLowerCase() : text;
  return formed === undefined || formed === "" ? null : formed;
}

/** Decimal text; what it covers is what the planner's hash covers, its value is the twin's own. */
export function hashOf(mapping: CompiledMapping, row: Row): string {
  let low = 0x811c9dc5;
  let high = 0x1000193;
  const fields = [...mapping.fields].sort((a, b) => (a.field < b.field ? -1 : 1));
  for (const field of fields) {
    if ("value" in field.from) continue;
    const base = baseOf(field, field.from.column, row);
    const text =
      base === null ? "\u0000null" : field.type === "set" ? listOf(field.from.column, base).sort().join(";") : base;
    for (let index = 0; index <= text.length; index++) {
      const unit = index === text.length ? 0xffff : text.charCodeAt(index);
      low = Math.imul(low ^ unit, 0x01000193) >>> 0;
      high = Math.imul(high + unit, 0x85ebca6b) >>> 0;
    }
  }
  return `${high}${String(low).padStart(10, "0")}`;
}

function baseOf(field: CompiledField, column: Column, row: Row): string | null {
  const text = row[column.name] ?? null;
  return text === "" && column.type === "text" && field.onBlank === "as_null" ? null : text;
}

function listOf(column: Column, text: string): string[] {
  if (column.isList) return (JSON.parse(text) as unknown[]).map(String);
  return text
    .split(";")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

/** Value and error of one mapped field. */
export function canonical(field: CompiledField, row: Row): Canonical {
  if ("value" in field.from) return ofConstant(field, field.from.value, row);
  const column = field.from.column;
  const base = baseOf(field, column, row);
  if (base === null) return { value: null, error: null };
  const typed = byType(field, column, base, row);
  if (typed.error !== null) return typed;
  const { value } = typed;
  const isLong = field.maxLength !== null && value !== null && [...value].length > field.maxLength;
  const hasNul = column.type === "text" && base.includes("\0");
  return { value, error: isLong ? "TOO_LONG" : hasNul ? "INVALID_TEXT" : null };
}

function ofConstant(field: CompiledField, constant: string, row: Row): Canonical {
  const isPlain = field.options === null || !("by" in field.options);
  const parts =
    field.type === "set"
      ? constant
          .split(";")
          .filter((part) => part !== "")
          .sort()
      : [constant];
  const value = field.type === "set" ? JSON.stringify(parts) : constant;
  return { value, error: isPlain || allKnown(field, parts, row) ? null : "INVALID_OPTION" };
}

function byType(field: CompiledField, column: Column, base: string, row: Row): Canonical {
  const check = (value: string, isGood: boolean, code: string): Canonical => ({ value, error: isGood ? null : code });
  const isFiniteNumber = column.type !== "float" || Number.isFinite(Number(base));
  const trimmed = column.type === "text" ? base.trim() : base;
  switch (field.type) {
    case "number":
      return column.type === "text"
        ? check(trimmed, NUMBER.test(trimmed), "NOT_A_NUMBER")
        : check(base, isFiniteNumber, "NOT_FINITE");
    case "boolean":
      return check(trimmed.toLowerCase(), /^(true|false)$/i.test(trimmed), "NOT_A_BOOLEAN");
    case "date":
      return check(trimmed, isDate(trimmed), "NOT_A_DATE");
    case "timestamp":
      throw new Error("the planner twin knows no timestamps: leave them to the real planner");
    case "option":
      return check(base, base === "" || allKnown(field, [base], row), "INVALID_OPTION");
    case "set": {
      const parts = [...new Set(listOf(column, base))].sort();
      return {
        ...check(JSON.stringify(parts), allKnown(field, parts, row), "INVALID_OPTION"),
        ...(parts.length > 0 ? {} : { value: null }),
      };
    }
    default:
      return check(base, isFiniteNumber, "NOT_FINITE");
  }
}

function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().slice(0, 10) === text && !text.startsWith("0000");
}

function allKnown(field: CompiledField, parts: readonly string[], row: Row): boolean {
  const { options } = field;
  if (options === null) return true;
  let known: readonly string[];
  if ("by" in options) {
    const decides = canonical(options.by, row).value;
    known = options.when.find(({ value }) => value === decides)?.options ?? options.all;
  } else known = options;
  return parts.every((part) => known.includes(part));
}
