import type { ObjectStore } from "./object-store.ts";
import type { Org } from "./org.ts";
import type { DuplicateRule } from "./org-rules.ts";
import { attributesOf } from "./record-answer.ts";
import type { RowError } from "./row-error.ts";
import { readValue, type StoredRecord, type Values } from "./stored-record.ts";
import type { WriteContext } from "./write-context.ts";

/** What the header Sforce-Duplicate-Rule-Header asks for. */
export type DuplicateOptions = { readonly allowSave: boolean; readonly includeRecordDetails: boolean };

const MESSAGE = "You're creating a duplicate record. We recommend you use an existing record instead.";

/** Refuses a record that a duplicate rule finds others like; `changes` null for a new one. */
export function duplicateError(
  org: Org,
  store: ObjectStore,
  values: Values,
  own: { readonly record: StoredRecord; readonly changes: Values } | null,
  { version, duplicates: options }: WriteContext,
): RowError | null {
  for (const rule of org.rules.duplicate) {
    if (rule.object !== store.kind.name || (rule.action === "alert" && options.allowSave)) continue;
    if (own !== null && !rule.fields.some((name) => name in own.changes)) continue;
    const like = recordsLike(store, rule, values).filter((record) => record !== own?.record);
    if (like.length > 0) return detected(store, rule, like, options, version);
  }
  return null;
}

function recordsLike(store: ObjectStore, rule: DuplicateRule, values: Values): readonly StoredRecord[] {
  const wanted = rule.fields.map((name) => [name, values[name] ?? null] as const);
  // A blank matches nothing: the matching rules' default.
  if (wanted.some(([, value]) => value === null)) return [];
  const indexed = wanted.find(([name]) => store.indexOf(name) !== null);
  const candidates = indexed === undefined ? store.records : store.find(indexed[0], indexed[1]);
  return candidates.filter(
    ({ values: theirs }) => theirs.IsDeleted !== true && wanted.every(([name, value]) => alike(theirs[name], value)),
  );
}

function alike(one: unknown, other: unknown): boolean {
  return typeof one === "string" && typeof other === "string"
    ? one.toLowerCase() === other.toLowerCase()
    : one === other;
}

function detected(
  store: ObjectStore,
  rule: DuplicateRule,
  like: readonly StoredRecord[],
  { includeRecordDetails }: DuplicateOptions,
  version: string,
): RowError {
  const { name } = store.kind;
  const matchRecords = like.map((record) => ({
    additionalInformation: [],
    fieldDiffs: [],
    matchConfidence: 100,
    record: {
      attributes: attributesOf(version, store, record),
      Id: record.id,
      ...(includeRecordDetails ? details(store, rule, record) : {}),
    },
  }));
  const matchResult = {
    entityType: name,
    errors: [],
    matchEngine: "ExactMatchEngine",
    matchRecords,
    rule: `${rule.name}_Match`,
    size: matchRecords.length,
    success: true,
  };
  const duplicateResult = {
    allowSave: rule.action === "alert",
    duplicateRule: rule.name,
    duplicateRuleEntityType: name,
    errorMessage: MESSAGE,
    matchResults: [matchResult],
  };
  return { statusCode: "DUPLICATES_DETECTED", message: MESSAGE, fields: [], duplicateResult };
}

function details(store: ObjectStore, rule: DuplicateRule, record: StoredRecord): Record<string, unknown> {
  const names = new Set([...rule.fields, ...(store.fields.has("Name") ? ["Name"] : [])]);
  return Object.fromEntries([...names].map((name) => [name, readValue(record, name)]));
}
