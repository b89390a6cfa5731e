import type { Clock } from "../../src/contract/clock.ts";
import type { Abilities, Account, Destination, RemoteObject, Told } from "../../src/contract/destination.ts";
import { Fault, type Hints } from "../../src/contract/fault.ts";
import { parseJson, record, records, text } from "../../src/kit/json.ts";
import { openClient, type SalesforceClient } from "./client.ts";
import type { SalesforceConfig } from "./config.ts";
import { readDescription, type SalesforceObject } from "./describe.ts";
import { openDoubts } from "./doubts.ts";
import { eraseRecord, erasureTerms } from "./erase.ts";
import { findRecords } from "./find.ts";
import { namedParents, withParents } from "./parents.ts";
import { fullId } from "./record-id.ts";
import { withRecordTypes } from "./record-type-options.ts";
import { callFault, hintsOf, wordsOf } from "./refusal.ts";
import { writeBatch } from "./write.ts";

export const salesforceAbilities: Abilities = {
  // No `archive`: Salesforce's delete is its recycle bin, for 15 days.
  operations: ["upsert", "create", "update", "delete"],
  batchSize: 200,
  // As many e-mails as one address holds; where values are longer, a lookup takes several calls.
  findSize: 300,
  searchSize: (fields) => (fields === 1 ? 300 : 100),
  findBytes: 24_000,
  // By unique external ids. Of other fields the second try is held back here (doubts.ts).
  upsertIsAtomic: true,
  concurrency: 5,
  // An org refuses every call while 25 of them run for 20 s and more (5 in a developer org): some are left for others.
  callsAtOnce: 20,
  // Salesforce counts the day, and calls that run for 20 s and more; no window of seconds is known.
  firstWindow: { max: 10_000, intervalMs: 1_000 },
  searchWindow: null,
};

export type SalesforceOptions = {
  readonly clock: Clock;
  /** Over one whole HTTP call, a login that it waits for included. */
  readonly deadlineMs?: number;
};

/** Triggers may run for minutes over 200 records; Salesforce itself gives up after ten. */
const DEADLINE_MS = 120_000;

export async function openSalesforce(config: SalesforceConfig, options: SalesforceOptions): Promise<Destination> {
  const { clock, deadlineMs = DEADLINE_MS } = options;
  const client = await openClient(config, { clock, deadlineMs });
  const now = () => clock.now();
  const doubts = openDoubts(now);
  const described = new Map<string, SalesforceObject>();

  async function describe(name: string, fields: readonly string[], signal: AbortSignal): Promise<Told<RemoteObject>> {
    const own = await describeObject(client, name, now, signal);
    const named = namedParents(own.value, fields);
    const parents = new Map<string, SalesforceObject>();
    let { calls, hints } = own;
    for (const object of new Set(named.map((one) => one.object))) {
      const told = object === name ? { ...own, calls: 0 } : await describeObject(client, object, now, signal);
      parents.set(object, told.value);
      calls += told.calls;
      hints = told.hints;
    }
    const told = await withRecordTypes(client, withParents(own.value, named, parents), fields, now, signal);
    const { value } = told;
    described.set(name, withFormer(value, described.get(name)));
    return { value, calls: calls + told.calls, hints: told.hints ?? hints };
  }

  /** Values cannot be encoded without the types of their fields. */
  function objectOf(name: string): SalesforceObject {
    const object = described.get(name);
    if (object === undefined) throw new Fault("INTERNAL", `${name} was not described: describe first`);
    return object;
  }

  return {
    abilities: { ...salesforceAbilities, batchSize: config.batch_size },
    check: (signal) => checkAccount(client, now, signal),
    describe,
    find: async (request, signal) => {
      const reply = await findRecords(client, request, objectOf(request.object), now, signal);
      doubts.lookedUp(request);
      return reply;
    },
    write: async (batch, signal) => {
      const object = objectOf(batch.object);
      const context = { client, object, assignmentRules: config.assignment_rules, now };
      return doubts.write(batch, object, (part) => writeBatch(context, part, signal));
    },
    erasure: {
      terms: erasureTerms,
      erase: async (name, id, signal) => {
        const object = objectOf(name);
        return eraseRecord({ client, object, assignmentRules: config.assignment_rules, now }, id, signal);
      },
    },
    close: async () => client.close(),
  };
}

/** Syncs of one connection name different parents of one object: what one of them asked for stays known to the others. */
function withFormer(object: SalesforceObject, former: SalesforceObject | undefined): SalesforceObject {
  if (former === undefined || former.parents.size === 0) return object;
  return {
    ...object,
    fields: new Map([...former.fields, ...object.fields]),
    parents: new Map([...former.parents, ...object.parents]),
  };
}

const ORGANIZATION = "SELECT Id,Name,InstanceName,IsSandbox FROM Organization LIMIT 1";

async function checkAccount(client: SalesforceClient, now: () => number, signal: AbortSignal): Promise<Told<Account>> {
  const sent = await client.call({ method: "GET", path: `/query/?q=${encodeURIComponent(ORGANIZATION)}` }, signal);
  const body = sent.answer?.status === 200 ? record(parseJson(sent.answer.text)) : null;
  const org = records(body?.records)[0];
  const hints = hintsOf(sent, now());
  const id = text(org?.Id) ?? (sent.answer?.status === 400 ? client.orgId() : null);
  if (id === null) throw callFault(sent, `checking ${client.host}`, now());
  return { value: accountOf(fullId(id), org ?? {}), calls: 1, hints };
}

/** An org that does not let its user read Organization is known by its id alone. */
function accountOf(id: string, org: Readonly<Record<string, unknown>>): Account {
  const kind = typeof org.IsSandbox === "boolean" ? (org.IsSandbox ? "sandbox" : "production") : null;
  const about = [text(org.Name), text(org.InstanceName), kind].filter((word) => word !== null).join(", ");
  return { id, label: `Salesforce org ${id}${about === "" ? "" : ` (${about})`}` };
}

async function describeObject(
  client: SalesforceClient,
  name: string,
  now: () => number,
  signal: AbortSignal,
): Promise<{ value: SalesforceObject; calls: number; hints: Hints }> {
  if (!/^\w+$/.test(name)) throw unknownObject(name, "an object has an API name such as Contact or Order__c");
  const sent = await client.call({ method: "GET", path: `/sobjects/${name}/describe` }, signal);
  const hints = hintsOf(sent, now());
  if (sent.answer?.status === 404) throw unknownObject(name, wordsOf(sent.answer), hints);
  const value = sent.answer?.status === 200 ? readDescription(parseJson(sent.answer.text)) : null;
  if (value === null) throw callFault(sent, `describe ${name}`, now());
  if (value.object !== name)
    throw new Fault("DESTINATION_REFUSED", `"${name}" is another spelling of Salesforce's object ${value.object}`, {
      fix: `write "object: ${value.object}"`,
      hints,
    });
  return { value, calls: 1, hints };
}

function unknownObject(name: string, words: string, hints?: Hints): Fault {
  return new Fault(
    "DESTINATION_REFUSED",
    `Salesforce object "${name}" is unknown or not visible to the integration user (${words})`,
    {
      fix: "check the API name (custom objects end in __c), or give the user's permission set access to the object",
      ...(hints === undefined ? {} : { hints }),
    },
  );
}
