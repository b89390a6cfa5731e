import type { FindReply, FindRequest, Found, RemoteField, RemoteObject } from "../../src/contract/destination.ts";
import { Fault, NO_HINTS } from "../../src/contract/fault.ts";
import { parseJson, record, records, text } from "../../src/kit/json.ts";
import { matchForm } from "../../src/kit/match-form.ts";
import type { HubspotClient } from "./client.ts";
import { isContacts } from "./describe.ts";
import { callFault, hintsOf } from "./refusal.ts";
import { decode, encode } from "./values.ts";

/** The property that every record's id stands in. */
const RECORD_ID = "hs_object_id";
/** Further e-mails of a contact, and the ids that were merged into a record; both joined by ";". */
const OTHER_EMAILS = "hs_additional_emails";
const MERGED_IDS = "hs_merged_object_ids";

/** Batch read by record id or by a unique property. Archived records are not found. */
export async function findRecords(
  client: HubspotClient,
  request: FindRequest,
  info: RemoteObject,
  now: () => number,
  signal: AbortSignal,
): Promise<FindReply> {
  const name = request.by !== "recordId" && "unique" in request.by ? request.by.unique : RECORD_ID;
  const isById = name === RECORD_ID;
  const what = `find ${request.object} by ${isById ? "record id" : name}`;
  const field = info.fields.get(name);
  if (!isById && field?.unique !== true) throw notUnique(what);
  // HubSpot refuses the whole call for one id that is no number.
  const values = isById ? request.values.filter((value) => /^\d+$/.test(value)) : request.values;
  if (values.length === 0) return { found: new Map(), calls: 0, bytesOut: 0, hints: NO_HINTS };

  const aliases = isById ? MERGED_IDS : name === "email" && isContacts(request.object) ? OTHER_EMAILS : null;
  const input = {
    inputs: values.map((value) => ({ id: encode(field, value) })),
    properties: [...new Set([...request.fields, ...(isById ? [] : [name]), ...(aliases ? [aliases] : [])])],
    propertiesWithHistory: [],
    ...(isById ? {} : { idProperty: name }),
  };
  const sent = await client.call(
    (watch) => client.batch.readWithHttpInfo(request.object, input, false, watch()),
    signal,
  );
  const status = sent.answer?.status ?? 0;
  const body = status === 200 || status === 207 ? record(parseJson(sent.answer?.text ?? "")) : null;
  if (body === null || !Array.isArray(body.results)) throw callFault(sent, what, now());

  const asked = new Map(values.map((value) => [matchForm(field?.matchForm ?? "exact", value), value]));
  const found = new Map<string, Found[]>();
  for (const result of records(body.results)) {
    const remoteId = text(result.id);
    if (remoteId === null || result.archived === true) continue;
    const properties = record(result.properties) ?? {};
    const own = isById ? remoteId : properties[name];
    const present = presentFields(request.fields, info, properties);
    for (const alias of namesOf(field, own, aliases === null ? null : properties[aliases])) {
      const value = asked.get(alias);
      if (value !== undefined) addTo(found, value, { remoteId, fields: present });
    }
  }
  return { found, calls: 1, bytesOut: sent.bytesOut, hints: hintsOf(sent, now()) };
}

/** Every value that a record answers to, in match form. */
function namesOf(field: RemoteField | undefined, own: unknown, others: unknown): ReadonlySet<string> {
  const texts = [decode(field, own), ...(typeof others === "string" ? others.split(";") : [])];
  return new Set(texts.filter((name) => name !== null).map((name) => matchForm(field?.matchForm ?? "exact", name)));
}

export function presentFields(
  names: readonly string[],
  info: RemoteObject,
  properties: Readonly<Record<string, unknown>>,
) {
  const present: Record<string, string | null> = {};
  for (const name of names) present[name] = decode(info.fields.get(name), properties[name]);
  return present;
}

export function addTo(found: Map<string, Found[]>, value: string, record: Found): void {
  const there = found.get(value);
  if (there === undefined) found.set(value, [record]);
  else if (!there.some((one) => one.remoteId === record.remoteId)) there.push(record);
}

function notUnique(what: string): Fault {
  return new Fault("DESTINATION_REFUSED", `${what}: HubSpot finds records by id or by a property with unique values`, {
    fix: "match by another property, or make this one anew with unique values required",
  });
}
