import type { Clock } from "../../src/contract/clock.ts";
import type { Abilities, Account, Destination, RemoteObject, Told } from "../../src/contract/destination.ts";
import { Fault } from "../../src/contract/fault.ts";
import { parseJson, record, text } from "../../src/kit/json.ts";
import { type HubspotClient, openClient } from "./client.ts";
import type { HubspotConfig } from "./config.ts";
import { readProperties, usualName } from "./describe.ts";
import { eraseRecord, erasureTerms } from "./erase.ts";
import { findRecords } from "./find.ts";
import { callFault, hintsOf, readRefusal } from "./refusal.ts";
import { searchRecords } from "./search.ts";
import { writeBatch } from "./write.ts";

export const hubspotAbilities: Abilities = {
  operations: ["upsert", "create", "update", "archive"],
  batchSize: 100,
  findSize: 100,
  // One `IN` of a hundred values, or a filter group for each combination of values, of which there may be five.
  searchSize: (fields) => (fields === 1 ? 100 : 5),
  findBytes: 1_000_000,
  upsertIsAtomic: true,
  concurrency: 8,
  // The smallest limit there is (Free and Starter); the first answer's headers tell the true one.
  firstWindow: { max: 100, intervalMs: 10_000 },
  // Five searches a second for an account, and no header tells of them (developers.hubspot.com, CRM search).
  searchWindow: { max: 5, intervalMs: 1_000 },
};

export type HubspotOptions = {
  readonly clock: Clock;
  /** Over one whole HTTP call. */
  readonly deadlineMs?: number;
};

const DEADLINE_MS = 60_000;

export async function openHubspot(config: HubspotConfig, options: HubspotOptions): Promise<Destination> {
  const { clock, deadlineMs = DEADLINE_MS } = options;
  const client = await openClient(config, { clock, deadlineMs });
  const now = () => clock.now();
  const described = new Map<string, RemoteObject>();

  async function describe(object: string, _: readonly string[], signal: AbortSignal): Promise<Told<RemoteObject>> {
    const usual = usualName(object);
    if (usual !== object)
      throw new Fault("DESTINATION_REFUSED", `"${object}" is another name of HubSpot's object ${usual}`, {
        fix: `write "object: ${usual}"`,
      });
    const told = await describeObject(client, object, now, signal);
    described.set(object, told.value);
    return told;
  }

  /** Values cannot be encoded without the types of their fields. */
  function infoOf(object: string): RemoteObject {
    const info = described.get(object);
    if (info === undefined) throw new Fault("INTERNAL", `${object} was not described: describe first`);
    return info;
  }

  return {
    abilities: hubspotAbilities,
    check: (signal) => checkAccount(client, now, signal),
    describe,
    find: async (request, signal) => {
      const info = infoOf(request.object);
      if (request.by === "recordId" || "unique" in request.by) return findRecords(client, request, info, now, signal);
      return searchRecords(client, request, request.by.fields, info, now, signal);
    },
    write: async (batch, signal) => writeBatch(client, batch, infoOf(batch.object), now, signal),
    erasure: {
      terms: erasureTerms,
      erase: (object, id, signal) => eraseRecord(client, object, id, now, signal),
    },
    close: async () => client.close(),
  };
}

async function checkAccount(client: HubspotClient, now: () => number, signal: AbortSignal): Promise<Told<Account>> {
  const sent = await client.get("/account-info/v3/details", signal);
  const body = sent.answer?.status === 200 ? record(parseJson(sent.answer.text)) : null;
  const portal = body?.portalId;
  if (body === null || (typeof portal !== "number" && typeof portal !== "string")) {
    throw callFault(sent, `checking ${client.host}`, now());
  }
  const about = [text(body.accountType), text(body.dataHostingLocation)].filter((word) => word !== null).join(", ");
  const label = `HubSpot portal ${portal}${about === "" ? "" : ` (${about})`}`;
  return { value: { id: String(portal), label }, calls: 1, hints: hintsOf(sent, now()) };
}

async function describeObject(
  client: HubspotClient,
  object: string,
  now: () => number,
  signal: AbortSignal,
): Promise<Told<RemoteObject>> {
  const what = `describe ${object}`;
  const sent = await client.call(
    (watch) => client.properties.getAllWithHttpInfo(object, false, undefined, watch()),
    signal,
  );
  const status = sent.answer?.status ?? 0;
  if (sent.answer !== null && (status === 400 || status === 404)) {
    throw new Fault("DESTINATION_REFUSED", `HubSpot knows no object "${object}": ${readRefusal(sent.answer).message}`, {
      fix: "contacts, companies, deals and tickets are there always; a custom object goes by its name or its id (2-1234567)",
      hints: hintsOf(sent, now()),
    });
  }
  const value = status === 200 ? readProperties(object, parseJson(sent.answer?.text ?? "")) : null;
  if (value === null) throw callFault(sent, what, now());
  return { value, calls: 1, hints: hintsOf(sent, now()) };
}
