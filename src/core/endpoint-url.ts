import { type AddressKind, addressKind } from "./address-kind.ts";

export type EndpointUrl =
  /** `address`: the host where it is an address; null where it is a name to resolve. */
  | { readonly ok: true; readonly url: URL; readonly isLoopback: boolean; readonly address: string | null }
  /** Half a sentence that goes on from the setting's name: "must be https". It shows nothing of the URL. */
  | { readonly ok: false; readonly why: string };

const LOOPBACK = /^https?:\/\/(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(:\d+)?([/?#]|$)/i;

/** Whether this machine itself is written out as the host. 127.1 and names that lead here are not. */
export function isLoopbackUrl(text: string): boolean {
  return LOOPBACK.test(text) && URL.canParse(text);
}

/** Reads the address of a webhook: https, unless it is this machine or a network of one's own that is allowed. */
export function readEndpointUrl(text: string, allowsPrivate: boolean): EndpointUrl {
  const refuse = (why: string): EndpointUrl => ({ ok: false, why });
  if (!URL.canParse(text)) return refuse("must be a URL, such as https://example.com/hook");
  const url = new URL(text);
  if (url.protocol !== "https:" && url.protocol !== "http:") return refuse("must begin with https://");
  if (url.username !== "" || url.password !== "") return refuse("must not hold a user name or a password");
  const isLoopback = isLoopbackUrl(text);
  if (url.protocol === "http:" && !isLoopback && !allowsPrivate)
    return refuse("must be https: only this machine, and with allow_private: true a private network, may do without");
  const address = addressOf(url.hostname);
  if (address === null) return { ok: true, url, isLoopback, address };
  // 127.1, 0x7f.1 and 2130706433 are other spellings of an address; who writes them hides something.
  if (!text.toLowerCase().includes(`//${url.hostname}`) && !url.hostname.startsWith("["))
    return refuse("must write its address as four numbers");
  const why = refusalOf(addressKind(address), { isLoopback, allowsPrivate, isPlain: url.protocol === "http:" });
  return why === null ? { ok: true, url, isLoopback, address } : refuse(`must not lead to ${why}`);
}

type Company = { readonly isLoopback: boolean; readonly allowsPrivate: boolean; readonly isPlain: boolean };

/** Why an address of this kind is not connected to; null where it may be. */
export function refusalOf(kind: AddressKind, { isLoopback, allowsPrivate, isPlain }: Company): string | null {
  if (kind === "forbidden") return "an address that is no server's";
  if (isLoopback) return kind === "loopback" ? null : "another machine";
  if (kind === "public") return isPlain ? "a public address without https" : null;
  return allowsPrivate ? null : "a private address without allow_private: true";
}

function addressOf(hostname: string): string | null {
  if (hostname.startsWith("[")) return hostname.slice(1, -1);
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(hostname) ? hostname : null;
}
