import type { Agent, ClientRequest, IncomingMessage } from "node:http";

export type OneRequest = {
  /** Hand this to the client for one call. */
  readonly agent: Agent;
  /** Whether the request may have reached the other side. */
  isSent(): boolean;
  /** Drops the connection. */
  cut(): void;
};

export type OneRequestOptions = {
  /** Called at most once, for what the client would not notice by itself; the request is dropped already. */
  readonly onRefused: (code: "REDIRECT" | "TOO_LARGE", reason: string) => void;
  /** Bytes of a response body as they come over the wire. */
  readonly maxBytes: number;
};

/** Undocumented, but what every agent in use overrides: Node hands each new request to it. */
type RequestTaker = { addRequest(request: ClientRequest, options: { host?: string; path?: string }): void };

/**
 * An agent for one request on the sockets of a shared one, for clients that take an agent but no signal, no byte cap, and
 * follow redirects: a second request is a redirect, and is dropped before a byte (or the token) leaves.
 */
export function oneRequestAgent(shared: Agent, options: OneRequestOptions): OneRequest {
  let request: ClientRequest | null = null;
  let sent = false;
  const agent: Agent & RequestTaker = Object.create(shared);
  agent.addRequest = (next, target) => {
    if (request !== null) {
      options.onRefused("REDIRECT", `it redirects to ${target.host ?? "another address"}${target.path ?? ""}`);
      next.destroy();
      // Node itself says nothing of a request that is destroyed before it had a socket.
      queueMicrotask(() => next.emit("error", new Error("the redirect was not followed")));
      return;
    }
    request = next;
    next.once("socket", (socket) => {
      if (!socket.connecting) sent = true;
      else socket.once("encrypted" in socket ? "secureConnect" : "connect", () => (sent = true));
    });
    next.once("response", (response) => capBytes(response, next, options));
    (shared as Agent & RequestTaker).addRequest(next, target);
  };
  return { agent, isSent: () => sent, cut: () => void request?.destroy() };
}

function capBytes(response: IncomingMessage, request: ClientRequest, options: OneRequestOptions): void {
  let bytes = 0;
  response.on("data", (chunk: Buffer) => {
    const wasBelow = bytes <= options.maxBytes;
    bytes += chunk.length;
    if (bytes <= options.maxBytes || !wasBelow) return;
    options.onRefused("TOO_LARGE", `its answer is larger than ${options.maxBytes} bytes`);
    request.destroy();
  });
}
