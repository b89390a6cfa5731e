import type { PlanRow } from "../contract/plan.ts";
import { NO_OPERATION_COUNTS, type Operation, type OperationCounts, type Operations } from "../contract/run.ts";
import type { RowAck } from "../contract/state.ts";

/** Counts of one run, by operation, as its acknowledgements come in. */
export interface Tally {
  add(
    row: Pick<PlanRow, "operation" | "change" | "adopted" | "remoteId" | "attempts">,
    ack: RowAck,
    code?: string | null,
  ): void;
  addMany(operation: Operation, counts: Partial<OperationCounts>): void;
  operations(): Operations;
  readonly done: number;
  readonly rejected: number;
  /** By code: rows refused now that were not refused before. */
  readonly newRejects: ReadonlyMap<string, number>;
  readonly created: number;
  readonly adopted: number;
  readonly inDoubt: number;
}

export function newTally(): Tally {
  const byOperation = new Map<Operation, { -readonly [K in keyof OperationCounts]: number }>();
  let done = 0;
  let created = 0;
  let adopted = 0;
  let inDoubt = 0;
  const newRejects = new Map<string, number>();
  const of = (operation: Operation) => {
    const counts = byOperation.get(operation) ?? { ...NO_OPERATION_COUNTS };
    byOperation.set(operation, counts);
    return counts;
  };
  return {
    add: (row, ack, code) => {
      const counts = of(row.operation);
      done++;
      if (ack.state === "rejected" && row.attempts === 0)
        newRejects.set(code ?? "", (newRejects.get(code ?? "") ?? 0) + 1);
      if (ack.created === true) created++;
      else if (ack.remoteId !== null && row.change !== "removed" && (row.adopted || row.remoteId === null)) adopted++;
      if (ack.state === "altered") {
        counts.applied++;
        counts.altered++;
      } else if (ack.state === "unknown") {
        // In doubt counts as deferred: it is planned again.
        counts.deferred++;
        inDoubt++;
      } else if (ack.state in counts) counts[ack.state as keyof OperationCounts]++;
    },
    addMany: (operation, more) => {
      const counts = of(operation);
      for (const [name, value] of Object.entries(more)) counts[name as keyof OperationCounts] += value ?? 0;
      done += more.cancelled ?? 0;
    },
    operations: () => Object.fromEntries([...byOperation].map(([operation, counts]) => [operation, { ...counts }])),
    get done() {
      return done;
    },
    get rejected() {
      return [...byOperation.values()].reduce((sum, counts) => sum + counts.rejected, 0);
    },
    newRejects,
    get created() {
      return created;
    },
    get adopted() {
      return adopted;
    },
    get inDoubt() {
      return inDoubt;
    },
  };
}
