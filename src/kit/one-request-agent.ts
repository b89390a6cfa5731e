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
  /**
   * Called at most once, for what the client would not notice by itself; the request is dropped already. `RESET`: node-fetch 2
   * waits for ever where an answer of known length breaks off.
   */
  readonly onRefused: (code: "REDIRECT" | "TOO_LARGE" | "RESET", reason: string) => void;
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
  let isOver = false;
  const refuse: OneRequestOptions["onRefused"] = (code, reason) => {
    if (!isOver) options.onRefused(code, reason);
    isOver = true;
  };
  const agent: Agent & RequestTaker = Object.create(shared);
  agent.addRequest = (next, target) => {
    if (request !== null) {
      refuse("REDIRECT", `it redirects to ${target.host ?? "another address"}${target.path ?? ""}`);
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
    next.once("response", (response) => {
      capBytes(response, options.maxBytes, () => {
        refuse("TOO_LARGE", `its answer is larger than ${options.maxBytes} bytes`);
        next.destroy();
      });
      response.once("close", () => {
        if (!response.complete) refuse("RESET", "the connection broke off in the middle of its answer");
      });
    });
    (shared as Agent & RequestTaker).addRequest(next, target);
  };
  const cut = (): void => {
    isOver = true;
    request?.destroy();
  };
  return { agent, isSent: () => sent, cut };
}

function capBytes(response: IncomingMessage, maxBytes: number, onMore: () => void): void {
  let bytes = 0;
  response.on("data", (chunk: Buffer) => {
    const wasBelow = bytes <= maxBytes;
    bytes += chunk.length;
    if (bytes > maxBytes && wasBelow) onMore();
  });
}
