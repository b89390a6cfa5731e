import { Fault } from "../../../src/contract/fault.ts";
import type { Field } from "./field.ts";
import type { ObjectKind } from "./object-kind.ts";
import { objectStore } from "./object-store.ts";
import type { Org } from "./org.ts";
import type { OrgRules } from "./org-rules.ts";
import type { StoredRecord } from "./stored-record.ts";

const FORMAT = "sluice-salesforce-sandbox-1";

type KeptObject = { kind: ObjectKind; fields: Field[]; records: readonly StoredRecord[] };
type Kept = {
  format: string;
  lastSerial: number;
  userId: string;
  currencies: readonly string[] | null;
  hasPersonAccounts: boolean;
  rules: OrgRules;
  keys: [string, string][];
  objects: KeptObject[];
};

/** Everything of the org that a data file keeps; its id is not among it, that follows from seed and port. */
export function orgSnapshot(org: Org): unknown {
  return {
    format: FORMAT,
    lastSerial: org.lastSerial,
    userId: org.userId,
    currencies: org.currencies,
    hasPersonAccounts: org.hasPersonAccounts,
    rules: org.rules,
    keys: [...org.keys],
    objects: [...org.objects.values()]
      .filter((store) => store.kind.name !== "Organization")
      .map(({ kind, fields, records }) => ({ kind, fields: [...fields.values()], records })),
  };
}

/** Replaces the org's content. Throws a Fault USAGE where `snapshot` is none of `orgSnapshot`'s. */
export function restoreOrg(org: Org, snapshot: unknown): void {
  const kept = snapshot as Kept;
  if (typeof snapshot !== "object" || snapshot === null || kept.format !== FORMAT) {
    throw new Fault("USAGE", `the data file is no file of the Salesforce sandbox (format ${FORMAT})`, {
      fix: "name another file, or remove this one to start empty",
    });
  }
  const organization = org.objects.get("organization");
  org.objects.clear();
  for (const { kind, fields, records } of kept.objects) {
    const store = objectStore(kind, fields);
    for (const record of records) store.insert(record);
    org.objects.set(kind.name.toLowerCase(), store);
  }
  if (organization !== undefined) org.objects.set("organization", organization);
  org.lastSerial = kept.lastSerial;
  org.userId = kept.userId;
  org.currencies = kept.currencies;
  org.hasPersonAccounts = kept.hasPersonAccounts;
  org.rules = kept.rules;
  for (const { object, fields } of org.rules.duplicate) {
    for (const name of fields) org.objects.get(object.toLowerCase())?.addIndex(name);
  }
  org.keys.clear();
  for (const [client, key] of kept.keys) org.keys.set(client, key);
}
