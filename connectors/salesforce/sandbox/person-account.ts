import type { FieldInput, Value } from "./field.ts";
import { type Org, recordById } from "./org.ts";
import { type RowError, rowError } from "./row-error.ts";
import type { Values } from "./stored-record.ts";

/** What Account gains in an org with person accounts. */
export const PERSON_ACCOUNT_FIELDS: readonly FieldInput[] = [
  { name: "IsPersonAccount", type: "boolean", isCreateable: false, isUpdateable: false },
  { name: "FirstName", length: 40 },
  { name: "LastName", length: 80 },
  { name: "PersonEmail", label: "Email", type: "email", isIdLookup: true },
  { name: "PersonBirthdate", label: "Birthdate", type: "date" },
  { name: "PersonMobilePhone", label: "Mobile", type: "phone" },
];

/** A person account's name is put together from its person's. */
export function personValues(values: Record<string, Value>): void {
  if (values.LastName === undefined || values.LastName === null) return;
  const parts = [values.FirstName ?? null, values.LastName].filter((part) => part !== null);
  values.Name = parts.join(" ");
}

/** What is wrong with an account as a person or as a business; sets IsPersonAccount, which follows from the record type. */
export function checkPersonAccount(org: Org, before: Values | null, changes: Values, values: Values): RowError | null {
  if (!org.hasPersonAccounts) return null;
  const type = typeof values.RecordTypeId === "string" ? recordById(org, values.RecordTypeId) : null;
  const isPerson = before === null ? type?.values.IsPersonType === true : before.IsPersonAccount === true;
  (values as Record<string, Value>).IsPersonAccount = isPerson;
  const wrong = isPerson ? ["Name"] : ["FirstName", "LastName", "PersonEmail", "PersonBirthdate", "PersonMobilePhone"];
  const bad = wrong.filter((name) => (changes[name] ?? null) !== null);
  if (bad.length > 0) {
    const message = `Account: bad field names on insert/update call: ${bad.join(", ")}`;
    return rowError("INVALID_FIELD_FOR_INSERT_UPDATE", message, ...bad);
  }
  if (!isPerson || (values.LastName ?? null) !== null) return null;
  return rowError("REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]", "LastName");
}
