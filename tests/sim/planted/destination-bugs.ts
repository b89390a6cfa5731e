/** Bugs of what is made of the destination's answers. */
import type { Destination, Outcome, Reply, Write, WriteBatch } from "../../../src/contract/destination.ts";
import { Fault, NO_HINTS } from "../../../src/contract/fault.ts";
import { type Bug, withDestination } from "./plant.ts";

function withReplies(destination: Destination, change: (reply: Reply, batch: WriteBatch) => Reply): Destination {
  return { ...destination, write: async (batch, signal) => change(await destination.write(batch, signal), batch) };
}

function asApplied(write: Write | undefined): Outcome {
  const remoteId = write !== undefined && "id" in write.by ? write.by.id : "0";
  return { kind: "applied", remoteId, created: null, altered: [] };
}

function withOutcomes(destination: Destination, isTaken: (outcome: Outcome, reply: Reply) => boolean): Destination {
  return withReplies(destination, (reply, batch) => ({
    ...reply,
    outcomes: reply.outcomes.map((outcome, index) =>
      isTaken(outcome, reply) ? asApplied(batch.writes[index]) : outcome,
    ),
  }));
}

export const DESTINATION_BUGS: readonly Bug[] = [
  {
    name: "a timeout is taken for success",
    plant: (ports) => withDestination(ports, (inner) => withOutcomes(inner, ({ kind }) => kind === "unknown")),
  },
  {
    name: "a batch's success is taken for that of its rows",
    plant: (ports) =>
      withDestination(ports, (inner) =>
        withOutcomes(
          inner,
          ({ kind }, { outcomes }) => kind !== "applied" && outcomes.some((one) => one.kind === "applied"),
        ),
      ),
  },
  {
    name: "a refused row counts as accepted",
    plant: (ports) => withDestination(ports, (inner) => withOutcomes(inner, ({ kind }) => kind === "rejected")),
  },
  {
    name: "Retry-After is ignored",
    plant: (ports) =>
      withDestination(ports, (inner) => ({
        ...withReplies(inner, (reply) => ({
          ...reply,
          hints: { ...reply.hints, throttled: false, retryAfterMs: null },
        })),
        find: (request, signal) => withoutHints(() => inner.find(request, signal)),
        check: (signal) => withoutHints(() => inner.check(signal)),
      })),
  },
  {
    name: "no limiter",
    plant: (ports) =>
      withDestination(ports, (inner) => ({
        ...withReplies(inner, (reply) => ({ ...reply, hints: { ...reply.hints, window: null } })),
        abilities: { ...inner.abilities, firstWindow: { max: 1_000_000, intervalMs: 1_000 } },
        check: async (signal) => ({ ...(await inner.check(signal)), hints: NO_HINTS }),
        describe: async (...args) => ({ ...(await inner.describe(...args)), hints: NO_HINTS }),
        find: async (...args) => ({ ...(await inner.find(...args)), hints: NO_HINTS }),
      })),
  },
  {
    name: "an unknown create is sent again blindly",
    plant: (ports) =>
      withDestination(ports, (inner) => ({
        ...inner,
        write: async (batch, signal) => {
          const reply = await inner.write(batch, signal);
          const isMaking = batch.operation === "create" || batch.operation === "upsert";
          return isMaking && reply.outcomes.some(({ kind }) => kind === "unknown") ? inner.write(batch, signal) : reply;
        },
      })),
  },
  {
    name: "a lookup that failed has found nothing",
    plant: (ports) =>
      withDestination(ports, (inner) => ({
        ...inner,
        find: async (request, signal) => {
          try {
            return await inner.find(request, signal);
          } catch (error) {
            if (!(error instanceof Fault)) throw error;
            return { found: new Map(), calls: 1, bytesOut: 0, hints: NO_HINTS };
          }
        },
      })),
  },
];

async function withoutHints<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw error instanceof Fault ? new Fault(error.code, error.message) : error;
  }
}
