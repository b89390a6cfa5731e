import type { DependentOptions, RemoteField } from "../../src/contract/destination.ts";
import type { Hints } from "../../src/contract/fault.ts";
import { parseJson, record, records, text } from "../../src/kit/json.ts";
import type { SalesforceClient, Sent } from "./client.ts";
import { RECORD_TYPE_ID, RECORD_TYPE_NAME, type SalesforceObject } from "./describe.ts";
import { limitRefusal } from "./hints.ts";
import { fullId } from "./record-id.ts";
import { callFault, hintsOf } from "./refusal.ts";

/** Values that a picklist offers for records of a type, by field. */
type Offered = ReadonlyMap<string, readonly string[]>;

/**
 * The object with its restricted picklists bound to the record type, where the sync names that. Costs one call for each
 * record type that the user may give (a describe does not tell, and there is no call for several), or a single one where
 * the UI API is closed to the user or does not know the object: then Salesforce says row by row, as for types that are
 * not named. A type that stays unknown takes every option. `hints` are null where nothing was asked. Faults: as `describe`.
 */
export async function withRecordTypes(
  client: SalesforceClient,
  object: SalesforceObject,
  names: readonly string[],
  now: () => number,
  signal: AbortSignal,
): Promise<{ value: SalesforceObject; calls: number; hints: Hints | null }> {
  const by = [RECORD_TYPE_NAME, RECORD_TYPE_ID].find((name) => names.includes(name) && object.fields.has(name));
  let calls = 0;
  let hints: Hints | null = null;
  if (by === undefined || boundFields(object).length === 0) return { value: object, calls, hints };
  const offered = new Map<string, Offered>();
  for (const [name, id] of object.recordTypes) {
    const path = `/ui-api/object-info/${object.object}/picklist-values/${id}`;
    const sent = await client.call({ method: "GET", path }, signal);
    calls++;
    hints = hintsOf(sent, now());
    if (isWithheld(sent)) break;
    const values = sent.answer?.status === 200 ? readOffered(parseJson(sent.answer.text)) : null;
    if (values === null) throw callFault(sent, `picklist values of ${object.object} for record type ${name}`, now());
    for (const value of by === RECORD_TYPE_NAME ? [name] : idForms(id)) offered.set(value, values);
  }
  return { value: bound(object, by, offered), calls, hints };
}

function boundFields(object: SalesforceObject): readonly RemoteField[] {
  return [...object.fields.values()].filter(({ name, options }) => options !== null && name !== RECORD_TYPE_NAME);
}

/** 403 without permission, 404 or 400 for objects that the UI API does not support; limits and sessions are trouble of another kind. */
function isWithheld({ answer }: Sent): boolean {
  return answer !== null && [400, 403, 404].includes(answer.status) && limitRefusal(answer) === null;
}

/** uiapi, Picklist Values Collection: `{picklistFieldValues: {Tier__c: {values: [{value}]}}}`. */
function readOffered(body: unknown): Offered | null {
  const fields = record(record(body)?.picklistFieldValues);
  if (fields === null) return null;
  const offered = new Map<string, readonly string[]>();
  for (const [name, field] of Object.entries(fields)) {
    const values = record(field)?.values;
    if (Array.isArray(values))
      offered.set(
        name,
        records(values).flatMap(({ value }) => text(value) ?? []),
      );
  }
  return offered;
}

/** A column may hold either. */
function idForms(id: string): readonly string[] {
  return [id.slice(0, 15), fullId(id)];
}

function bound(object: SalesforceObject, by: string, offered: ReadonlyMap<string, Offered>): SalesforceObject {
  const fields = new Map(object.fields);
  for (const field of boundFields(object)) {
    const options = dependentOptions(field, by, offered);
    if (options !== null) fields.set(field.name, { ...field, options });
  }
  return { ...object, fields };
}

/** null where every type takes every option. */
function dependentOptions(
  { name, options: all }: RemoteField,
  by: string,
  offered: ReadonlyMap<string, Offered>,
): DependentOptions | null {
  if (all === null || "field" in all) return null;
  const when: DependentOptions["when"][number][] = [];
  for (const [value, fields] of offered) {
    const options = new Set(fields.get(name) ?? all);
    const taken = all.filter((option) => options.has(option));
    // Values that the describe does not know mean that the two are not spelled alike: better no list than a wrong one.
    if (taken.length === options.size && taken.length < all.length) when.push({ value, options: taken });
  }
  return when.length === 0 ? null : { field: by, when, all };
}
