import { createHmac } from "node:crypto";
import type { Endpoint } from "../contract/project.ts";
import { type Posted, postMessage } from "./post-message.ts";
import { reachEndpoint } from "./reach-endpoint.ts";
import { type SendTools, tryTwice } from "./try-twice.ts";

export type Parcel = {
  readonly endpoint: Endpoint;
  readonly id: string;
  readonly body: string;
  /** The answer's text says why it was refused. */
  readonly readsAnswer: boolean;
};

/** Sends it by HTTP, a second time where the first may have met a passing trouble. */
export async function sendParcel(parcel: Parcel, tools: SendTools, signal: AbortSignal): Promise<Posted> {
  const reached = await reachEndpoint(parcel.endpoint, tools.resolveHost, signal);
  if (!reached.ok) return { ...reached, mayPass: false };
  const { url, addresses } = reached;
  const body = Buffer.from(parcel.body, "utf8");
  const message = { url, body, headers: headersOf(parcel, body), readsAnswer: parcel.readsAnswer };
  return tryTwice((address) => postMessage({ ...message, address }, signal), addresses, tools, signal);
}

function headersOf({ endpoint, id }: Parcel, body: Buffer): Record<string, string> {
  const signature =
    endpoint.secret === null
      ? {}
      : { "x-sluice-signature": `sha256=${createHmac("sha256", endpoint.secret).update(body).digest("hex")}` };
  return { "content-type": "application/json", "user-agent": "sluice", "x-sluice-delivery": id, ...signature };
}
