import { checkValue } from "./check-value.ts";
import type { ObjectStore } from "./object-store.ts";
import type { Portal } from "./portal.ts";
import type { Property } from "./property.ts";
import { invalid, invalidValues, isRefusal, type Refusal } from "./refusal.ts";
import type { Values } from "./stored-record.ts";
import { canonicalUnique } from "./unique-index.ts";

type ProblemAt = { readonly name: string; readonly code: string; readonly message: string };

/**
 * The values that a write sets, in HubSpot's own form, or all that is wrong with what was sent.
 * `present` holds the record's values so far; null for a record that is to be created.
 */
export function checkProperties(
  portal: Portal,
  store: ObjectStore,
  sent: unknown,
  present: Values | null,
): { readonly values: Values } | Refusal {
  if (typeof sent !== "object" || sent === null || Array.isArray(sent)) {
    return invalid("Invalid input JSON on line 1, column 2: Some required fields were not set: [properties]");
  }
  const values: Record<string, string | null> = {};
  let problems: ProblemAt[] | null = null;
  for (const name in sent) {
    const problem = checkOne(portal, store, name, (sent as Record<string, unknown>)[name], present, values);
    if (problem === null) continue;
    if (isRefusal(problem)) return problem;
    problems ??= [];
    problems.push(problem);
  }
  return problems === null ? { values } : invalidValues(problems);
}

/** Adds to `values` what is to be set; a null that was sent leaves the property as it is. */
function checkOne(
  portal: Portal,
  store: ObjectStore,
  name: string,
  raw: unknown,
  present: Values | null,
  values: Record<string, string | null>,
): ProblemAt | Refusal | null {
  const it = store.properties.get(name);
  if (it === undefined) return { name, code: "PROPERTY_DOESNT_EXIST", message: `Property "${name}" does not exist` };
  if (it.readOnly) {
    return { name, code: "READ_ONLY_VALUE", message: `"${name}" is a read only property; its value cannot be set.` };
  }
  if (raw === null) return null;
  if (typeof raw === "object") {
    return invalid(`Invalid input JSON: Cannot deserialize value of type \`java.lang.String\` for property ${name}`);
  }
  const now = present?.[name] ?? null;
  const result = checkValue(it, String(raw), now);
  if (!("value" in result)) return { name, ...result };
  if (it.isEmail && result.value !== null && portal.blocked.has(canonicalUnique(result.value))) {
    // The wording is HubSpot's own (its web app compares with it); the code is a guess.
    return { name, code: "GDPR_BLOCKLISTED", message: "email has been GDPR blacklisted" };
  }
  values[name] = it.forwardOnly && isBackwards(it, result.value, now) ? now : result.value;
  return null;
}

function isBackwards(it: Property, value: string | null, present: string | null): boolean {
  if (value === null || present === null) return false;
  const place = (text: string) => it.options.findIndex((option) => option.value === text);
  return place(value) < place(present);
}
