import type { Planner } from "../contract/planner.ts";
import { NO_OPERATION_COUNTS, type Operation, type OperationCounts, type Operations } from "../contract/run.ts";
import type { StateStore } from "../contract/state.ts";

/**
 * A run's ledger out of what is stored: the plan says what was to be done, the batches how far it came, the notes what did
 * not simply apply. For runs whose process is gone; what never came to a batch counts as `rest`.
 */
export async function countRun(
  planner: Planner,
  state: StateStore,
  run: string,
  plan: string,
  rest: "deferred" | "cancelled" = "deferred",
): Promise<Operations> {
  return count(planner, state, run, plan, rest);
}

/** The same of the rows alone that were answered. */
export async function countAnswered(
  planner: Planner,
  state: StateStore,
  run: string,
  plan: string,
): Promise<Operations> {
  return count(planner, state, run, plan, null);
}

async function count(
  planner: Planner,
  state: StateStore,
  run: string,
  plan: string,
  rest: "deferred" | "cancelled" | null,
): Promise<Operations> {
  const done = (await state.batches(run)).filter((batch) => batch.state === "done");
  const planned = await planner.countPlan(plan, [{ fromSeq: 0, toSeq: Number.MAX_SAFE_INTEGER }]);
  const answered = await planner.countPlan(plan, done);
  const byOperation = new Map<Operation, { -readonly [K in keyof OperationCounts]: number }>();
  const of = (operation: Operation) => {
    const counts = byOperation.get(operation) ?? { ...NO_OPERATION_COUNTS };
    byOperation.set(operation, counts);
    return counts;
  };
  if (rest !== null) for (const { operation, rows } of planned) of(operation)[rest] += rows;
  for (const { operation, settled, rows } of answered) {
    if (rest !== null) of(operation)[rest] -= rows;
    of(operation)[settled === "held" ? "deferred" : (settled ?? "applied")] += rows;
  }
  for (const { operation, state: end, count } of await state.noteTotals(run)) {
    const counts = of(operation);
    if (end === "altered") {
      counts.altered += count;
      continue;
    }
    counts.applied -= count;
    const name = end === "unknown" ? "deferred" : end;
    if (name in counts) counts[name as keyof OperationCounts] += count;
  }
  return Object.fromEntries(byOperation);
}
