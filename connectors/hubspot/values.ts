import type { Altered, RemoteField, RemoteObject } from "../../src/contract/destination.ts";
import type { FieldValues } from "../../src/contract/value.ts";
import { canonicalText, setMembers } from "../../src/kit/canonical.ts";
import { plainDecimal } from "../../src/kit/decimal.ts";
import { matchForm } from "../../src/kit/match-form.ts";
import { sameValue } from "../../src/kit/same-value.ts";

/** HubSpot's side of a record: every value is a text, "" clears. */
export type Properties = Record<string, string>;

/** Canonical text → HubSpot's form. A field that is not described goes as it is: HubSpot will name it. */
export function encode(field: RemoteField | undefined, value: string | null): string {
  if (value === null) return "";
  switch (field?.type) {
    case "number":
      return plainDecimal(value);
    case "timestamp":
      return value.length > 24 ? `${value.slice(0, 23)}Z` : value; // HubSpot keeps milliseconds
    case "set":
      return setMembers(value).join(";");
    default:
      return value;
  }
}

/** HubSpot's form → canonical text; what it does not understand stays as it is. */
export function decode(field: RemoteField | undefined, value: unknown): string | null {
  if (value === null || value === undefined || value === "") return null;
  return canonicalText(field?.type, String(value));
}

const NOTHING: readonly Altered[] = [];

/**
 * Fields whose echo means something else than what was sent (S15). A field that is not echoed tells nothing; the
 * lower-casing of e-mails and digits beyond milliseconds are not alterations.
 */
export function compareEcho(
  info: RemoteObject,
  sent: FieldValues,
  encoded: Properties,
  echo: unknown,
): readonly Altered[] {
  if (typeof echo !== "object" || echo === null) return NOTHING;
  const kept = echo as Readonly<Record<string, unknown>>;
  let altered: Altered[] | null = null;
  for (const name in sent) {
    const keptText = kept[name];
    const sentText = encoded[name];
    if (keptText === sentText || keptText === undefined) continue;
    const field = info.fields.get(name);
    const before = decode(field, sentText);
    const after = decode(field, keptText);
    if (isSame(field, before, after)) continue;
    altered ??= [];
    altered.push({ field: name, sent: sent[name] ?? null, kept: after });
  }
  return altered ?? NOTHING;
}

function isSame(field: RemoteField | undefined, left: string | null, right: string | null): boolean {
  if (left === null || right === null) return left === right;
  // Only e-mails and other keys are kept in another case than they came; of any other text that is an alteration.
  if (field?.unique === true && field.matchForm === "lower")
    return matchForm("lower", left) === matchForm("lower", right);
  return sameValue(field?.type ?? "text", left, right);
}
