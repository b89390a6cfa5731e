import type { Mailbox } from "../contract/project.ts";

/** As much of RFC 5321 as addresses are made of: letters, digits and marks before the @, a host name after it. */
const ADDRESS = /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[a-z\d](?:[a-z\d-]*[a-z\d])?(?:\.[a-z\d](?:[a-z\d-]*[a-z\d])?)*$/i;
const LONGEST_ADDRESS = 254;
const LONGEST_NAME = 100;

/** Reads `ada@example.com` or `Ada <ada@example.com>`; null for everything else, such as several addresses or a second line. */
export function readMailbox(text: string): Mailbox | null {
  const trimmed = text.trim();
  const long = /^([^<>]*)<([^<>]*)>$/.exec(trimmed);
  const address = (long?.[2] ?? trimmed).trim();
  const name = (long?.[1] ?? "").trim().replaceAll(/^"|"$/g, "");
  if (address.length > LONGEST_ADDRESS || !ADDRESS.test(address)) return null;
  return name.length > LONGEST_NAME || /\p{Cc}/u.test(name) ? null : { name, address };
}

/** One form for two spellings of an address or a name. */
export const sameOwner = (owner: string): string => owner.trim().toLowerCase();
