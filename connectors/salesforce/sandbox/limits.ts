import type { Clock } from "../../../src/contract/clock.ts";
import type { Answer, Head } from "../../../src/kit/sandbox/call.ts";
import type { LongCalls } from "./long-calls.ts";
import { callError } from "./row-error.ts";

/** What an org of one tier may call. Null takes the limit away. */
export type Tier = {
  /** Calls in a day. */
  readonly daily: number | null;
  /** Calls at a time that have been running for `longMs`. */
  readonly concurrent: number | null;
  readonly longMs: number;
};

const LONG_MS = 20_000;

/** developer.salesforce.com/docs/atlas.en-us.salesforce_app_limits_cheatsheet.meta: API request limits and allocations. */
export const TIERS: Readonly<Record<string, Tier>> = {
  free: { daily: 15_000, concurrent: 5, longMs: LONG_MS },
  pro: { daily: 100_000, concurrent: 25, longMs: LONG_MS },
  enterprise: { daily: 1_000_000, concurrent: 25, longMs: LONG_MS },
  unlimited: { daily: null, concurrent: null, longMs: LONG_MS },
};

const NO_LIMIT = 100_000_000;
const BULK_JOBS = 15_000;

export interface Limits {
  /** Books the call, or says which limit refuses it. */
  refuse(head: Head): Answer | null;
  headers(): Readonly<Record<string, string>>;
  /** `GET limits/`. */
  answer(): unknown;
  /** Changes what is given; the rest stays. */
  set(change: Partial<Tier> & { readonly used?: number }): unknown;
  clear(): void;
}

/** Counts by arrival, days in UTC. Refused calls take nothing. */
export function limits(tier: Tier, clock: Clock, calls: LongCalls): Limits {
  let now = tier;
  let day = dayOf(clock);
  let used = 0;

  function startDay(): void {
    const today = dayOf(clock);
    if (today === day) return;
    day = today;
    used = 0;
  }

  return {
    refuse() {
      startDay();
      if (now.daily !== null && used >= now.daily) {
        return callError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.");
      }
      if (now.concurrent !== null && calls.running(now.longMs) >= now.concurrent) {
        return callError(403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded.");
      }
      used++;
      return null;
    },
    headers: () => ({ "Sforce-Limit-Info": `api-usage=${used}/${now.daily ?? NO_LIMIT}` }),
    answer() {
      const daily = now.daily ?? NO_LIMIT;
      const of = (max: number, left = max) => ({ Max: max, Remaining: left });
      return {
        DailyApiRequests: of(daily, Math.max(0, daily - used)),
        DailyBulkApiBatches: of(BULK_JOBS),
        DailyBulkV2QueryJobs: of(10_000),
        DailyBulkV2QueryFileStorageMB: of(976_562),
        DataStorageMB: of(5, 5),
        FileStorageMB: of(20, 20),
      };
    },
    set({ used: taken, ...change }) {
      now = { ...now, ...change };
      used = taken ?? used;
      return { ...now, used };
    },
    clear() {
      now = tier;
      used = 0;
    },
  };
}

function dayOf(clock: Clock): number {
  return Math.floor(clock.now() / 86_400_000);
}
