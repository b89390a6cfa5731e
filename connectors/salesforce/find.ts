import type { FindReply, FindRequest, Found, RemoteField } from "../../src/contract/destination.ts";
import { Fault } from "../../src/contract/fault.ts";
import { findValues } from "../../src/kit/find-values.ts";
import { type Json, text } from "../../src/kit/json.ts";
import type { SalesforceClient } from "./client.ts";
import type { SalesforceObject } from "./describe.ts";
import { type Asked, nothingAsked, runQuery } from "./query.ts";
import { fullId, isRecordId } from "./record-id.ts";
import { columnOf, lookupForm, quoteSoql, soqlLiteral, valueIn } from "./values.ts";

/** A merge may have been merged again; nobody has seen more than a few in a row. */
const MOST_MERGES = 10;

type Search = {
  readonly client: SalesforceClient;
  readonly object: SalesforceObject;
  readonly request: FindRequest;
  readonly asked: Asked;
  readonly now: () => number;
  readonly signal: AbortSignal;
};

/** Looks records up by SOQL. Deleted records are not found; a merged one is, under the id of the record it lives on in. */
export async function findRecords(
  client: SalesforceClient,
  request: FindRequest,
  object: SalesforceObject,
  now: () => number,
  signal: AbortSignal,
): Promise<FindReply> {
  const search: Search = { client, object, request, asked: nothingAsked(), now, signal };
  const found =
    request.by === "recordId"
      ? await findById(search)
      : await findByFields(search, "unique" in request.by ? [request.by.unique] : request.by.fields);
  const { calls, bytesOut, hints } = search.asked;
  return { found, calls, bytesOut, hints };
}

async function findById(search: Search): Promise<ReadonlyMap<string, readonly Found[]>> {
  const { object, request } = search;
  const { isMergeable } = object;
  const own = request.values.filter(isRecordId);
  const known = new Map<string, Json>();
  let ids = [...new Set(own.map(fullId))];
  for (let round = 0; ids.length > 0 && round < MOST_MERGES; round++) {
    const rows = await runQuery(
      search.client,
      {
        isAll: isMergeable,
        head: `${select(search, isMergeable ? ["IsDeleted", "MasterRecordId"] : [])} WHERE Id IN (`,
        conditions: ids.map(quoteSoql),
        separator: ",",
        tail: ")",
        what: `find ${object.object} by record id`,
      },
      search.asked,
      search.now,
      search.signal,
    );
    for (const row of rows) known.set(fullId(text(row.Id) ?? ""), row);
    const masters = rows.filter((row) => row.IsDeleted === true).map((row) => text(row.MasterRecordId));
    ids = [...new Set(masters.filter((id) => id !== null).map(fullId))].filter((id) => !known.has(id));
  }
  const found = new Map<string, readonly Found[]>();
  for (const asked of own) {
    const row = survivor(known, fullId(asked));
    if (row !== null) found.set(asked, [foundIn(search, row)]);
  }
  return found;
}

/** The living record that an id answers for. */
function survivor(known: ReadonlyMap<string, Json>, id: string): Json | null {
  let row = known.get(id);
  for (let round = 0; row?.IsDeleted === true && round < MOST_MERGES; round++)
    row = known.get(fullId(text(row.MasterRecordId) ?? ""));
  return row === undefined || row.IsDeleted === true ? null : row;
}

async function findByFields(search: Search, names: readonly string[]): Promise<ReadonlyMap<string, readonly Found[]>> {
  const { object, request } = search;
  const what = `find ${object.object} by ${names.join(" + ")}`;
  const fields = names.map((name) => findable(object, name, what));
  const columns = names.map((name) => columnOf(object, name) ?? name);
  const asked = new Map<string, string>();
  const conditions: string[] = [];
  for (const one of findValues(request)) {
    const literals = fields.map((field, place) => literalOf(object, field, one.values[place] ?? ""));
    if (!literals.every((literal) => literal !== null)) continue;
    asked.set(keyOf(fields, one.values), one.asked);
    const [only = ""] = literals;
    const all = literals.map((literal, place) => `${columns[place]} = ${literal}`).join(" AND ");
    conditions.push(literals.length === 1 ? only : `(${all})`);
  }
  const isSingle = columns.length === 1;
  // A converted lead takes no changes any more: whoever matches it is a new lead, or none.
  const alive = object.isConvertible ? " AND IsConverted = false" : "";
  const rows = await runQuery(
    search.client,
    {
      isAll: false,
      head: `${select(search, columns)} WHERE ${isSingle ? `${columns[0]} IN (` : "("}`,
      conditions,
      separator: isSingle ? "," : " OR ",
      tail: `)${alive}`,
      what,
    },
    search.asked,
    search.now,
    search.signal,
  );
  const found = new Map<string, Found[]>();
  for (const row of rows) {
    const key = keyOf(
      fields,
      names.map((name) => valueIn(object, name, row) ?? ""),
    );
    const value = asked.get(key);
    if (value === undefined) continue;
    const there = found.get(value);
    if (there === undefined) found.set(value, [foundIn(search, row)]);
    else there.push(foundIn(search, row));
  }
  return found;
}

function keyOf(fields: readonly RemoteField[], values: readonly string[]): string {
  return JSON.stringify(fields.map((field, place) => lookupForm(field, values[place] ?? "")));
}

/** Record types are compared by their ids. */
function literalOf(object: SalesforceObject, field: RemoteField, value: string): string | null {
  if (field.vendorType !== "record type") return soqlLiteral(field, value);
  const id = object.recordTypes.get(value);
  return id === undefined ? null : quoteSoql(id);
}

function findable(object: SalesforceObject, name: string, what: string): RemoteField {
  const field = object.fields.get(name);
  if (field?.findable === true && columnOf(object, name) !== null) return field;
  const why = field === undefined ? "is unknown or not visible to the integration user" : "cannot be filtered by";
  throw new Fault("DESTINATION_REFUSED", `${what}: field ${name} ${why}`, { fix: "match by another field" });
}

function select({ object, request }: Search, more: readonly string[]): string {
  const wanted = request.fields.map((name) => columnOf(object, name)).filter((name) => name !== null);
  const columns = new Map(["Id", ...more, ...wanted].map((name) => [name.toLowerCase(), name]));
  return `SELECT ${[...columns.values()].join(",")} FROM ${object.object}`;
}

function foundIn({ object, request }: Search, row: Json): Found {
  const fields: Record<string, string | null> = {};
  for (const name of request.fields) fields[name] = valueIn(object, name, row);
  return { remoteId: fullId(text(row.Id) ?? ""), fields };
}
