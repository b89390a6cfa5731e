import type { Clock, Random } from "../contract/clock.ts";
import type { Posted } from "./post-message.ts";
import type { Addresses, ResolveHost } from "./reach-endpoint.ts";

export type SendTools = { readonly clock: Clock; readonly random: Random; readonly resolveHost: ResolveHost };

const PAUSE_MS = 1_000;

/** Posts, and a second time, to another address where there is one, after a trouble that may have passed by then. */
export async function tryTwice(
  post: (address: string) => Promise<Posted>,
  addresses: Addresses,
  { clock, random }: SendTools,
  signal: AbortSignal,
): Promise<Posted> {
  const first = await post(addresses[0]);
  if (first.ok || !first.mayPass || signal.aborted) return first;
  try {
    await clock.sleep(PAUSE_MS * (0.5 + random()), signal);
  } catch {
    // The time is up; what came of the first try is all there is to say.
    return first;
  }
  return post(addresses[1] ?? addresses[0]);
}
