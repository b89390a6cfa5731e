import type { Clock } from "../../src/contract/clock.ts";
import type { Abilities, Account, Destination, ObjectInfo, Told, WriteBatch } from "../../src/contract/destination.ts";
import { Fault, NO_HINTS } from "../../src/contract/fault.ts";
import { deferred, forAll } from "../../src/kit/outcome.ts";
import { type HubspotClient, openClient } from "./client.ts";
import type { HubspotConfig } from "./config.ts";
import { readProperties } from "./describe.ts";
import { findRecords } from "./find.ts";
import { callFault, hintsOf, readRefusal } from "./refusal.ts";
import { parseJson, record, text } from "./vendor-error.ts";
import { writeBatch } from "./write.ts";

export const hubspotAbilities: Abilities = {
  operations: ["upsert", "create", "update", "archive"],
  batchSize: 100,
  findSize: 100,
  upsertIsAtomic: true,
  partialUpdate: true,
  concurrency: 8,
  // The smallest limit there is (Free and Starter); the first answer's headers tell the true one.
  firstWindow: { max: 100, intervalMs: 10_000 },
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
  const described = new Map<string, ObjectInfo>();

  async function describe(object: string, signal: AbortSignal): Promise<Told<ObjectInfo>> {
    const told = await describeObject(client, object, now, signal);
    described.set(object, told.value);
    return told;
  }

  /** Values cannot be encoded without the types of their fields; a caller that never described pays one call more. */
  async function infoOf(object: string, signal: AbortSignal): Promise<Told<ObjectInfo>> {
    const value = described.get(object);
    return value === undefined ? describe(object, signal) : { value, calls: 0, hints: NO_HINTS };
  }

  return {
    abilities: hubspotAbilities,
    check: (signal) => checkAccount(client, now, signal),
    describe,
    find: async (request, signal) => {
      const info = await infoOf(request.object, signal);
      const reply = await findRecords(client, request, info.value, now, signal);
      return { ...reply, calls: reply.calls + info.calls };
    },
    write: async (batch, signal) => {
      const info = await infoOf(batch.object, signal).catch((error: unknown) => error);
      if (!isTold(info)) return notSent(batch, info);
      const reply = await writeBatch(client, batch, info.value, now, signal);
      return { ...reply, calls: reply.calls + info.calls };
    },
    close: async () => client.close(),
  };
}

function isTold(value: unknown): value is Told<ObjectInfo> {
  return typeof value === "object" && value !== null && "value" in value && "calls" in value;
}

/** Nothing was sent: the description that a write needs could not be had. */
function notSent(batch: WriteBatch, error: unknown) {
  if (!(error instanceof Fault) || error.rule.retry === "person") throw error;
  const outcomes = forAll(batch.writes.length, deferred(error.code, error.message));
  return { outcomes, refusedWhole: false, calls: 1, bytesOut: 0, hints: error.hints };
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
): Promise<Told<ObjectInfo>> {
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
