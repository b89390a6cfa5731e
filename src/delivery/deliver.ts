import type { Destination, RemoteObject } from "../contract/destination.ts";
import { Fault } from "../contract/fault.ts";
import type { PlanRow } from "../contract/plan.ts";
import type { Sync } from "../contract/project.ts";
import { type Batch, cutBatches, kindOf } from "./cut-batches.ts";
import { openFlight } from "./flight.ts";
import type { Recorder } from "./recorder.ts";

export type DeliverParts = {
  readonly sync: Sync;
  readonly object: RemoteObject;
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

const PAGE_ROWS = 2_500;

/**
 * Sends a plan in order. Batches of one kind run side by side; a new kind waits for the one before, so that a value freed
 * by an update is free for a create, and nothing is removed before the living rows stand. Cancelling stops before the next
 * batch; what is in flight comes home and is recorded.
 */
export async function deliver(parts: DeliverParts, signal: AbortSignal): Promise<Delivered> {
  const { abilities } = parts.destination;
  const context = { sync: parts.sync, object: parts.object, destination: parts.destination, ownerOf: ownersOf(parts) };
  const flight = openFlight({ ...parts, concurrency: abilities.concurrency }, context, signal);
  const goesOn = (): boolean => flight.stopped === null && !signal.aborted;
  let nextSeq = 0;
  let kind: string | undefined;
  const sendAll = async (): Promise<void> => {
    for await (const rows of pages(parts)) {
      const batches = cutBatches(rows, abilities.batchSize);
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
  if (signal.aborted) flight.stop(new Fault("CANCELLED", "cancelled before everything was sent"));
  return { nextSeq, stopped: flight.stopped };
}

/** Pages of the plan; while one is being sent the next is being read. */
async function* pages(parts: DeliverParts): AsyncGenerator<readonly PlanRow[]> {
  const read = (fromSeq: number): Promise<readonly PlanRow[]> => {
    const page = parts.readPlan(fromSeq, Math.min(fromSeq + PAGE_ROWS, parts.planRows));
    // Awaited a page later, or never where the delivery stops: a failure is then nobody's.
    page.catch(() => undefined);
    return page;
  };
  let next = parts.planRows > 0 ? read(0) : null;
  for (let fromSeq = 0; next !== null; fromSeq += PAGE_ROWS) {
    const rows: readonly PlanRow[] = await next;
    next = fromSeq + PAGE_ROWS < parts.planRows ? read(fromSeq + PAGE_ROWS) : null;
    yield rows;
  }
}

/** Who holds a record: by the snapshot, and by what was accepted since. */
function ownersOf(parts: DeliverParts): DeliverParts["ownersOf"] {
  return async (remoteIds) => {
    const owners = new Map(await parts.ownersOf(remoteIds));
    for (const id of remoteIds) {
      const recent = parts.recorder.recentOwner(id);
      if (recent !== null) owners.set(id, recent);
    }
    return owners;
  };
}

function sameKind(batches: readonly Batch[]): Batch[] {
  const end = batches.findIndex((batch, _, [first]) => first !== undefined && kindOf(batch) !== kindOf(first));
  return end === -1 ? [...batches] : batches.slice(0, end);
}
