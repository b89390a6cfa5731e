/** Text of DuckDB SQL, shared by the planner and the connector: pure strings, no database is loaded here. */
import type { Column, ColumnType } from "../contract/value.ts";

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A literal. NUL would end the statement, so it is spelled out; a lone surrogate cannot be kept (UTF-8 has none). */
export function quoteText(text: string): string {
  const parts = text.split("\0").map((part) => `'${part.replaceAll("'", "''")}'`);
  return parts.length === 1 ? (parts[0] ?? "''") : `(${parts.join(" || chr(0) || ")})`;
}

const SCALARS: Readonly<Record<string, ColumnType>> = {
  BOOLEAN: "boolean",
  TINYINT: "integer",
  SMALLINT: "integer",
  INTEGER: "integer",
  BIGINT: "integer",
  HUGEINT: "integer",
  UTINYINT: "integer",
  USMALLINT: "integer",
  UINTEGER: "integer",
  UBIGINT: "integer",
  UHUGEINT: "integer",
  BIGNUM: "integer",
  DECIMAL: "decimal",
  FLOAT: "float",
  DOUBLE: "float",
  DATE: "date",
  TIMESTAMP: "timestamp",
  TIMESTAMP_S: "timestamp",
  TIMESTAMP_MS: "timestamp",
  TIMESTAMP_NS: "timestamp",
  "TIMESTAMP WITH TIME ZONE": "timestamp",
  BLOB: "binary",
  JSON: "json",
  STRUCT: "json",
  MAP: "json",
  UNION: "json",
};

/** A column from DuckDB's own text of its type, as `describe` and `typeof` print it: `DECIMAL(4,1)`, `VARCHAR[]` … */
export function columnOf(name: string, typeName: string): Column {
  const nativeType = typeName.trim();
  const element = elementType(nativeType);
  if (element !== null) {
    const isScalar = elementType(element) === null && typeOf(element) !== "json";
    return { name, type: "json", nativeType, zoned: false, isList: isScalar };
  }
  return { name, type: typeOf(nativeType), nativeType, zoned: isZoned(nativeType), isList: false };
}

/** `VARCHAR` of `VARCHAR[]` and `VARCHAR[3]`; null where the type is no list. */
function elementType(typeName: string): string | null {
  return /^([\s\S]+)\[\d*\]$/.exec(typeName)?.[1] ?? null;
}

/** Everything without a type of its own travels as text: uuid, enum, time, interval, bit. */
function typeOf(typeName: string): ColumnType {
  return (
    SCALARS[
      typeName
        .replace(/\([\s\S]*$/, "")
        .trim()
        .toUpperCase()
    ] ?? "text"
  );
}

function isZoned(typeName: string): boolean {
  return typeName.toUpperCase() === "TIMESTAMP WITH TIME ZONE";
}

/**
 * SQL for the exact canonical text (VARCHAR) of `expr`, a column of this type. Timestamps are ISO 8601 cut of trailing zeros
 * to at least ms, zoned ones in UTC with `Z` whatever the session's zone. What ISO cannot say (BC, years over 9999,
 * infinity) stays DuckDB's own word, which no field takes. Binary is base64, nested values are JSON text.
 */
export function exactText(expr: string, column: Column): string {
  if (column.type === "timestamp") return timestampText(expr, column);
  if (column.type === "binary") return `to_base64(${expr})`;
  if (column.type === "json" && column.nativeType !== "JSON") return jsonText(expr, column.nativeType);
  return `cast(${expr} as varchar)`;
}

function timestampText(expr: string, column: Column): string {
  const value = column.zoned ? `(${expr} at time zone 'UTC')` : expr;
  const [fraction, zeros] = column.nativeType === "TIMESTAMP_NS" ? ["%n", "0{1,6}$"] : ["%f", "0{1,3}$"];
  const iso = `regexp_replace(strftime(${value}, '%Y-%m-%dT%H:%M:%S.${fraction}'), '${zeros}', '')`;
  return (
    `case when isfinite(${value}) and year(${value}) between 1 and 9999 then ${iso}${column.zoned ? " || 'Z'" : ""} ` +
    `else cast(${value} as varchar) end`
  );
}

/** `to_json` widens a FLOAT to the double behind it (0.1 → 0.10000000149…): its shortest text is taken first. */
function jsonText(expr: string, nativeType: string): string {
  const asText = replaceType(nativeType, "FLOAT", "VARCHAR");
  const value =
    asText === nativeType || /\bUNION\b/.test(nativeType)
      ? expr
      : `cast(cast(${expr} as ${asText}) as ${replaceType(nativeType, "FLOAT", "DOUBLE")})`;
  return `cast(to_json(${value}) as varchar)`;
}

/** Replaces a type's name in a nested type, but not in quoted member names and enum values. */
function replaceType(nativeType: string, from: string, to: string): string {
  return nativeType.replace(/"(?:[^"]|"")*"|'(?:[^']|'')*'|\w+/g, (token) => (token === from ? to : token));
}

/**
 * Settings that confine SQL to some folders, to be run in this order on a fresh instance, after what it must attach
 * outside of them. Both arguments are absolute, symlinks resolved. DuckDB looks for a relative path in the process's
 * working directory, so relative paths work only while that is `projectDir`, and are refused anywhere else.
 */
export function confinement(projectDir: string, directories: readonly string[]): string[] {
  const allowed = [projectDir, ...directories].map((directory) => quoteText(`${directory.replace(/\/+$/, "")}/`));
  return [
    "set autoinstall_known_extensions = false",
    "set autoload_known_extensions = false",
    `set allowed_directories = [${allowed.join(", ")}]`,
    `set file_search_path = ${quoteText(projectDir)}`,
    "set enable_external_access = false",
  ];
}
