import type { Clock } from "../contract/clock.ts";
import type { BudgetRecord, StateStore } from "../contract/state.ts";
import type { Budget } from "../delivery/budget.ts";

/** So often the calls of the present window are written down: what a killed process spent is forgotten by no more than this. */
const EVERY_MS = 1_000;

/** Who does not say for so long that it still calls an account has gone. */
const SHARE_MS = 15_000;
const SHARE_EVERY_MS = 5_000;

/** The newest word on an account that could not be written down, and why. */
type Unkept = { readonly record: BudgetRecord; readonly error: unknown };

/**
 * Writes down what outlives the process, and shares the account with other processes on the same state: in order, behind the
 * calls, and all of it before `close` ends. `caller` names this process.
 */
export function budgetKeeper(state: StateStore | null, caller: string, clock: Pick<Clock, "now">) {
  let kept: Promise<void> = Promise.resolve();
  let waiting: BudgetRecord[] = [];
  const unkept = new Map<string, Unkept>();
  const put = async (store: StateStore, record: BudgetRecord): Promise<void> => {
    try {
      await store.putBudget(record);
      unkept.delete(record.account);
    } catch (error) {
      unkept.set(record.account, { record, error });
    }
  };
  const write = async (store: StateStore): Promise<void> => {
    // Only the newest word on an account counts; one that waits for a slow disk is overtaken.
    const newest = new Map(waiting.map((record) => [record.account, record]));
    waiting = [];
    for (const record of newest.values()) await put(store, record);
  };
  const sharing = new Set<string>();
  // What fails here is said again in a few seconds; until then the vendor's own refusals keep processes apart.
  const behind = (work: (store: StateStore) => Promise<void>): void => {
    if (state !== null) kept = kept.then(() => work(state)).catch(() => undefined);
  };
  const isBinding = ({ record }: Unkept): boolean => record.blockedUntil > clock.now();
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
    /**
     * Tries once more what could not be written down. Throws where that holds a wait that is not over: the next process would call
     * too early. Calls in a window are forgotten by a kill, too.
     */
    close: async (): Promise<void> => {
      for (const account of sharing) behind(async (store) => void (await store.shareBudget(account, caller, 0)));
      behind(async (store) => {
        for (const { record } of [...unkept.values()]) await put(store, record);
      });
      await kept;
      const lost = [...unkept.values()].find(isBinding);
      if (lost !== undefined) throw lost.error;
    },
  };
}

type Keeper = ReturnType<typeof budgetKeeper>;

/** Tells the keeper of a pause that the vendor asked for at once, and from time to time of the calls in the window and that we still call. */
export function budgetWitness(
  account: string,
  clock: Clock,
  { keep, share }: Pick<Keeper, "keep" | "share">,
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
    keep(recordOf(account, budget, clock));
  };
}

/** The same of a door that is no account's yet: pauses alone, for as long as nobody else may tell of them. */
export function pauseWitness(account: string, clock: Clock, { keep }: Pick<Keeper, "keep">): (budget: Budget) => void {
  let knownMs = 0;
  return (budget) => {
    if (budget.blockedUntilMs <= Math.max(knownMs, clock.monotonicMs())) return;
    knownMs = budget.blockedUntilMs;
    keep(recordOf(account, budget, clock));
  };
}

function recordOf(account: string, budget: Budget, clock: Clock): BudgetRecord {
  const [nowMs, wallMs] = [clock.monotonicMs(), clock.now()];
  return {
    account,
    window: budget.window,
    blockedUntil: wallMs + Math.ceil(Math.max(0, budget.blockedUntilMs - nowMs)),
    used: { calls: budget.usedNow(nowMs), at: wallMs },
  };
}
