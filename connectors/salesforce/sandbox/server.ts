import type { Clock, Random } from "../../../src/contract/clock.ts";
import { Fault } from "../../../src/contract/fault.ts";
import type { Sandbox, SandboxOptions } from "../../../src/contract/sandbox.ts";
import type { Head } from "../../../src/kit/sandbox/call.ts";
import { realClock } from "../../../src/kit/sandbox/real-clock.ts";
import { startSandboxServer } from "../../../src/kit/sandbox/sandbox-server.ts";
import type { SandboxVendor } from "../../../src/kit/sandbox/sandbox-vendor.ts";
import { mixedSeed, seededRandom } from "../../../src/kit/sandbox/seeded-random.ts";
import { limits, TIERS, type Tier } from "./limits.ts";
import { type LongCalls, longCalls } from "./long-calls.ts";
import { clearOrg, newOrg } from "./org.ts";
import { orgSnapshot, restoreOrg } from "./org-snapshot.ts";
import { queryCalls } from "./query-calls.ts";
import { routes } from "./routes.ts";
import { salesforceControl } from "./salesforce-control.ts";
import { salesforceFaults } from "./salesforce-faults.ts";
import { sessions } from "./sessions.ts";
import { setUpControl } from "./set-up-control.ts";

/** For tests: what is otherwise Salesforce's own. */
export type SandboxOverrides = {
  readonly tiers?: Readonly<Record<string, Tier>>;
  readonly clock?: Clock;
};

const DATA_PREFIX = "/services/data/";
const MAX_BODY_BYTES = 50 * 1024 * 1024;

/**
 * Starts a Salesforce org on 127.0.0.1: standard objects, one user, no records, client id and secret "sandbox".
 * Faults: PORT_IN_USE; USAGE for an unknown tier or an unusable data file.
 */
export async function startSalesforceSandbox(
  options: SandboxOptions,
  overrides: SandboxOverrides = {},
): Promise<Sandbox> {
  const tiers = overrides.tiers ?? TIERS;
  const tier = Object.hasOwn(tiers, options.tier) ? tiers[options.tier] : undefined;
  if (tier === undefined) {
    const known = Object.keys(tiers).join(", ");
    throw new Fault("USAGE", `unknown tier "${options.tier}"`, { fix: `use one of ${known}` });
  }
  const calls = longCalls(overrides.clock ?? realClock);
  const random = seededRandom(mixedSeed(options.seed, 1));
  return startSandboxServer({
    port: options.port,
    dataFile: options.dataFile,
    maxBodyBytes: MAX_BODY_BYTES,
    clock: calls.clock,
    random,
    vendor: (port) => salesforceVendor(options.seed, port, tier, calls, random),
  });
}

/** The org without its server. */
export function salesforceVendor(
  seed: number,
  port: number,
  tier: Tier,
  calls: LongCalls,
  random: Random,
): SandboxVendor {
  const org = newOrg(seed, port, calls.clock, random);
  const session = sessions(org);
  const limit = limits(tier, calls.clock, calls);
  const queries = queryCalls(org);
  const route = routes({ org, url: `http://127.0.0.1:${port}`, sessions: session, limits: limit, queries });
  const reset = () => {
    clearOrg(org, seed);
    limit.clear();
    queries.clear();
  };
  return {
    refuse(head) {
      if (!needsSession(head)) return null;
      return session.refuse(head) ?? (isRest(head) ? limit.refuse(head) : null);
    },
    headers: (head) => (isRest(head) ? limit.headers() : {}),
    answer: route,
    wrong: salesforceFaults(session, route),
    control: { ...salesforceControl(org, reset), more: setUpControl(org, limit) },
    snapshot: () => orgSnapshot(org),
    restore: (snapshot) => restoreOrg(org, snapshot),
  };
}

function isRest({ path }: Head): boolean {
  return path.startsWith(DATA_PREFIX);
}

/** The list of versions, and what is asked for before there is a session, is open. */
function needsSession(head: Head): boolean {
  const { path } = head;
  if (path.startsWith("/id/") || path === "/services/oauth2/userinfo") return true;
  return isRest(head) && path.length > DATA_PREFIX.length;
}
