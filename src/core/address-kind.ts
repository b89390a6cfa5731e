/**
 * `public`: unicast that the internet routes. `private`: a network of somebody's own. `forbidden`: what no message of ours is for,
 * such as link-local (the cloud's metadata), multicast, documentation, and tunnels that hide another address.
 */
export type AddressKind = "public" | "private" | "loopback" | "forbidden";

type Range<N> = readonly [base: N, bits: number, kind: AddressKind];

/** IANA's special-purpose registry; the first that fits counts, the rest is public. */
const RANGES_4: readonly Range<string>[] = [
  ["0.0.0.0", 8, "forbidden"],
  ["10.0.0.0", 8, "private"],
  // Alibaba's metadata stands within the shared space, Azure's within the public one.
  ["100.100.100.200", 32, "forbidden"],
  ["168.63.129.16", 32, "forbidden"],
  ["100.64.0.0", 10, "private"],
  ["127.0.0.0", 8, "loopback"],
  ["169.254.0.0", 16, "forbidden"],
  ["172.16.0.0", 12, "private"],
  ["192.0.0.0", 24, "forbidden"],
  ["192.0.2.0", 24, "forbidden"],
  ["192.88.99.0", 24, "forbidden"],
  ["192.168.0.0", 16, "private"],
  ["198.18.0.0", 15, "forbidden"],
  ["198.51.100.0", 24, "forbidden"],
  ["203.0.113.0", 24, "forbidden"],
  ["224.0.0.0", 3, "forbidden"],
];

/** The first that fits counts, the rest is forbidden. */
const RANGES_6: readonly Range<string>[] = [
  ["::1", 128, "loopback"],
  // Amazon's metadata.
  ["fd00:ec2::", 32, "forbidden"],
  ["fc00::", 7, "private"],
  ["2001::", 23, "forbidden"],
  ["2001:db8::", 32, "forbidden"],
  ["2002::", 16, "forbidden"],
  ["3fff::", 20, "forbidden"],
  ["2000::", 3, "public"],
];

/** What kind of address this is, in any spelling of IPv4 or IPv6; `forbidden` for what is no address. */
export function addressKind(address: string): AddressKind {
  const four = bits4(address);
  if (four !== null) return kindOf4(four);
  const six = bits6(address);
  if (six === null) return "forbidden";
  const tail = six & 0xffff_ffffn;
  const head = six >> 32n;
  if (head === 0xffffn) return kindOf4(tail);
  // NAT64 carries an IPv4 address, and must not carry one into our own network.
  if (head === 0x64_ff9bn << 64n) return kindOf4(tail) === "public" ? "public" : "forbidden";
  return RANGES_6.find(([base, bits]) => isWithin(six, bits6(base) ?? 0n, bits, 128))?.[2] ?? "forbidden";
}

function kindOf4(four: bigint): AddressKind {
  return RANGES_4.find(([base, bits]) => isWithin(four, bits4(base) ?? 0n, bits, 32))?.[2] ?? "public";
}

function isWithin(address: bigint, base: bigint, bits: number, width: number): boolean {
  const rest = BigInt(width - bits);
  return address >> rest === base >> rest;
}

function bits4(address: string): bigint | null {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(address)?.slice(1).map(Number);
  if (parts === undefined || parts.some((part) => part > 255)) return null;
  return parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n);
}

function bits6(address: string): bigint | null {
  // The URL parser knows every spelling, and knows no zones, which only link-local addresses have.
  const url = `http://[${address}]`;
  if (!/^[\da-f:.]+$/i.test(address) || !URL.canParse(url)) return null;
  const [left = "", right] = new URL(url).hostname.slice(1, -1).split("::");
  const groups = (text: string): string[] => (text === "" ? [] : text.split(":"));
  const [head, tail] = [groups(left), groups(right ?? "")];
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => "0");
  return [...head, ...zeros, ...tail].reduce((sum, group) => (sum << 16n) + BigInt(`0x${group}`), 0n);
}
