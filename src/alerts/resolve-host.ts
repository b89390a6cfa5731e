import { lookup } from "node:dns/promises";
import type { ResolveHost } from "./reach-endpoint.ts";

/** As the machine resolves names: /etc/hosts, then DNS. */
export const resolveHost: ResolveHost = async (host) =>
  (await lookup(host, { all: true })).map(({ address }) => address);
