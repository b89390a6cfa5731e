import type { Call } from "../../../src/kit/sandbox/call.ts";
import type { DuplicateOptions } from "./duplicate-rules.ts";
import type { Value } from "./field.ts";
import type { Trigger } from "./org-rules.ts";

/** What a call says about all of its rows, and what is remembered from row to row. */
export type WriteContext = {
  /** Of the API, as it stands in links: "v60.0". */
  readonly version: string;
  /** Seeds, merges and conversions: no set-up rule, no field-level security. */
  readonly isSystem: boolean;
  /** "default" runs the active assignment rule, an id that rule, null none. */
  readonly assignment: string | null;
  readonly duplicates: DuplicateOptions;
  /** Parents that the rows so far have locked, by trigger. */
  readonly locks: Map<Trigger, { readonly seen: Set<Value>; last: Value }>;
};

export function systemContext(): WriteContext {
  const duplicates = { allowSave: true, includeRecordDetails: false };
  return { version: "", isSystem: true, assignment: null, duplicates, locks: new Map() };
}

/** From the headers Sforce-Auto-Assign (TRUE where it is missing) and Sforce-Duplicate-Rule-Header. */
export function contextOf(call: Call): WriteContext {
  return {
    version: /^\/services\/data\/([^/]+)/.exec(call.path)?.[1] ?? "",
    isSystem: false,
    assignment: assignmentOf(headerText(call, "sforce-auto-assign")),
    duplicates: duplicatesOf(headerText(call, "sforce-duplicate-rule-header")),
    locks: new Map(),
  };
}

function assignmentOf(header: string): string | null {
  const wanted = header.trim();
  if (wanted === "" || wanted.toLowerCase() === "true") return "default";
  return wanted.toLowerCase() === "false" ? null : wanted;
}

function duplicatesOf(header: string): DuplicateOptions {
  const says = (name: string) => new RegExp(`(^|[;,\\s])${name}\\s*=\\s*true`, "i").test(header);
  return { allowSave: says("allowSave"), includeRecordDetails: says("includeRecordDetails") };
}

export function headerText(call: Call, name: string): string {
  const header = call.headers[name];
  return typeof header === "string" ? header : (header?.[0] ?? "");
}
