import http from "node:http";
import https from "node:https";
import { oneRequestAgent } from "../../src/kit/one-request-agent.ts";
import { readTrouble, type TransportTrouble } from "../../src/kit/transport-trouble.ts";

/** 2,000 records of a page with every field of a large object are about 20 MB. */
const MOST_BYTES = 64 * 1024 * 1024;
const MOST_SOCKETS = 32;

export type HttpCall = {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
};

export type Answer = {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
};

/** One request on its way. */
export type Exchange = {
  /** Never rejects. */
  readonly ended: Promise<Answer | TransportTrouble>;
  readonly isSent: () => boolean;
  /** Drops the connection. */
  readonly cut: () => void;
};

export function isAnswer(ended: Answer | TransportTrouble): ended is Answer {
  return "status" in ended;
}

/**
 * Requests as Salesforce needs them, in place of jsforce's own, which closes the connection after every call, follows
 * redirects with the token, and waits for ever where an answer breaks off in the middle (lib/request.js, node-fetch 2).
 */
export function openExchanges() {
  const options = { keepAlive: true, maxSockets: MOST_SOCKETS };
  const plain = new http.Agent(options);
  const secure = new https.Agent(options);

  function start(call: HttpCall): Exchange {
    const isSecure = call.url.startsWith("https:");
    let refuse = (_: TransportTrouble) => {};
    const refused = new Promise<TransportTrouble>((resolve) => {
      refuse = resolve;
    });
    const one = oneRequestAgent(isSecure ? secure : plain, {
      maxBytes: MOST_BYTES,
      onRefused: (code, reason) => refuse({ sent: true, code, reason, cause: null }),
    });
    const answered = new Promise<Answer | TransportTrouble>((resolve) => {
      const fail = (error: unknown) => resolve(readTrouble(error, one.isSent()));
      const { method, headers } = call;
      const request = (isSecure ? https : http).request(call.url, { method, headers, agent: one.agent }, (response) =>
        readAnswer(response).then(resolve, fail),
      );
      request.on("error", fail);
      request.end(call.body ?? undefined);
    });
    return { ended: Promise.race([answered, refused]), isSent: one.isSent, cut: one.cut };
  }

  return {
    start,
    close: () => {
      plain.destroy();
      secure.destroy();
    },
  };
}

export type Exchanges = ReturnType<typeof openExchanges>;

function readAnswer(response: http.IncomingMessage): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    response.on("data", (chunk: Buffer) => chunks.push(chunk));
    response.on("error", reject);
    response.on("end", () => {
      const headers = Object.fromEntries(
        Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
      );
      resolve({ status: response.statusCode ?? 0, headers, text: Buffer.concat(chunks).toString("utf8") });
    });
  });
}
