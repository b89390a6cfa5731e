import type { CompiledMatch } from "../contract/mapping.ts";
import { jsonMemberSql } from "./value-sql.ts";

/** The value of a match entry in a write that was never answered, in the vendor's form; NULL for entries of several fields. */
export function formerMatchSql(entry: readonly CompiledMatch[]): string {
  const [part, ...others] = entry;
  if (part === undefined || others.length > 0) return "null::varchar";
  const sent = jsonMemberSql("doubt", part.field);
  return `nullif(${part.matchForm === "lower" ? `lower(trim(${sent}))` : sent}, '')`;
}
