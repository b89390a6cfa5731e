import { Fault } from "../contract/fault.ts";
import { asFault } from "../core/as-fault.ts";
import { countConflicts, type Held, MOST_HELD, resolveConflicts } from "./conflicts.ts";
import { type Batch, isLeftInDoubt } from "./cut-batches.ts";
import type { Recorder } from "./recorder.ts";
import { settleBatch } from "./settle/settle-batch.ts";
import type { SettleContext, Settled } from "./settle/settled.ts";

/** Batches on their way. Nothing here throws: the first thing that goes wrong is the reason to stop. */
export interface Flight {
  readonly stopped: Fault | null;
  /** Sends the batch as soon as there is room for it. Its intent is written already. */
  launch(batch: Batch): Promise<void>;
  /** Everything launched has come home and is written down. */
  landed(): Promise<void>;
  stop(reason: unknown): void;
}

export type FlightParts = {
  readonly recorder: Recorder;
  /** With the destination at once; as many again may be home and not yet written down. */
  readonly concurrency: number;
  /** Asked after every batch; a fault stops the delivery before the next one. */
  readonly check: () => Fault | null;
  readonly onProgress: (rowsDone: number) => void;
};

/** So many batches in a row without one settled row: the destination is down, and every further call would be wasted. */
const MOST_FRUITLESS = 10;

export function openFlight(parts: FlightParts, context: Omit<SettleContext, "onFault">, signal: AbortSignal): Flight {
  const { batchSize } = context.destination.abilities;
  const sending = new Set<Promise<void>>();
  const recording = new Set<Promise<void>>();
  let held: Held[] = [];
  let heldRows = 0;
  let stopped: Fault | null = null;
  let fruitless = 0;
  let rowsDone = 0;
  const stop = (reason: unknown): void => {
    stopped ??= asFault(reason);
  };
  const record = async (batch: Batch, settled: readonly Settled[]): Promise<void> => {
    await parts.recorder.record(batch, settled);
    // The recorder knows from here on whose these records are.
    const keys = new Set(batch.rows.map(({ key }) => key));
    for (const [id, key] of context.claims) if (keys.has(key)) context.claims.delete(id);
    rowsDone += batch.rows.length;
    parts.onProgress(rowsDone);
    if (!isLeftInDoubt(batch)) fruitless = settled.every(isPutOff) ? fruitless + 1 : 0;
    stopped ??= parts.check() ?? (fruitless < MOST_FRUITLESS ? null : giveUp(settled[0]));
  };
  const settle = (batch: Batch) => settleBatch({ ...context, onFault: stop }, batch, signal);
  // The destination's slot is free as soon as it has answered: writing answers down is ours, and goes on beside it.
  const send = async (batch: Batch): Promise<void> => {
    const settled = await settle(batch);
    const wall = wallOf(settled);
    if (wall !== null) {
      stop(wall);
      // What may have landed before keeps its intent; all else is as if it had never been tried, for when the run goes on.
      if (wall.code === "QUOTA_SPENT" && batch.mayHaveLanded !== true) await parts.recorder.withdraw(batch).catch(stop);
      return;
    }
    const conflicts = countConflicts(batch, settled);
    if (conflicts > 0 && heldRows + conflicts <= MOST_HELD) {
      held.push({ batch, settled: [...settled] });
      heldRows += conflicts;
    } else track(recording, record(batch, settled).catch(stop));
  };
  const recordHeld = async (): Promise<void> => {
    const all = held;
    held = [];
    heldRows = 0;
    await resolveConflicts(all, batchSize, settle, () => stopped === null && !signal.aborted).catch(stop);
    for (const { batch, settled } of all) await record(batch, settled).catch(stop);
  };
  return {
    get stopped() {
      return stopped;
    },
    launch: async (batch) => {
      while (sending.size >= parts.concurrency) await Promise.race(sending);
      while (recording.size >= parts.concurrency) await Promise.race(recording);
      track(sending, send(batch).catch(stop));
    },
    landed: async () => {
      await Promise.all(sending);
      await Promise.all(recording);
      await recordHeld();
    },
    stop,
  };
}

function track(set: Set<Promise<void>>, work: Promise<void>): void {
  const tracked = work.finally(() => set.delete(tracked));
  set.add(tracked);
}

/** A batch of which nothing left, for a reason that stands in the way of every further one. */
function wallOf(settled: readonly Settled[]): Fault | null {
  const [first] = settled;
  if (first?.kind !== "deferred" || (first.code !== "QUOTA_SPENT" && first.code !== "LEASE_LOST")) return null;
  const isWhole = settled.every((one) => one.kind === "deferred" && one.code === first.code);
  return isWhole ? new Fault(first.code, first.message) : null;
}

/** Rows that were never sent say nothing of the destination. */
const OF_OURS = ["CANCELLED", "HELD"];

function isPutOff(settled: Settled): boolean {
  return settled.kind === "inDoubt" || (settled.kind === "deferred" && !OF_OURS.includes(settled.code));
}

function giveUp(last: Settled | undefined): Fault {
  const why = last?.kind === "deferred" ? last.message : last?.kind === "inDoubt" ? last.reason : "no answer";
  return new Fault("DESTINATION_UNREACHABLE", `stopped after ${MOST_FRUITLESS} batches without an answer: ${why}`, {
    fix: "run again when the destination is back; the rows are planned again",
  });
}
