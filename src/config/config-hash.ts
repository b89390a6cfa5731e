import { createHash } from "node:crypto";
import type { Sync } from "../contract/project.ts";

/** JSON with sorted keys: the same value gives the same text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonicalJson(inner)}`).join(",")}}`;
}

/**
 * SHA-256, hex, of what decides what is sent and where. Not of words for people, nor of what only holds or judges a run
 * (guards, tolerate, renamed_from, schedule). The order of fields does not matter, the order of match entries does.
 */
export function configHash(sync: Omit<Sync, "configHash">): string {
  const decisive = {
    model: sync.model,
    connection: sync.connection,
    object: sync.object,
    write: sync.write,
    match: sync.match.map((entry) => Object.fromEntries(entry.map(({ field, column }) => [field, column]))),
    onAmbiguous: sync.onAmbiguous,
    onDuplicateMatch: sync.onDuplicateMatch,
    onMissingRecord: sync.onMissingRecord,
    onRemoved: sync.onRemoved,
    onRemovedAdopted: sync.onRemovedAdopted,
    fields: Object.fromEntries(sync.fields.map(({ field, ...mapping }) => [field, mapping])),
    sendTogether: sync.sendTogether,
    onMappingChange: sync.onMappingChange,
    // Syncs of before there were any keep their hash.
    ...(sync.suppress === null ? {} : { suppress: sync.suppress }),
  };
  return createHash("sha256").update(canonicalJson(decisive)).digest("hex");
}
