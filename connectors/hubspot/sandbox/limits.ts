import type { Clock } from "../../../src/contract/clock.ts";
import type { Answer, Head } from "../../../src/kit/sandbox/call.ts";
import { type RollingWindow, rollingWindow } from "../../../src/kit/sandbox/rolling-window.ts";

/** What an account of one tier may call. Null takes the limit away. */
export type Tier = {
  readonly window: { readonly max: number; readonly intervalMs: number } | null;
  readonly daily: number | null;
  /** Search calls in any second, of the whole account. */
  readonly searchPerSecond: number | null;
};

/** developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines; Starter counts as free. */
export const TIERS: Readonly<Record<string, Tier>> = {
  free: { window: { max: 100, intervalMs: 10_000 }, daily: 250_000, searchPerSecond: 5 },
  pro: { window: { max: 190, intervalMs: 10_000 }, daily: 625_000, searchPerSecond: 5 },
  enterprise: { window: { max: 190, intervalMs: 10_000 }, daily: 1_000_000, searchPerSecond: 5 },
  unlimited: { window: null, daily: null, searchPerSecond: null },
};

const NO_LIMIT = 1_000_000_000;
const DEFAULT_INTERVAL_MS = 10_000;

export interface Limits {
  /** Books the call, or says which policy refuses it. */
  refuse(head: Head): Answer | null;
  /** The rate headers; search answers bear none. */
  headers(head: Head): Readonly<Record<string, string>>;
  clear(): void;
}

/** Counts by arrival. A refused call takes nothing from any limit. */
export function limits(tier: Tier, clock: Clock, correlationId: () => string): Limits {
  const window = tier.window === null ? null : rollingWindow(tier.window.max, tier.window.intervalMs);
  const search = tier.searchPerSecond === null ? null : rollingWindow(tier.searchPerSecond, 1_000);
  let day = dayOf(clock);
  let usedToday = 0;

  function refusingPolicy(head: Head): string | null {
    const today = dayOf(clock);
    if (today !== day) {
      day = today;
      usedToday = 0;
    }
    if (tier.daily !== null && usedToday >= tier.daily) return "DAILY";
    const own: RollingWindow | null = isSearch(head.path) ? search : window;
    if (own !== null && !own.take(head.arrivedMs)) return own === search ? "SECONDLY" : "TEN_SECONDLY_ROLLING";
    usedToday++;
    return null;
  }

  return {
    refuse(head) {
      const policyName = refusingPolicy(head);
      if (policyName === null) return null;
      const message = `You have reached your ${policyName.toLowerCase()} limit.`;
      const ids = { correlationId: correlationId(), requestId: correlationId() };
      return { status: 429, body: { status: "error", message, errorType: "RATE_LIMIT", policyName, ...ids } };
    },
    headers(head) {
      if (isSearch(head.path)) return {};
      const daily = tier.daily ?? NO_LIMIT;
      return {
        "X-HubSpot-RateLimit-Max": String(window?.max ?? NO_LIMIT),
        "X-HubSpot-RateLimit-Remaining": String(window?.remaining(head.arrivedMs) ?? NO_LIMIT),
        "X-HubSpot-RateLimit-Interval-Milliseconds": String(window?.intervalMs ?? DEFAULT_INTERVAL_MS),
        "X-HubSpot-RateLimit-Daily": String(daily),
        "X-HubSpot-RateLimit-Daily-Remaining": String(tier.daily === null ? daily : tier.daily - usedToday),
      };
    },
    clear() {
      window?.clear();
      search?.clear();
      usedToday = 0;
    },
  };
}

function isSearch(path: string): boolean {
  return path.endsWith("/search");
}

/** HubSpot counts days in the account's zone; the sandbox's account lives in UTC. */
function dayOf(clock: Clock): number {
  return Math.floor(clock.now() / 86_400_000);
}
