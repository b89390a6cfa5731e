import type { Clock, Random } from "../../../src/contract/clock.ts";
import { Fault } from "../../../src/contract/fault.ts";
import type { Sandbox, SandboxOptions } from "../../../src/contract/sandbox.ts";
import type { Answer, Head } from "../../../src/kit/sandbox/call.ts";
import { realClock } from "../../../src/kit/sandbox/real-clock.ts";
import { startSandboxServer } from "../../../src/kit/sandbox/sandbox-server.ts";
import type { SandboxVendor } from "../../../src/kit/sandbox/sandbox-vendor.ts";
import { mixedSeed, seededRandom } from "../../../src/kit/sandbox/seeded-random.ts";
import { hubspotControl } from "./hubspot-control.ts";
import { hubspotFaults } from "./hubspot-faults.ts";
import { limits, TIERS, type Tier } from "./limits.ts";
import { clearPortal, emptyPortal } from "./portal.ts";
import { portalSnapshot, restorePortal } from "./portal-snapshot.ts";
import { isRefusal, refusalAnswer } from "./refusal.ts";
import { routes } from "./routes.ts";
import { recordWriter, type SearchLag } from "./write-record.ts";

/** The one token that is let in. */
export const SANDBOX_TOKEN = "sandbox";

/** For tests: what is otherwise HubSpot's own. */
export type SandboxOverrides = {
  readonly tiers?: Readonly<Record<string, Tier>>;
  readonly searchLag?: SearchLag;
  readonly clock?: Clock;
};

const MAX_BODY_BYTES = 16 * 1024 * 1024;
/** HubSpot speaks of seconds, and up to half a minute; a sandbox must not make people wait that long. */
const SEARCH_LAG: SearchLag = { minMs: 300, maxMs: 2_500 };

/**
 * Starts a HubSpot portal on 127.0.0.1: standard objects and properties, no records, token "sandbox".
 * Faults: PORT_IN_USE; USAGE for an unknown tier or an unusable data file.
 */
export async function startHubspotSandbox(options: SandboxOptions, overrides: SandboxOverrides = {}): Promise<Sandbox> {
  const tiers = overrides.tiers ?? TIERS;
  const tier = Object.hasOwn(tiers, options.tier) ? tiers[options.tier] : undefined;
  if (tier === undefined) {
    const known = Object.keys(tiers).join(", ");
    throw new Fault("USAGE", `unknown tier "${options.tier}"`, { fix: `use one of ${known}` });
  }
  const clock = overrides.clock ?? realClock;
  const random = seededRandom(mixedSeed(options.seed, 1));
  return startSandboxServer({
    port: options.port,
    dataFile: options.dataFile,
    maxBodyBytes: MAX_BODY_BYTES,
    clock,
    random,
    vendor: (port) => hubspotVendor(options.seed, port, tier, clock, random, overrides.searchLag ?? SEARCH_LAG),
  });
}

function hubspotVendor(
  seed: number,
  port: number,
  tier: Tier,
  clock: Clock,
  random: Random,
  searchLag: SearchLag,
): SandboxVendor {
  const portal = emptyPortal(seed, port, clock, random);
  const writer = recordWriter(portal, searchLag);
  const route = routes(portal, writer);
  const correlationId = () => uuid(random);
  const limit = limits(tier, clock, correlationId);
  const reset = () => {
    clearPortal(portal, seed);
    limit.clear();
  };
  return {
    refuse: (head) => unauthenticated(head, correlationId) ?? limit.refuse(head),
    headers: limit.headers,
    answer(call) {
      const reply = route(call);
      return isRefusal(reply) ? refusalAnswer(reply, correlationId()) : reply;
    },
    wrong: hubspotFaults(portal, correlationId),
    control: hubspotControl(portal, writer, reset),
    snapshot: () => portalSnapshot(portal),
    restore: (snapshot) => restorePortal(portal, snapshot),
  };
}

function unauthenticated(head: Head, correlationId: () => string): Answer | null {
  if (head.headers.authorization === `Bearer ${SANDBOX_TOKEN}`) return null;
  const message =
    "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview";
  return refusalAnswer({ status: 401, category: "INVALID_AUTHENTICATION", message }, correlationId());
}

function uuid(random: Random): string {
  const hex = (digits: number) =>
    Math.floor(random() * 16 ** digits)
      .toString(16)
      .padStart(digits, "0");
  return `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`;
}
