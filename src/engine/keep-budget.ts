import type { Clock } from "../contract/clock.ts";
import type { BudgetRecord, StateStore } from "../contract/state.ts";
import type { Budget } from "../delivery/budget.ts";

/** So often the calls of the present window are written down: what a killed process spent is forgotten by no more than this. */
const EVERY_MS = 1_000;

/** Who does not say for so long that it still calls an account has gone. */
const SHARE_MS = 15_000;
const SHARE_EVERY_MS = 5_000;

/**
 * Writes down what outlives the process, and shares the account with other processes on the same state: in order, behind the
 * calls, and all of it before `close` ends. `caller` names this process.
 */
export function budgetKeeper(state: StateStore | null, caller: string) {
  let kept: Promise<void> = Promise.resolve();
  let waiting: BudgetRecord[] = [];
  const failures: unknown[] = [];
  const write = async (store: StateStore): Promise<void> => {
    // Only the newest word on an account counts; one that waits for a slow disk is overtaken.
    const newest = new Map(waiting.map((record) => [record.account, record]));
    waiting = [];
    for (const record of newest.values()) await store.putBudget(record).catch((error: unknown) => failures.push(error));
  };
  const sharing = new Set<string>();
  const behind = (work: (store: StateStore) => Promise<void>): void => {
    if (state !== null) kept = kept.then(() => work(state)).catch((error: unknown) => void failures.push(error));
  };
  return {
    /** Asks how many call the account, and takes a part of its window. */
    share: (account: string, budget: Budget): void => {
      sharing.add(account);
      behind(async (store) => budget.shareAmong(await store.shareBudget(account, caller, SHARE_MS)));
    },
    keep: (record: BudgetRecord): void => {
      if (state === null) return;
      waiting.push(record);
      if (waiting.length === 1) kept = kept.then(() => write(state));
    },
    /** Throws the first failure. */
    close: async (): Promise<void> => {
      for (const account of sharing) behind(async (store) => void (await store.shareBudget(account, caller, 0)));
      await kept;
      if (failures.length > 0) throw failures[0];
    },
  };
}

/** Tells the keeper of a pause that the vendor asked for at once, and from time to time of the calls in the window and that we still call. */
export function budgetWitness(
  account: string,
  clock: Clock,
  { keep, share }: Pick<ReturnType<typeof budgetKeeper>, "keep" | "share">,
): (budget: Budget) => void {
  let sharedAtMs = Number.NEGATIVE_INFINITY;
  let blockedUntilMs = 0;
  let keptAtMs = Number.NEGATIVE_INFINITY;
  return (budget) => {
    const nowMs = clock.monotonicMs();
    if (nowMs - sharedAtMs >= SHARE_EVERY_MS) {
      sharedAtMs = nowMs;
      share(account, budget);
    }
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
