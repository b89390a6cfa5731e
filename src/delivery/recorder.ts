import type { Clock } from "../contract/clock.ts";
import type { PlanRow } from "../contract/plan.ts";
import type { Acceptance, Planner } from "../contract/planner.ts";
import type { Acknowledgement, Alias, Lease, StateStore } from "../contract/state.ts";
import { breath } from "../core/breath.ts";
import type { Batch } from "./cut-batches.ts";
import type { Settled } from "./settle/settled.ts";
import type { Tally } from "./tally.ts";
import { type RejectHash, toAck } from "./to-ack.ts";

export type RecorderParts = {
  readonly state: StateStore;
  readonly planner: Planner;
  readonly lease: Lease;
  readonly run: string;
  readonly plan: string;
  /** Whose records these are. */
  readonly account: string;
  readonly object: string;
  readonly clock: Clock;
  readonly tally: Tally;
  readonly rejectHash: RejectHash;
};

/**
 * Writes down what came back. A batch is acknowledged in the state first; from time to time, and at the end, what is
 * acknowledged is accepted into the snapshot, and only then is the acknowledgement folded away. A crash between any two of
 * these loses nothing: the acknowledgement is still there and is accepted again.
 */
export interface Recorder {
  intend(batches: readonly Batch[]): Promise<void>;
  /** The batch never left: as if it had not been intended. */
  withdraw(batch: Batch): Promise<void>;
  record(batch: Batch, settled: readonly Settled[]): Promise<void>;
  /** A record answers under another id now; written down with the batch that found it out. */
  merged(oldId: string, newId: string): void;
  /** Key of the row that came to hold a record since the last acceptance. */
  recentOwner(remoteId: string): string | null;
  /** Accepts everything acknowledged so far. */
  accept(): Promise<void>;
}

/** So many acknowledged rows are accepted at once: memory stays bounded, the snapshot is rarely rewritten. */
const CHECKPOINT_ROWS = 25_000;

export function openRecorder(parts: RecorderParts): Recorder {
  let waiting: { acknowledgement: Acknowledgement; done: () => void; failed: (error: unknown) => void }[] = [];
  let isFlushing = false;
  let accepting: Promise<void> = Promise.resolve();
  let acceptances: Acceptance[] = [];
  let doubts: { fromSeq: number; toSeq: number }[] = [];
  let ranges: { fromSeq: number; toSeq: number }[] = [];
  let aliases: Alias[] = [];
  const owners = new Map<string, string>();

  /** Acknowledgements that arrive while a transaction runs share the next one. */
  const flush = async (): Promise<void> => {
    while (waiting.length > 0) {
      // A commit blocks the process for its fsync; answers that came in meanwhile get one turn to join the next group.
      await breath();
      const group = waiting;
      waiting = [];
      try {
        await parts.state.acknowledge(
          parts.lease,
          group.map((entry) => entry.acknowledgement),
        );
        for (const entry of group) void breath().then(entry.done);
      } catch (error) {
        for (const entry of group) entry.failed(error);
      }
    }
    isFlushing = false;
  };

  const accept = (): Promise<void> => {
    const rows = acceptances;
    const folded = ranges;
    const doubted = doubts;
    doubts = [];
    acceptances = [];
    ranges = [];
    accepting = accepting.then(async () => {
      const at = { sync: parts.lease.sync, epoch: parts.lease.epoch, plan: parts.plan };
      if (rows.length > 0) await parts.planner.accept({ ...at, run: parts.run, nowMs: parts.clock.now() }, rows);
      if (doubted.length > 0) await parts.planner.markInDoubt(at, doubted);
      for (const row of rows) if (row.remoteId !== null) owners.delete(row.remoteId);
      if (folded.length > 0) await parts.state.foldAccepted(parts.lease, parts.run, folded);
    });
    return accepting;
  };

  return {
    intend: (batches) =>
      parts.state.recordIntents(
        parts.lease,
        batches.map((batch) => ({ run: parts.run, ...rangeOf(batch) })),
      ),
    withdraw: (batch) => parts.state.withdrawIntents(parts.lease, [{ run: parts.run, ...rangeOf(batch) }]),
    record: async (batch, settled) => {
      const nowMs = parts.clock.now();
      const recorded = batch.rows.map((row, index) =>
        toAck(row, settled[index] ?? { kind: "inDoubt", reason: "no answer" }, parts.run, nowMs, parts.rejectHash),
      );
      const range = rangeOf(batch);
      const acknowledgement: Acknowledgement = {
        run: parts.run,
        ...range,
        acks: recorded.map((entry) => entry.ack),
        notes: recorded.flatMap((entry) => (entry.note === null ? [] : [entry.note])),
        rejects: recorded.flatMap((entry) => (entry.reject === null ? [] : [entry.reject])),
        aliases,
        cured: batch.rows.flatMap((row, index) => (recorded[index]?.cured === true ? [row.key] : [])),
      };
      aliases = [];
      await new Promise<void>((done, failed) => {
        waiting.push({ acknowledgement, done, failed });
        if (isFlushing) return;
        isFlushing = true;
        void flush();
      });
      batch.rows.forEach((row, index) => {
        const ack = recorded[index]?.ack;
        if (ack === undefined) return;
        parts.tally.add(row, ack, recorded[index]?.note?.code);
        // What was given over is the holder's.
        if (ack.remoteId !== null && ack.state !== "transferred") owners.set(ack.remoteId, row.key);
        // Before its acknowledgement is folded away, the snapshot must know that such a row may have landed.
        if (ack.state === "unknown") doubts.push({ fromSeq: row.seq, toSeq: row.seq });
        const acceptance = toAcceptance(row, ack);
        if (acceptance !== null) acceptances.push(acceptance);
      });
      ranges.push(range);
      if (acceptances.length >= CHECKPOINT_ROWS) await accept();
    },
    merged: (oldId, newId) => {
      const { account, object, clock } = parts;
      aliases.push({ account, object, oldId, newId, reason: "merged in the destination", at: clock.now() });
    },
    recentOwner: (remoteId) => owners.get(remoteId) ?? null,
    accept,
  };
}

function rangeOf(batch: Batch): { fromSeq: number; toSeq: number } {
  return { fromSeq: batch.rows[0]?.seq ?? 0, toSeq: batch.rows.at(-1)?.seq ?? -1 };
}

/** Only what the destination settled moves the snapshot: a rejected, deferred or unknown row keeps its old entry (S4). */
export function toAcceptance(row: Pick<PlanRow, "seq">, ack: Acknowledgement["acks"][number]): Acceptance | null {
  if (ack.state !== "applied" && ack.state !== "altered" && ack.state !== "skipped" && ack.state !== "transferred")
    return null;
  return { seq: row.seq, state: ack.state, remoteId: ack.remoteId, created: ack.created, kept: ack.kept };
}
