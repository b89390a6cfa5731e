import { createHmac } from "node:crypto";
import type { Clock, Random } from "../contract/clock.ts";
import type { Endpoint } from "../contract/project.ts";
import { postMessage } from "./post-message.ts";
import { type ResolveHost, reachEndpoint } from "./reach-endpoint.ts";

export type SendTools = { readonly clock: Clock; readonly random: Random; readonly resolveHost: ResolveHost };

export type Parcel = {
  readonly endpoint: Endpoint;
  readonly id: string;
  readonly body: string;
  /** The answer's text says why it was refused. */
  readonly readsAnswer: boolean;
};

const PAUSE_MS = 1_000;

/** Sends it, a second time where the first may have met a passing trouble; null once it got across, else why it did not. */
export async function sendParcel(parcel: Parcel, tools: SendTools, signal: AbortSignal): Promise<string | null> {
  const reached = await reachEndpoint(parcel.endpoint, tools.resolveHost, signal);
  if (!reached.ok) return reached.why;
  const { url, addresses } = reached;
  const body = Buffer.from(parcel.body, "utf8");
  const headers = headersOf(parcel, body);
  const message = { url, body, headers, readsAnswer: parcel.readsAnswer };
  const first = await postMessage({ ...message, address: addresses[0] }, signal);
  if (first.ok) return null;
  if (!first.mayPass || signal.aborted) return first.why;
  try {
    await tools.clock.sleep(PAUSE_MS * (0.5 + tools.random()), signal);
  } catch {
    // The time is up; what came of the first try is all there is to say.
    return first.why;
  }
  const second = await postMessage({ ...message, address: addresses[1] ?? addresses[0] }, signal);
  return second.ok ? null : second.why;
}

function headersOf({ endpoint, id }: Parcel, body: Buffer): Record<string, string> {
  const signature =
    endpoint.secret === null
      ? {}
      : { "x-sluice-signature": `sha256=${createHmac("sha256", endpoint.secret).update(body).digest("hex")}` };
  return { "content-type": "application/json", "user-agent": "sluice", "x-sluice-delivery": id, ...signature };
}
