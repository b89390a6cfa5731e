import type { Destination } from "../contract/destination.ts";
import { Fault } from "../contract/fault.ts";
import type { PlanRow } from "../contract/plan.ts";
import type { Sync } from "../contract/project.ts";
import { type Batch, cutBatches, kindOf } from "./cut-batches.ts";
import type { Recorder } from "./recorder.ts";
import { type SettleContext, type Settled, settleBatch } from "./settle-batch.ts";

export type DeliverParts = {
  readonly sync: Sync;
  /** Wrapped: limited, retrying, bisecting. */
  readonly destination: Destination;
  readonly recorder: Recorder;
  /** Plan rows by sequence number, `fromSeq` included, `toSeq` not. */
  readonly readPlan: (fromSeq: number, toSeq: number) => Promise<readonly PlanRow[]>;
  readonly planRows: number;
  readonly ownersOf: (remoteIds: readonly string[]) => Promise<ReadonlyMap<string, string>>;
  /** Asked after every batch; a fault stops the delivery before the next one. */
  readonly check: () => Fault | null;
  readonly onProgress: (rowsDone: number) => void;
};

/** Where it ended: all rows up to `nextSeq` were sent or settled; a fault says why it stopped before the end. */
export type Delivered = { readonly nextSeq: number; readonly stopped: Fault | null };

const PAGE_ROWS = 5_000;
/** So many batches in a row without one settled row: the destination is down, and every further call would be wasted. */
const MOST_FRUITLESS = 10;

/**
 * Sends a plan in order. Batches of one kind run side by side; a new kind waits for the one before, so that a value freed
 * by an update is free for a create, and nothing is removed before the living rows stand. Cancelling stops before the next
 * batch; what is in flight comes home and is recorded.
 */
export async function deliver(parts: DeliverParts, signal: AbortSignal): Promise<Delivered> {
  const { abilities } = parts.destination;
  let stopped: Fault | null = null;
  const context: SettleContext = {
    sync: parts.sync,
    destination: parts.destination,
    onFault: (fault) => {
      stopped ??= fault;
    },
    ownerOf: async (remoteIds) => {
      const owners = new Map(await parts.ownersOf(remoteIds));
      for (const id of remoteIds) {
        const recent = parts.recorder.recentOwner(id);
        if (recent !== null) owners.set(id, recent);
      }
      return owners;
    },
  };
  const inFlight = new Set<Promise<void>>();
  let fruitless = 0;
  let rowsDone = 0;
  const failed = (error: unknown): void => {
    stopped ??= error instanceof Fault ? error : new Fault("INTERNAL", messageOf(error), { cause: error });
  };
  const sendOne = async (batch: Batch): Promise<void> => {
    try {
      const settled = await settleBatch(context, batch, signal);
      await parts.recorder.record(batch, settled);
      rowsDone += batch.rows.length;
      parts.onProgress(rowsDone);
      fruitless = settled.every(isPutOff) ? fruitless + 1 : 0;
      stopped ??= parts.check() ?? (fruitless < MOST_FRUITLESS ? null : giveUp(settled[0]));
    } catch (error) {
      failed(error);
    }
  };
  const start = (batch: Batch): void => {
    const promise = sendOne(batch).finally(() => inFlight.delete(promise));
    inFlight.add(promise);
  };
  let nextSeq = 0;
  let kind: string | undefined;
  const sendAll = async (): Promise<void> => {
    for (let fromSeq = 0; fromSeq < parts.planRows && stopped === null && !signal.aborted; fromSeq += PAGE_ROWS) {
      const rows = await parts.readPlan(fromSeq, Math.min(fromSeq + PAGE_ROWS, parts.planRows));
      const batches = cutBatches(rows, abilities.batchSize);
      for (let index = 0; index < batches.length && stopped === null && !signal.aborted; ) {
        // Intents of one round share a transaction; a crash leaves no more in doubt than may really be on its way.
        const round = sameKind(batches.slice(index, index + abilities.concurrency));
        const next = round[0] === undefined ? kind : kindOf(round[0]);
        if (next !== kind) await Promise.all(inFlight);
        // What came home may be the reason to stop: nothing is removed after it.
        if (stopped !== null || signal.aborted) return;
        kind = next;
        await parts.recorder.intend(round);
        for (const batch of round) {
          while (inFlight.size >= abilities.concurrency) await Promise.race(inFlight);
          start(batch);
          nextSeq = (batch.rows.at(-1)?.seq ?? nextSeq - 1) + 1;
        }
        index += round.length;
      }
    }
  };
  // What is in flight comes home also where the next intent could not be written.
  await sendAll().catch(failed);
  await Promise.all(inFlight);
  if (stopped === null && signal.aborted) stopped = new Fault("CANCELLED", "cancelled before everything was sent");
  return { nextSeq, stopped };
}

function isPutOff(settled: Settled): boolean {
  return settled.kind === "inDoubt" || (settled.kind === "deferred" && settled.code !== "CANCELLED");
}

function giveUp(last: Settled | undefined): Fault {
  const why = last?.kind === "deferred" ? last.message : last?.kind === "inDoubt" ? last.reason : "no answer";
  return new Fault("DESTINATION_UNREACHABLE", `stopped after ${MOST_FRUITLESS} batches without an answer: ${why}`, {
    fix: "run again when the destination is back; the rows are planned again",
  });
}

function sameKind(batches: readonly Batch[]): Batch[] {
  const end = batches.findIndex((batch, _, [first]) => first !== undefined && kindOf(batch) !== kindOf(first));
  return end === -1 ? [...batches] : batches.slice(0, end);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** How many calls a plan's rows will take, and how many rows each kind has; for the forecast. */
export function callsFor(rowsByCall: ReadonlyMap<string, number>, batchSize: number): number {
  return [...rowsByCall.values()].reduce((sum, rows) => sum + Math.ceil(rows / batchSize), 0);
}
