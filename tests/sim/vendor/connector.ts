/** The simulated vendor and warehouse as connectors of one process: its calls may die at three points. */
import { z } from "zod";
import type { ConnectorDefinition } from "../../../src/contract/connector.ts";
import type {
  Destination,
  FindReply,
  Outcome,
  RemoteField,
  Reply,
  WriteBatch,
} from "../../../src/contract/destination.ts";
import { Fault, type Hints } from "../../../src/contract/fault.ts";
import type { CallFault } from "../story/swarm.ts";
import { COLUMNS } from "../story/tables.ts";
import { type Life, never } from "../world/life.ts";
import type { World } from "../world/world.ts";
import { comparable } from "./records.ts";
import { abilitiesOf, type Traits } from "./traits.ts";
import type { Vendor } from "./vendor.ts";

/** Hears of every call as it leaves a process, and of what a process is told. */
export type Wire = {
  /** `what` is a question's name, or the batch that is written. */
  left(life: Life, connection: string, what: string | WriteBatch): Promise<void>;
  /** The connection has said whose account it is: from here on it is one with the account's others. */
  introduced(life: Life, connection: string): void;
  /** A call is with the vendor, and counts: after its sender's death, perhaps. */
  arrived(life: Life): void;
  /** The vendor counts one call too many. */
  overLimit(life: Life): void;
  /** The process hears that it has to wait. */
  refusedForRate(life: Life, connection: string, retryAfterMs: number | null): void;
  wrote(life: Life, connection: string, batch: WriteBatch, outcomes: readonly Outcome[]): void;
};

export type SimParts = {
  readonly world: World;
  readonly vendor: Vendor;
  readonly life: Life;
  readonly wire: Wire;
  readonly account: string;
};

export function simConnectors(parts: SimParts): ConnectorDefinition[] {
  const none = { conformance: null, sandbox: null } as const;
  const abilities = abilitiesOf(parts.vendor.traits);
  return [
    {
      ...{ type: "sim warehouse", title: "a table", config: z.object({}), destination: null, ...none },
      warehouse: async () => ({
        local: { path: null },
        check: async () => "a table",
        describe: async () => COLUMNS,
        read: () => {
          throw new Error("the planner reads this warehouse by itself");
        },
        close: async () => undefined,
      }),
    },
    {
      ...{ type: "sim crm", title: "a vendor", config: z.object({}), warehouse: null, ...none },
      destination: {
        abilities,
        open: async (_, { connection }) => simDestination(parts, connection),
      },
    },
  ];
}

function simDestination({ world, vendor, life, wire, account }: SimParts, connection: string): Destination {
  const { traits, records } = vendor;
  const ask = async <T>(what: string, signal: AbortSignal, answer: () => T): Promise<{ value: T; hints: Hints }> => {
    const moment = await life.enter(`vendor.${what}`);
    await wire.left(life, connection, what);
    const fault = vendor.drawFault("ask");
    await world.sleep(vendor.transitMs(fault === "slow"));
    wire.arrived(life);
    const trouble = troubleOf(fault) ?? (vendor.limiter.passes(world.nowMs) ? null : "limit");
    if (trouble === "limit") wire.overLimit(life);
    const value = trouble === null ? answer() : null;
    if (moment === "during") life.die(`while vendor.${what} answers`);
    await world.sleep(vendor.transitMs(fault === "slow"));
    await life.awake();
    if (moment === "after") {
      life.die(`after vendor.${what}`);
      return never();
    }
    const hints = vendor.hints(world.nowMs);
    if (trouble === "limit" || trouble === "throttled") {
      const retryAfterMs = trouble === "limit" ? traits.limit.intervalMs : vendor.drawRetryAfter();
      wire.refusedForRate(life, connection, retryAfterMs);
      throw new Fault("THROTTLED", "too many calls", { hints: { ...hints, throttled: true, retryAfterMs } });
    }
    if (trouble === "unauthorized") throw new Fault("AUTH_REFUSED", "the token is refused");
    if (trouble === "down") throw new Fault("DESTINATION_UNREACHABLE", "the vendor answers 503");
    signal.throwIfAborted();
    if (what === "check") wire.introduced(life, connection);
    return { value: value as T, hints };
  };
  return {
    abilities: abilitiesOf(traits),
    check: async (signal) => ({ ...(await ask("check", signal, () => ({ id: account, label: account }))), calls: 1 }),
    describe: async (object, _, signal) => ({
      ...(await ask("describe", signal, () => ({ object, children: [], fields: fieldsOf(traits) }))),
      calls: 1,
    }),
    find: async ({ object, by, values, fields }, signal): Promise<FindReply> => {
      const { value: found, hints } = await ask("find", signal, () => {
        const hits = values.map((value) => {
          if (by === "recordId") {
            const record = records.answering(value);
            return [value, record === null ? [] : [record]] as const;
          }
          const names = "unique" in by ? [by.unique] : by.fields;
          const wanted = names.length === 1 ? [value] : (JSON.parse(value) as string[]);
          const of = records
            .living(object)
            .filter((record) =>
              names.every(
                (name, index) =>
                  comparable(name, record.fields.get(name) ?? null) === comparable(name, wanted[index] ?? ""),
              ),
            );
          return [value, of] as const;
        });
        return new Map(
          hits
            .filter(([, some]) => some.length > 0)
            .map(([value, some]) => [value, some.map((one) => records.found(one, fields))]),
        );
      });
      return { found, calls: 1, bytesOut: 50, hints };
    },
    write: (batch) => write({ world, vendor, life, wire, account }, connection, batch),
    erasure: null,
    close: async () => undefined,
  };
}

async function write(parts: SimParts, connection: string, batch: WriteBatch): Promise<Reply> {
  const { world, vendor, life, wire } = parts;
  const what = `vendor.${batch.operation}`;
  const moment = await life.enter(what);
  await wire.left(life, connection, batch);
  const fault = vendor.drawFault(batch.operation);
  await world.sleep(vendor.transitMs(fault === "slow"));
  wire.arrived(life);
  const { reply, refusal } = atVendor(parts, connection, batch, fault);
  if (moment === "during") life.die(`while ${what} is answered`);
  await world.sleep(vendor.transitMs(fault === "slow"));
  await life.awake();
  if (moment === "after") {
    life.die(`after ${what} was answered`);
    return never();
  }
  if (refusal !== null) wire.refusedForRate(life, connection, refusal.retryAfterMs);
  if (reply instanceof Fault) throw reply;
  return { ...reply, hints: reply.hints.throttled ? reply.hints : vendor.hints(world.nowMs) };
}

type Refusal = { readonly retryAfterMs: number | null };
type Answer = { readonly reply: Reply | Fault; readonly refusal: Refusal | null };

/** What the vendor makes of a batch, and what it lets its caller know. */
function atVendor(parts: SimParts, connection: string, batch: WriteBatch, fault: CallFault | "outage" | null): Answer {
  const { world, vendor, life, wire } = parts;
  const throttled = (retryAfterMs: number | null): Answer => {
    const hints = { ...vendor.hints(world.nowMs), throttled: true, retryAfterMs };
    const reply = all(batch, { kind: "deferred", code: "RATE_LIMITED", message: "too many calls" }, hints);
    return { reply, refusal: { retryAfterMs } };
  };
  if (fault === "unauthorized") return { reply: new Fault("AUTH_REFUSED", "the token is refused"), refusal: null };
  if (fault === "throttled") return throttled(vendor.drawRetryAfter());
  if (!vendor.limiter.passes(world.nowMs)) {
    wire.overLimit(life);
    return throttled(vendor.traits.limit.intervalMs);
  }
  return { reply: carriedOut(parts, connection, batch, fault), refusal: null };
}

function all(batch: WriteBatch, outcome: Outcome, hints: Hints): Reply {
  return { outcomes: batch.writes.map(() => outcome), refusedWhole: false, calls: 1, bytesOut: 100, hints };
}

function carriedOut(parts: SimParts, connection: string, batch: WriteBatch, fault: CallFault | "outage" | null): Reply {
  const { world, vendor, life, wire } = parts;
  const carry = (): Reply => {
    const reply = vendor.answer(batch, world.nowMs);
    wire.wrote(life, connection, batch, reply.outcomes);
    return reply;
  };
  const unknown = (reason: string) => all(batch, { kind: "unknown", reason }, vendor.hints(world.nowMs));
  switch (fault) {
    case "outage":
      // A vendor that is going down may still have done what it cannot tell any more.
      if (vendor.landsInOutage()) carry();
      return unknown("the vendor answers 502");
    case "lost":
      return unknown("the connection broke off");
    case "down":
      return all(
        batch,
        { kind: "deferred", code: "UNAVAILABLE", message: "the vendor answers 503" },
        vendor.hints(world.nowMs),
      );
    case "landed and lost":
      carry();
      return unknown("the connection broke off");
    case "late":
      vendor.applyLate(batch);
      return unknown("no answer in time");
    case "twice": {
      const reply = carry();
      vendor.records.carryOut(batch);
      return reply;
    }
    case "partial": {
      const reply = carry();
      const outcomes = reply.outcomes.map(
        (outcome, index): Outcome =>
          index % 2 === 0 ? outcome : { kind: "unknown", reason: "the answer does not name this row" },
      );
      return reply.refusedWhole ? reply : { ...reply, outcomes };
    }
    default:
      return carry();
  }
}

function troubleOf(fault: CallFault | "outage" | null): "unauthorized" | "throttled" | "down" | null {
  if (fault === "unauthorized" || fault === "throttled") return fault;
  return fault === "down" || fault === "outage" ? "down" : null;
}

function fieldsOf(traits: Traits): ReadonlyMap<string, RemoteField> {
  const field = (name: string, isUnique: boolean, isKey: boolean): [string, RemoteField] => [
    name,
    {
      ...{
        name,
        type: "text",
        vendorType: "string",
        creatable: true,
        updatable: true,
        required: false,
        findable: true,
      },
      ...{ unique: isUnique, upsertKey: isKey, options: null, maxLength: null },
      matchForm: name === "email" ? "lower" : "exact",
    },
  ];
  return new Map([
    field("ext", traits.extIsUnique, true),
    field("email", traits.emailIsUnique, traits.emailIsUnique),
    ...["name", "city", "tier", "source"].map((name) => field(name, false, false)),
  ]);
}
