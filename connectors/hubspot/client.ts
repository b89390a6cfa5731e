import http from "node:http";
import https from "node:https";
import type { Clock } from "../../src/contract/clock.ts";
import { withDeadline } from "../../src/kit/deadline.ts";
import { oneRequestAgent } from "../../src/kit/one-request-agent.ts";
import { readTrouble, type TransportTrouble } from "../../src/kit/transport-trouble.ts";
import type { HubspotConfig } from "./config.ts";

const HOME = "https://api.hubapi.com";
/** 100 records with every property of a large portal are about 5 MB. */
const MOST_BYTES = 64 * 1024 * 1024;
const MOST_SOCKETS = 32;

export type Answer = {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
};

/** What came of one HTTP call. */
export type Sent = { readonly bytesOut: number } & (
  | { readonly answer: Answer; readonly trouble: null }
  | { readonly answer: null; readonly trouble: TransportTrouble }
);

/** The parts of the client's request and response contexts that are touched; every API of it has its own copies. */
type Outgoing = { setAgent(agent: http.Agent): void; getBody(): unknown };
type Incoming = {
  httpStatusCode: number;
  headers: Record<string, string>;
  body: { text(): Promise<string>; binary(): Promise<Buffer> };
};

/** Makes the options of one typed call, so that it is watched. */
export type Watch = <Q extends Outgoing, S extends Incoming>() => {
  middleware: { pre(request: Q): Promise<Q>; post(response: S): Promise<S> }[];
  middlewareMergeStrategy: "append";
};

type Seen = { bytesOut: number; answer: Answer | null };

const NO_ANSWER: TransportTrouble = {
  sent: true,
  code: "NETWORK",
  reason: "the call ended without an answer",
  cause: null,
};
const ENDED = {
  TIMEOUT: { code: "TIMEOUT", reason: "no answer within the deadline" },
  CANCELLED: { code: "CANCELLED", reason: "the call was cancelled" },
} as const;

function watching(agent: http.Agent, seen: Seen): Watch {
  return () => ({
    middlewareMergeStrategy: "append",
    middleware: [
      {
        pre: async (request) => {
          const body = request.getBody();
          seen.bytesOut = typeof body === "string" ? Buffer.byteLength(body) : 0;
          request.setAgent(agent);
          return request;
        },
        post: async (response) => {
          const text = await response.body.text();
          seen.answer = { status: response.httpStatusCode, headers: response.headers, text };
          response.body = { text: async () => "{}", binary: async () => Buffer.alloc(0) };
          return response;
        },
      },
    ],
  });
}

/**
 * The vendor's client with what it lacks: a deadline over the whole call, cancelling, a byte cap, connections kept alive,
 * redirects refused, headers of successes, and the answer's own words.
 *
 * The typed layer turns a 201 of `upsert` into an exception, drops `errors` from a 200 and takes HTML for an object, so the
 * text is read here and the typed layer is given an empty object; it serialises what goes out.
 */
export async function openClient(config: HubspotConfig, options: { clock: Clock; deadlineMs: number }) {
  const { Client } = await import("@hubspot/api-client");
  const { configureAuthMethods, HttpMethod, IsomorphicFetchHttpLibrary, RequestContext } = await import(
    "@hubspot/api-client/lib/codegen/crm/objects/index.js"
  );
  const basePath = (config.base_url ?? HOME).replace(/\/+$/, "");
  const agentOptions = { keepAlive: true, maxSockets: MOST_SOCKETS };
  const shared = basePath.startsWith("https:") ? new https.Agent(agentOptions) : new http.Agent(agentOptions);
  // Limiter and retries of the client are one per process for all its instances: they stay off.
  const client = new Client({ accessToken: config.access_token, basePath });
  const authorization = configureAuthMethods({ oauth2: { accessToken: config.access_token } }).oauth2;
  const fetchLibrary = new IsomorphicFetchHttpLibrary();

  async function call(start: (watch: Watch) => Promise<unknown>, signal: AbortSignal): Promise<Sent> {
    const seen: Seen = { bytesOut: 0, answer: null };
    let refuse = (_: TransportTrouble) => {};
    const refused = new Promise<TransportTrouble>((resolve) => {
      refuse = resolve;
    });
    const request = oneRequestAgent(shared, {
      maxBytes: MOST_BYTES,
      onRefused: (code, reason) => refuse({ sent: true, code, reason, cause: null }),
    });
    // An error of the typed layer tells nothing once the answer was read.
    const run = () =>
      start(watching(request.agent, seen)).then(
        () => NO_ANSWER,
        (error: unknown) => readTrouble(error, request.isSent()),
      );
    const onEnd = (why: "TIMEOUT" | "CANCELLED"): TransportTrouble => {
      const trouble = { ...ENDED[why], sent: request.isSent(), cause: signal.reason };
      request.cut();
      return trouble;
    };
    const { clock, deadlineMs } = options;
    const trouble = await withDeadline(() => Promise.race([run(), refused]), { clock, deadlineMs, onEnd }, signal);
    const { bytesOut, answer } = seen;
    return answer === null ? { bytesOut, answer, trouble } : { bytesOut, answer, trouble: null };
  }

  /** For what the client has no typed method for; the same library of the client sends it. */
  function get(path: string, signal: AbortSignal): Promise<Sent> {
    return call(async (watch) => {
      const request = new RequestContext(basePath + path, HttpMethod.GET);
      request.setHeaderParam("Accept", "application/json");
      authorization?.applySecurityAuthentication(request);
      const [watcher] = watch<typeof request, Incoming>().middleware;
      await watcher?.pre(request);
      await watcher?.post(await fetchLibrary.send(request).toPromise());
    }, signal);
  }

  return {
    batch: client.crm.objects.batchApi,
    search: client.crm.objects.searchApi,
    properties: client.crm.properties.coreApi,
    gdpr: client.crm.contacts.basicApi,
    /** The server that is spoken to, for messages. */
    host: new URL(basePath).host,
    call,
    get,
    close: () => shared.destroy(),
  };
}

export type HubspotClient = Awaited<ReturnType<typeof openClient>>;
