import type { Clock, Random } from "../../../src/contract/clock.ts";
import { mixedSeed } from "../../../src/kit/sandbox/seeded-random.ts";
import type { FieldInput, Value } from "./field.ts";
import { isoTime } from "./iso-time.ts";
import { customKeyPrefix, type ObjectKind, objectKind } from "./object-kind.ts";
import { type ObjectStore, objectStore } from "./object-store.ts";
import { noRules, type OrgRules } from "./org-rules.ts";
import { recordId } from "./record-id.ts";
import { CUSTOM_OBJECT_FIELDS, STANDARD_OBJECTS } from "./standard-objects.ts";
import type { StoredRecord } from "./stored-record.ts";

/** Everything one org holds. */
export type Org = {
  /** 18 characters; an org keeps it for ever. */
  readonly id: string;
  readonly clock: Clock;
  readonly random: Random;
  /** By API name in lower case. */
  readonly objects: Map<string, ObjectStore>;
  rules: OrgRules;
  /** Client id → public key (PEM) of those that may ask for a token with a signed assertion. */
  readonly keys: Map<string, string>;
  /** Currency codes, the corporate one first; null while the org has one currency only. */
  currencies: readonly string[] | null;
  hasPersonAccounts: boolean;
  /** The integration user: who all calls are made as. */
  userId: string;
  lastSerial: number;
};

export const MASTER_RECORD_TYPE = "012000000000000AAA";

/** Follows from where and how the sandbox was started: another seed or port is another org. */
export function orgIdOf(seed: number, port: number): string {
  return recordId("00D", mixedSeed(seed, port));
}

export function newOrg(seed: number, port: number, clock: Clock, random: Random): Org {
  const org: Org = {
    id: orgIdOf(seed, port),
    clock,
    random,
    objects: new Map(),
    rules: noRules(),
    keys: new Map(),
    currencies: null,
    hasPersonAccounts: false,
    userId: "",
    lastSerial: 0,
  };
  clearOrg(org, seed);
  return org;
}

/** Back to the objects, the user and the organization of a new org; its id stays. */
export function clearOrg(org: Org, seed: number): void {
  org.objects.clear();
  for (const { kind, fields } of STANDARD_OBJECTS) addStore(org, kind, fields);
  org.rules = noRules();
  org.keys.clear();
  org.currencies = null;
  org.hasPersonAccounts = false;
  org.lastSerial = mixedSeed(seed) * 100;
  org.userId = recordId("005", org.lastSerial);
  const at = isoTime(org.clock.now());
  putFirst(org, "User", org.userId, at, {
    Username: "integration@sandbox.example",
    LastName: "Integration",
    Name: "Integration",
    Email: "integration@sandbox.example",
    Alias: "integ",
    IsActive: true,
    UserType: "Standard",
    TimeZoneSidKey: "UTC",
  });
  putFirst(org, "Organization", org.id, at, {
    Name: "Sandbox",
    OrganizationType: "Developer Edition",
    IsSandbox: false,
    InstanceName: "LOOPBACK",
    LanguageLocaleKey: "en_US",
    DefaultLocaleSidKey: "en_US",
    TimeZoneSidKey: "UTC",
  });
}

function putFirst(org: Org, object: string, id: string, at: string, given: Record<string, Value>): void {
  const store = org.objects.get(object.toLowerCase());
  const values = { ...store?.blank(), ...given };
  stampNew(values, org.userId, at);
  store?.insert({ id, values });
}

/** Sets the system fields of a record that `userId` creates. */
export function stampNew(values: Record<string, Value>, userId: string, at: string): void {
  values.IsDeleted = false;
  values.CreatedDate = at;
  values.CreatedById = userId;
  values.LastModifiedDate = at;
  values.LastModifiedById = userId;
  values.SystemModstamp = at;
}

function addStore(org: Org, kind: ObjectKind, fields: readonly FieldInput[]): ObjectStore {
  const store = objectStore(kind, fields);
  org.objects.set(kind.name.toLowerCase(), store);
  return store;
}

export function addCustomObject(org: Org, name: string): ObjectStore {
  const number = [...org.objects.values()].filter((store) => store.kind.isCustom).length;
  const store = addStore(org, objectKind(name, customKeyPrefix(number), { isCustom: true }), CUSTOM_OBJECT_FIELDS);
  if (org.currencies !== null) store.putField(currencyField(org.currencies));
  return store;
}

export function currencyField(currencies: readonly string[]): FieldInput {
  const corporate = currencies[0] ?? null;
  return {
    name: "CurrencyIsoCode",
    label: "Currency ISO Code",
    type: "picklist",
    options: currencies,
    isRestricted: true,
    defaultValue: corporate,
  };
}

export function findObject(org: Org, name: string): ObjectStore | null {
  return org.objects.get(name.toLowerCase()) ?? null;
}

/** The object that a record id belongs to, by its first three characters. */
export function objectOfId(org: Org, id: string): ObjectStore | null {
  const prefix = id.slice(0, 3);
  for (const store of org.objects.values()) if (store.kind.keyPrefix === prefix) return store;
  return null;
}

export function recordById(org: Org, id: string): StoredRecord | null {
  return objectOfId(org, id)?.byId(id) ?? null;
}

export function nextId(org: Org, kind: ObjectKind): string {
  org.lastSerial++;
  return recordId(kind.keyPrefix, org.lastSerial);
}
