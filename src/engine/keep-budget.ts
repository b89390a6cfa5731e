import type { Clock } from "../contract/clock.ts";
import type { BudgetRecord, StateStore } from "../contract/state.ts";
import type { Budget } from "../delivery/budget.ts";

/** So often the calls of the present window are written down: what a killed process spent is forgotten by no more than this. */
const EVERY_MS = 1_000;

/** Writes down what outlives the process: in order, behind the calls, and all of it before `close` ends. */
export function budgetKeeper(state: StateStore | null) {
  let kept: Promise<void> = Promise.resolve();
  let waiting: BudgetRecord[] = [];
  const failures: unknown[] = [];
  const write = async (store: StateStore): Promise<void> => {
    // Only the newest word on an account counts; one that waits for a slow disk is overtaken.
    const newest = new Map(waiting.map((record) => [record.account, record]));
    waiting = [];
    for (const record of newest.values()) await store.putBudget(record).catch((error: unknown) => failures.push(error));
  };
  return {
    keep: (record: BudgetRecord): void => {
      if (state === null) return;
      waiting.push(record);
      if (waiting.length === 1) kept = kept.then(() => write(state));
    },
    /** Throws the first failure. */
    close: async (): Promise<void> => {
      await kept;
      if (failures.length > 0) throw failures[0];
    },
  };
}

/** Tells the keeper of a pause that the vendor asked for at once, and of the calls in the window from time to time. */
export function budgetWitness(
  account: string,
  clock: Clock,
  keep: (record: BudgetRecord) => void,
): (budget: Budget) => void {
  let blockedUntilMs = 0;
  let keptAtMs = Number.NEGATIVE_INFINITY;
  return (budget) => {
    const nowMs = clock.monotonicMs();
    const isNews = budget.blockedUntilMs > blockedUntilMs;
    if (!isNews && nowMs - keptAtMs < EVERY_MS) return;
    blockedUntilMs = budget.blockedUntilMs;
    keptAtMs = nowMs;
    const wallMs = clock.now();
    keep({
      account,
      window: budget.window,
      blockedUntil: wallMs + Math.ceil(Math.max(0, budget.blockedUntilMs - nowMs)),
      used: { calls: budget.usedNow(nowMs), at: wallMs },
    });
  };
}
