import type { Destination, RemoteObject } from "../contract/destination.ts";
import { Fault } from "../contract/fault.ts";
import type { PlanRow } from "../contract/plan.ts";
import type { Sync } from "../contract/project.ts";
import { type Batch, cutBatches, kindOf } from "./cut-batches.ts";
import { openFlight } from "./flight.ts";
import type { Recorder } from "./recorder.ts";
import type { Acknowledged, Holders, Neighbours, OwnersOf } from "./settle/settled.ts";

export type DeliverParts = {
  readonly sync: Sync;
  readonly object: RemoteObject;
  /** Wrapped: limited, retrying, bisecting. */
  readonly destination: Destination;
  readonly recorder: Recorder;
  /** Plan rows by sequence number, `fromSeq` included, `toSeq` not. */
  readonly readPlan: (fromSeq: number, toSeq: number) => Promise<readonly PlanRow[]>;
  /** What is to be sent of the plan: in order, without overlaps. */
  readonly ranges: readonly DeliverRange[];
  /** Ids of merged records that this account's syncs know of (old id → new id). */
  readonly aliases: () => Promise<ReadonlyMap<string, string>>;
  readonly holdersOf: (remoteIds: readonly string[]) => Promise<Holders>;
  readonly ownersOf: OwnersOf;
  readonly acknowledged: Acknowledged;
  /** Filled with records that came to rows, until those are written down (record id → key). */
  readonly claims: Map<string, string>;
  readonly neighbours: Neighbours;
  /** Asked after every batch; a fault stops the delivery before the next one. */
  readonly check: () => Fault | null;
  readonly onProgress: (rowsDone: number) => void;
};

/** Rows of the plan, both ends included. `mayHaveLanded`: they were sent before, and nobody knows what became of it. */
export type DeliverRange = { readonly fromSeq: number; readonly toSeq: number; readonly mayHaveLanded: boolean };

/** Where it ended: of its ranges everything before `nextSeq` was sent or settled; a fault says why it stopped before the end. */
export type Delivered = { readonly nextSeq: number; readonly stopped: Fault | null };

const PAGE_ROWS = 2_500;

/**
 * Sends a plan in order. Batches of one kind run side by side; a new kind waits for the one before, so that a value freed
 * by an update is free for a create, and nothing is removed before the living rows stand. Cancelling stops before the next
 * batch; what is in flight comes home and is recorded.
 */
export async function deliver(parts: DeliverParts, signal: AbortSignal): Promise<Delivered> {
  const { abilities } = parts.destination;
  const context = {
    sync: parts.sync,
    object: parts.object,
    destination: parts.destination,
    holdersOf: holdersOf(parts),
    ownersOf: ownersOf(parts),
    acknowledged: parts.acknowledged,
    claims: parts.claims,
    neighbours: parts.neighbours,
    knownAliases: once(parts.aliases),
    onMerged: parts.recorder.merged,
  };
  const flight = openFlight({ ...parts, concurrency: abilities.concurrency }, context, signal);
  const goesOn = (): boolean => flight.stopped === null && !signal.aborted;
  let nextSeq = 0;
  let kind: string | undefined;
  const sendAll = async (): Promise<void> => {
    for await (const { rows, mayHaveLanded } of pages(parts)) {
      const batches = cutBatches(rows, abilities.batchSize).map((batch) => ({ ...batch, mayHaveLanded }));
      for (let index = 0; index < batches.length; ) {
        // Intents of one round share a transaction; a crash leaves no more in doubt than may really be on its way.
        const round = sameKind(batches.slice(index, index + abilities.concurrency));
        const next = round[0] === undefined ? kind : kindOf(round[0]);
        if (next !== kind) await flight.landed();
        kind = next;
        // What came home may be the reason to stop: nothing is removed after it.
        if (!goesOn()) return;
        await parts.recorder.intend(round);
        for (const batch of round) {
          await flight.launch(batch);
          nextSeq = (batch.rows.at(-1)?.seq ?? nextSeq - 1) + 1;
        }
        index += round.length;
      }
      if (!goesOn()) return;
    }
  };
  // What is in flight comes home also where the next intent could not be written.
  await sendAll().catch(flight.stop);
  await flight.landed();
  if (signal.aborted) flight.stop(stopReason(signal));
  return { nextSeq, stopped: flight.stopped };
}

/** A lease that was lost says so; all other wishes to stop are a person's. */
function stopReason({ reason }: AbortSignal): Fault {
  return reason instanceof Fault ? reason : new Fault("CANCELLED", "cancelled before everything was sent");
}

/** Asked when the first record is missing, and kept: what this run finds out itself is not asked for again. */
function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | null = null;
  return () => {
    answer ??= ask();
    return answer;
  };
}

/** Pages of the plan; while one is being sent the next is being read. */
async function* pages(parts: DeliverParts): AsyncGenerator<Page> {
  const cuts = parts.ranges.flatMap(cutRange);
  const read = (index: number): Promise<Page> | null => {
    const range = cuts[index];
    if (range === undefined) return null;
    const page = parts
      .readPlan(range.fromSeq, range.toSeq + 1)
      .then((rows) => ({ rows, mayHaveLanded: range.mayHaveLanded }));
    // Awaited a page later, or never where the delivery stops: a failure is then nobody's.
    page.catch(() => undefined);
    return page;
  };
  let next = read(0);
  for (let index = 0; next !== null; index++) {
    const page: Page = await next;
    next = read(index + 1);
    yield page;
  }
}

type Page = { readonly rows: readonly PlanRow[]; readonly mayHaveLanded: boolean };

function cutRange({ fromSeq, toSeq, mayHaveLanded }: DeliverRange): DeliverRange[] {
  const pages: DeliverRange[] = [];
  for (let from = fromSeq; from <= toSeq; from += PAGE_ROWS)
    pages.push({ fromSeq: from, toSeq: Math.min(from + PAGE_ROWS - 1, toSeq), mayHaveLanded });
  return pages;
}

/** Who holds a record: by the snapshots, and by what was accepted since. */
function holdersOf(parts: DeliverParts): DeliverParts["holdersOf"] {
  return async (remoteIds) => {
    const recent = recentOwners(parts, remoteIds);
    const { own, others } = await parts.holdersOf(remoteIds);
    return { own: new Map([...own, ...recent]), others };
  };
}

function ownersOf(parts: DeliverParts): DeliverParts["ownersOf"] {
  return async (remoteIds) => {
    const recent = recentOwners(parts, remoteIds);
    return new Map([...(await parts.ownersOf(remoteIds)), ...recent]);
  };
}

/** To be asked before the snapshots: what is accepted meanwhile stands there, and here no more. */
function recentOwners({ recorder }: DeliverParts, remoteIds: readonly string[]): (readonly [string, string])[] {
  return remoteIds.flatMap((id): (readonly [string, string])[] => {
    const key = recorder.recentOwner(id);
    return key === null ? [] : [[id, key]];
  });
}

function sameKind(batches: readonly Batch[]): Batch[] {
  const end = batches.findIndex((batch, _, [first]) => first !== undefined && kindOf(batch) !== kindOf(first));
  return end === -1 ? [...batches] : batches.slice(0, end);
}
