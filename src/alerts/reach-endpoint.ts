import type { Endpoint } from "../contract/project.ts";
import { addressKind } from "../core/address-kind.ts";
import { readEndpointUrl, refusalOf } from "../core/endpoint-url.ts";

/** All addresses of a host name. */
export type ResolveHost = (host: string) => Promise<readonly string[]>;

/** Checked; nothing else may be connected to. Never empty. */
export type Addresses = readonly [string, ...string[]];

export type Reached =
  | { readonly ok: true; readonly url: URL; readonly addresses: Addresses }
  | { readonly ok: false; readonly why: string };

/** Finds out where a message by HTTP would go. */
export async function reachEndpoint(
  endpoint: Endpoint,
  resolveHost: ResolveHost,
  signal: AbortSignal,
): Promise<Reached> {
  const read = readEndpointUrl(endpoint.url, endpoint.allowsPrivate);
  if (!read.ok) return { ok: false, why: `its URL ${read.why}` };
  const { url, isLoopback, address } = read;
  const { allowsPrivate } = endpoint;
  const host = { name: url.hostname, address, isLoopback, allowsPrivate, isPlain: url.protocol === "http:" };
  const reached = await reachHost(host, resolveHost, signal);
  return reached.ok ? { ok: true, url, addresses: reached.addresses } : reached;
}

export type Host = {
  readonly name: string;
  /** Where the name is an address, which was checked when it was read. */
  readonly address: string | null;
  readonly isLoopback: boolean;
  readonly allowsPrivate: boolean;
  /** Without TLS. */
  readonly isPlain: boolean;
};

/**
 * The addresses of a host. The name is resolved once and every address of it is checked: what is asked a second time may answer
 * otherwise (DNS rebinding).
 */
export async function reachHost(
  host: Host,
  resolveHost: ResolveHost,
  signal: AbortSignal,
): Promise<{ readonly ok: true; readonly addresses: Addresses } | { readonly ok: false; readonly why: string }> {
  if (host.address !== null) return { ok: true, addresses: [host.address] };
  const found = await orEnd(resolveHost(host.name), signal);
  if (!found.ok) return { ok: false, why: "its host name does not resolve" };
  const [first, ...others] = found.addresses;
  if (first === undefined) return { ok: false, why: "its host name has no address" };
  for (const address of found.addresses) {
    const why = refusalOf(addressKind(address), host);
    if (why !== null) return { ok: false, why: `its host name leads to ${why}` };
  }
  return { ok: true, addresses: [first, ...others] };
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
