import type { FindReply, FindRequest, Found, RemoteObject } from "../../src/contract/destination.ts";
import { findValues } from "../../src/kit/find-values.ts";
import { parseJson, record, records, text } from "../../src/kit/json.ts";
import { matchForm } from "../../src/kit/match-form.ts";
import type { HubspotClient } from "./client.ts";
import { addTo, presentFields } from "./find.ts";
import { callFault, hintsOf } from "./refusal.ts";
import { decode, encode } from "./values.ts";

const PAGE = 200;
/** HubSpot shows no more results of one search (developers.hubspot.com, CRM search). */
const MOST_RESULTS = 10_000;

/**
 * Search by properties that need not be unique. The index lags behind the records by seconds, so nothing is ever created
 * on its word alone: new records go by the first match entry, which is unique.
 */
export async function searchRecords(
  client: HubspotClient,
  request: FindRequest,
  fields: readonly string[],
  info: RemoteObject,
  now: () => number,
  signal: AbortSignal,
): Promise<FindReply> {
  const form = (name: string, value: string) => matchForm(info.fields.get(name)?.matchForm ?? "exact", value);
  const asked = new Map(
    findValues(request).map((one) => [
      keyOf(one.values.map((value, place) => form(fields[place] ?? "", value))),
      one.asked,
    ]),
  );
  const found = new Map<string, Found[]>();
  let calls = 0;
  let bytesOut = 0;
  for (let after = 0; ; after += PAGE) {
    const search = {
      filterGroups: filterGroups(request, fields, info),
      properties: [...new Set([...fields, ...request.fields])],
      limit: PAGE,
      after: String(after),
      sorts: ["hs_object_id"],
    };
    const sent = await client.call(
      (watch) => client.search.doSearchWithHttpInfo(request.object, search as never, watch()),
      signal,
    );
    calls++;
    bytesOut += sent.bytesOut;
    const body = sent.answer?.status === 200 ? record(parseJson(sent.answer.text)) : null;
    if (body === null || !Array.isArray(body.results))
      throw callFault(sent, `search ${request.object} by ${fields.join(" + ")}`, now());
    for (const result of records(body.results)) {
      const properties = record(result.properties) ?? {};
      const own = fields.map((name) => form(name, decode(info.fields.get(name), properties[name]) ?? ""));
      const value = asked.get(keyOf(own));
      const remoteId = text(result.id);
      if (value !== undefined && remoteId !== null)
        addTo(found, value, { remoteId, fields: presentFields(request.fields, info, properties) });
    }
    const isLast = record(body.paging)?.next === undefined || after + 2 * PAGE > MOST_RESULTS;
    if (isLast) return { found, calls, bytesOut, hints: hintsOf(sent, now()) };
  }
}

function keyOf(values: readonly string[]): string {
  return JSON.stringify(values);
}

function filterGroups(request: FindRequest, fields: readonly string[], info: RemoteObject) {
  const all = findValues(request);
  const [only = ""] = fields;
  if (fields.length === 1) {
    // Texts in IN are compared in lower case.
    const values = all.map((one) => encode(info.fields.get(only), one.values[0] ?? "").toLowerCase());
    return [{ filters: [{ propertyName: only, operator: "IN", values }] }];
  }
  return all.map(({ values }) => ({
    filters: fields.map((propertyName, place) => ({
      propertyName,
      operator: "EQ",
      value: encode(info.fields.get(propertyName), values[place] ?? ""),
    })),
  }));
}
