import { refusal } from "./refusal.ts";
import type { Answer } from "./route.ts";

export type HostRule = {
  /** Names and addresses under which the service may be called, lower case, without port. */
  readonly names: ReadonlySet<string>;
};

/**
 * A page of another site can make a browser call this machine (DNS rebinding, forms): only our own names are answered, and what
 * changes something must not come from a page of elsewhere.
 */
export function checkHost(
  { names }: HostRule,
  method: string,
  host: string | undefined,
  origin: string | undefined,
): Answer | null {
  if (host === undefined || !names.has(nameOf(host)))
    return refusal(421, "WRONG_HOST", "the service is not called by this name", "start it with --allow-host NAME");
  if (origin === undefined || method === "GET") return null;
  // With its port: another server of the same machine is elsewhere, too.
  if (/^https?:\/\//i.test(origin) && origin.replace(/^https?:\/\//i, "").toLowerCase() === host.toLowerCase())
    return null;
  return refusal(403, "WRONG_ORIGIN", "a page of another site may not do this", null);
}

/** `[::1]:80` and `Example.com:80` without their ports. */
function nameOf(host: string): string {
  return host.toLowerCase().replace(/:\d*$/, "").replaceAll(/[[\]]/g, "");
}
