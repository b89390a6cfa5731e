import type { Endpoint } from "../contract/project.ts";
import { addressKind } from "../core/address-kind.ts";
import { readEndpointUrl, refusalOf } from "../core/endpoint-url.ts";

/** All addresses of a host name. */
export type ResolveHost = (host: string) => Promise<readonly string[]>;

export type Reached =
  /** `addresses`: checked; nothing else may be connected to. Never empty. */
  | { readonly ok: true; readonly url: URL; readonly addresses: readonly [string, ...string[]] }
  | { readonly ok: false; readonly why: string };

/**
 * Finds out where a message would go. The name is resolved once and every address of it is checked: what is asked a second time may
 * answer otherwise (DNS rebinding).
 */
export async function reachEndpoint(
  endpoint: Endpoint,
  resolveHost: ResolveHost,
  signal: AbortSignal,
): Promise<Reached> {
  const read = readEndpointUrl(endpoint.url, endpoint.allowsPrivate);
  if (!read.ok) return { ok: false, why: `its URL ${read.why}` };
  const { url, isLoopback } = read;
  if (read.address !== null) return { ok: true, url, addresses: [read.address] };
  const found = await orEnd(resolveHost(url.hostname), signal);
  if (!found.ok) return { ok: false, why: "its host name does not resolve" };
  const [first, ...others] = found.addresses;
  if (first === undefined) return { ok: false, why: "its host name has no address" };
  const company = { isLoopback, allowsPrivate: endpoint.allowsPrivate, isPlain: url.protocol === "http:" };
  for (const address of found.addresses) {
    const why = refusalOf(addressKind(address), company);
    if (why !== null) return { ok: false, why: `its host name leads to ${why}` };
  }
  return { ok: true, url, addresses: [first, ...others] };
}

type Found = { readonly ok: true; readonly addresses: readonly string[] } | { readonly ok: false };

/** A lookup takes no signal: when the time is up it is no longer waited for. */
async function orEnd(lookup: Promise<readonly string[]>, signal: AbortSignal): Promise<Found> {
  let end = (): void => {};
  const ended = new Promise<Found>((resolve) => {
    end = () => resolve({ ok: false });
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) end();
  });
  const found = lookup.then(
    (addresses): Found => ({ ok: true, addresses }),
    (): Found => ({ ok: false }),
  );
  try {
    return await Promise.race([found, ended]);
  } finally {
    signal.removeEventListener("abort", end);
  }
}
