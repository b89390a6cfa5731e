import { request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP } from "node:net";

export type Message = {
  /** POST where not said. */
  readonly method?: "GET" | "POST";
  readonly url: URL;
  /** Connected to, whatever the URL's name resolves to by now. */
  readonly address: string;
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  /** The answer's text says why it was refused. */
  readonly readsAnswer: boolean;
};

export type Posted =
  /** `missed`: those that did not get it while others did, as half a sentence; null: all got it. */
  | { readonly ok: true; readonly missed: string | null }
  /** `why` is half a sentence and shows nothing of the URL. */
  | { readonly ok: false; readonly why: string; readonly mayPass: boolean };

const MOST_ANSWER_BYTES = 1_024;

/**
 * One POST on a connection of its own, with no proxy; a redirect is an error. Of the answer only the status counts, and of a
 * refusal the first kilobyte; the rest is not waited for. Never rejects.
 */
export function postMessage(message: Message, signal: AbortSignal): Promise<Posted> {
  return new Promise((resolve) => {
    const request = message.url.protocol === "https:" ? httpsRequest : httpRequest;
    const call = request(optionsOf(message, signal), (response) => {
      void readAnswer(response, message.readsAnswer).then((posted) => {
        resolve(posted);
        call.destroy();
      });
    });
    call.on("error", (error) => resolve({ ok: false, why: reasonOf(error), mayPass: true }));
    call.end(message.body);
  });
}

/** Of a call to the checked address, in the name of the URL. */
export function optionsOf(
  { method = "POST", url, address, body, headers }: Message,
  signal: AbortSignal,
): RequestOptions {
  const name = url.hostname.replaceAll(/[[\]]/g, "");
  const options = {
    method,
    host: address,
    port: url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port),
    path: `${url.pathname}${url.search}`,
    headers: { ...headers, host: url.host, "content-length": body.length, connection: "close" },
    agent: false,
    signal,
    // The certificate must be the name's, not the address's.
    servername: isIP(name) === 0 ? name : "",
  } as const;
  return options;
}

async function readAnswer(response: IncomingMessage, readsAnswer: boolean): Promise<Posted> {
  const status = response.statusCode ?? 0;
  if (status >= 200 && status < 300) return { ok: true, missed: null };
  if (status >= 300 && status < 400)
    return { ok: false, why: `it answered ${status}: a redirect is not followed`, mayPass: false };
  const text = readsAnswer ? await firstBytes(response) : "";
  const why = text === "" ? `it answered ${status}` : `it answered ${status}: ${text}`;
  return { ok: false, why, mayPass: status === 429 || status >= 500 };
}

async function firstBytes(response: IncomingMessage): Promise<string> {
  let text = "";
  try {
    for await (const chunk of response) {
      text += String(chunk);
      if (text.length >= MOST_ANSWER_BYTES) break;
    }
  } catch {
    // The status is known; what it says of it broke off.
  }
  return text.slice(0, MOST_ANSWER_BYTES);
}

/** Only the code: messages name the address and, some of them, the path. */
export function reasonOf(error: Error): string {
  const code = "code" in error && typeof error.code === "string" ? error.code : error.name;
  return `the connection failed (${code})`;
}
