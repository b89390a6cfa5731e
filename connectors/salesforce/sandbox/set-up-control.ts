import { createPublicKey } from "node:crypto";
import {
  asCount,
  asFlag,
  asList,
  asObject,
  asText,
  refusedInput,
  refuseUnknownKeys,
} from "../../../src/kit/sandbox/control-input.ts";
import { convertLead } from "./convert-lead.ts";
import { optionsOf, scalar } from "./field-input.ts";
import type { Limits } from "./limits.ts";
import { mergeByHand } from "./merge-by-hand.ts";
import type { ObjectStore } from "./object-store.ts";
import { currencyField, nextId, type Org, objectOfId, recordById } from "./org.ts";
import type { Condition, Trigger } from "./org-rules.ts";
import { PERSON_ACCOUNT_FIELDS } from "./person-account.ts";
import { recordId } from "./record-id.ts";
import { knownObject } from "./salesforce-control.ts";
import type { StoredRecord } from "./stored-record.ts";
import { systemContext } from "./write-context.ts";
import { createRecord, isWritten, updateRecord } from "./write-record.ts";

type Body = Readonly<Record<string, unknown>>;
type SetUpCall = (body: unknown) => unknown;

/** What an administrator and the users of an org do, as control calls: "POST triggers" … Each throws a Fault USAGE. */
export function setUpControl(org: Org, limits: Limits): Readonly<Record<string, SetUpCall>> {
  const call =
    (keys: readonly string[], then: (body: Body) => unknown): SetUpCall =>
    (body) => {
      const asked = asObject(body, "body");
      refuseUnknownKeys(asked, keys, "body");
      return then(asked);
    };
  return {
    "POST keys": call(["client_id", "public_key"], (body) => addKey(org, body)),
    "POST limits": call(["daily", "used", "concurrent", "long_ms"], (body) => setLimits(limits, body)),
    "POST org": call(["currencies", "person_accounts"], (body) => setOrg(org, body)),
    "POST record-types": call(["object", "developer_name", "name", "active", "person", "picklists"], (body) =>
      addRecordType(org, body),
    ),
    "POST duplicate-rules": call(["object", "fields", "action", "name"], (body) => addDuplicateRule(org, body)),
    "POST validation-rules": call(["object", "when", "message", "field"], (body) => addValidationRule(org, body)),
    "POST triggers": call(["object", "when", "error", "message", "fails_partial", "locks_by", "times"], (body) =>
      addTrigger(org, body),
    ),
    "POST assignment-rules": call(["object", "owner"], (body) => addAssignmentRule(org, body)),
    "POST edit": call(["id", "values"], (body) => edit(org, body)),
    "POST convert": call(["lead", "account", "opportunity"], (body) => {
      const lead = knownRecord(org, body.lead, "lead");
      const account = body.account === undefined ? null : knownRecord(org, body.account, "account");
      return convertLead(org, lead, account, asFlag(body.opportunity, "opportunity"));
    }),
    "POST merge": call(["object", "master", "losers"], (body) => {
      const store = knownObject(org, body.object, "object");
      const losers = asList(body.losers, "losers").map((one, index) => knownRecord(org, one, `losers[${index}]`));
      return mergeByHand(org, store, knownRecord(org, body.master, "master"), losers);
    }),
  };
}

function addKey(org: Org, body: Body): unknown {
  const key = asText(body.public_key, "public_key");
  try {
    createPublicKey(key);
  } catch {
    throw refusedInput("public_key: this is no public key or certificate in PEM form");
  }
  const client = asText(body.client_id, "client_id");
  org.keys.set(client, key);
  return { client_id: client };
}

function setLimits(limits: Limits, body: Body): unknown {
  const count = (value: unknown, at: string) => (value === null ? null : asCount(value, 0, at));
  return limits.set({
    ...(body.daily === undefined ? {} : { daily: count(body.daily, "daily") }),
    ...(body.concurrent === undefined ? {} : { concurrent: count(body.concurrent, "concurrent") }),
    ...(body.used === undefined ? {} : { used: asCount(body.used, 0, "used") }),
    ...(body.long_ms === undefined ? {} : { longMs: asCount(body.long_ms, 0, "long_ms") }),
  });
}

function setOrg(org: Org, body: Body): unknown {
  if (body.currencies !== undefined) {
    const codes = optionsOf(body.currencies, "currencies");
    if (codes.length === 0) throw refusedInput("currencies: expected at least one code, the corporate one first");
    org.currencies = codes;
    for (const store of org.objects.values()) store.putField(currencyField(codes));
  }
  if (asFlag(body.person_accounts, "person_accounts") && !org.hasPersonAccounts) {
    org.hasPersonAccounts = true;
    for (const input of PERSON_ACCOUNT_FIELDS) knownObject(org, "Account", "object").putField(input);
  }
  return { currencies: org.currencies, person_accounts: org.hasPersonAccounts };
}

function addRecordType(org: Org, body: Body): unknown {
  const store = knownObject(org, body.object, "object");
  const name = asText(body.developer_name, "developer_name");
  const picklists: Record<string, readonly string[]> = {};
  for (const [field, options] of Object.entries(asObject(body.picklists ?? {}, "picklists"))) {
    if (!store.fields.has(field)) throw refusedInput(`picklists: ${store.kind.name} has no field "${field}"`);
    picklists[field] = optionsOf(options, `picklists.${field}`);
  }
  const written = createRecord(
    org,
    knownObject(org, "RecordType", "object"),
    {
      Name: body.name === undefined ? name.replaceAll("_", " ") : asText(body.name, "name"),
      DeveloperName: name,
      SobjectType: store.kind.name,
      IsActive: body.active === undefined || asFlag(body.active, "active"),
      IsPersonType: asFlag(body.person, "person"),
    },
    systemContext(),
  );
  if (!isWritten(written)) throw refusedInput(`developer_name: ${written[0]?.message}`);
  org.rules.picklists[written.record.id] = picklists;
  return { id: written.record.id };
}

function addDuplicateRule(org: Org, body: Body): unknown {
  const store = knownObject(org, body.object, "object");
  const fields = asList(body.fields, "fields").map((one, index) => knownField(store, one, `fields[${index}]`));
  const action = body.action ?? "alert";
  if (action !== "alert" && action !== "block") throw refusedInput(`action: expected "alert" or "block"`);
  const name = body.name === undefined ? `Standard_${store.kind.name}_Duplicate_Rule` : asText(body.name, "name");
  const rule = { name, object: store.kind.name, fields, action } as const;
  org.rules.duplicate.push(rule);
  for (const field of fields) store.addIndex(field);
  return rule;
}

function addValidationRule(org: Org, body: Body): unknown {
  const store = knownObject(org, body.object, "object");
  const field = body.field === undefined ? null : knownField(store, body.field, "field");
  const rule = {
    object: store.kind.name,
    when: whenOf(store, body.when),
    message: asText(body.message, "message"),
    field,
  };
  org.rules.validation.push(rule);
  return rule;
}

const LOCK_MESSAGE = "unable to obtain exclusive access to this record";

function addTrigger(org: Org, body: Body): unknown {
  const store = knownObject(org, body.object, "object");
  const code = body.error === undefined ? null : asText(body.error, "error");
  const usual =
    code === "UNABLE_TO_LOCK_ROW" ? LOCK_MESSAGE : `${store.kind.name}Trigger: execution of BeforeSave refused it`;
  const message = body.message === undefined ? usual : asText(body.message, "message");
  const trigger = {
    object: store.kind.name,
    when: whenOf(store, body.when),
    error: code === null ? null : { statusCode: code, message },
    failsPartial: failsPartialOf(body.fails_partial),
    locksBy: body.locks_by === undefined ? null : knownField(store, body.locks_by, "locks_by"),
    timesLeft: body.times === undefined || body.times === null ? null : asCount(body.times, 1, "times"),
  };
  if (trigger.error === null && trigger.failsPartial === null && trigger.locksBy === null) {
    throw refusedInput("body: a trigger needs error, fails_partial or locks_by");
  }
  org.rules.triggers.push(trigger);
  return trigger;
}

function failsPartialOf(value: unknown): Trigger["failsPartial"] {
  if (value === "call") return "call";
  return asFlag(value, "fails_partial") ? "rows" : null;
}

function addAssignmentRule(org: Org, body: Body): unknown {
  const store = knownObject(org, body.object, "object");
  if (!["Account", "Case", "Lead"].includes(store.kind.name)) {
    throw refusedInput("object: only Account, Case and Lead have assignment rules");
  }
  const owner = knownRecord(org, body.owner, "owner").id;
  const serial = Number.parseInt(nextId(org, store.kind).slice(6, 15), 36);
  const rule = { id: recordId("01Q", serial), object: store.kind.name, owner };
  org.rules.assignment.push(rule);
  return rule;
}

/** As when an administrator changes a record, a user too: no rule stands in the way. */
function edit(org: Org, body: Body): unknown {
  const record = knownRecord(org, body.id, "id");
  const store = objectOfId(org, record.id);
  if (store === null) throw refusedInput(`id: ${record.id} is no record`);
  const written = updateRecord(org, store, record, asObject(body.values, "values"), systemContext());
  if (isWritten(written)) return { id: record.id };
  throw refusedInput(`values: ${written[0]?.statusCode}: ${written[0]?.message}`);
}

function whenOf(store: ObjectStore, value: unknown): Condition {
  const sent = Object.entries(asObject(value ?? {}, "when"));
  return Object.fromEntries(sent.map(([name, one]) => [knownField(store, name, "when"), scalar(one, `when.${name}`)]));
}

function knownField(store: ObjectStore, value: unknown, at: string): string {
  const name = asText(value, at);
  if (store.fields.has(name)) return name;
  throw refusedInput(`${at}: ${store.kind.name} has no field "${name}"`);
}

function knownRecord(org: Org, value: unknown, at: string): StoredRecord {
  const record = recordById(org, asText(value, at));
  if (record !== null) return record;
  throw refusedInput(`${at}: there is no record with the id ${JSON.stringify(value)}`);
}
