import { createHash } from "node:crypto";
import type { CompiledMapping } from "../contract/mapping.ts";

/**
 * What a stored hash was computed with: engine, function, and every mapped field with its types. Where it differs from
 * today's, hashes say nothing and rows are compared by value. The name of a column does not count, its type does: DuckDB's
 * hash() of 1.0 depends on the scale.
 */
export function hashVersion(mapping: CompiledMapping, engineVersion: string): string {
  const fields = [...mapping.fields]
    .sort((a, b) => (a.field < b.field ? -1 : 1))
    .map((field) => [
      field.field,
      field.type,
      "value" in field.from ? `=${field.from.value}` : field.from.column.nativeType,
      field.onBlank,
      field.timezone ?? "",
    ]);
  const text = JSON.stringify(["duckdb", engineVersion, "hash", 1, fields]);
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}
