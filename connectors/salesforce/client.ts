import type { Clock } from "../../src/contract/clock.ts";
import { Fault } from "../../src/contract/fault.ts";
import { withDeadline } from "../../src/kit/deadline.ts";
import type { TransportTrouble } from "../../src/kit/transport-trouble.ts";
import type { SalesforceConfig } from "./config.ts";
import { type Answer, type Exchange, type HttpCall, isAnswer, openExchanges } from "./exchange.ts";
import { type JsforceAnswer, loadJsforce } from "./jsforce.ts";
import { openSession } from "./session.ts";

export type { Answer } from "./exchange.ts";

/** What came of one HTTP call. */
export type Sent = { readonly bytesOut: number } & (
  | { readonly answer: Answer; readonly trouble: null }
  | { readonly answer: null; readonly trouble: TransportTrouble }
);

export type Request = {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Below `/services/data/vNN.0`, with a slash in front; or a path that an answer named (`/services/…`). */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};

const ENDED = {
  TIMEOUT: { code: "TIMEOUT", reason: "no answer within the deadline" },
  CANCELLED: { code: "CANCELLED", reason: "the call was cancelled" },
} as const;
const NO_ANSWER: TransportTrouble = {
  sent: true,
  code: "NETWORK",
  reason: "the call ended without an answer",
  cause: null,
};

/** What jsforce is told of an answer that was read here: it would drop headers and throw the status away. */
const READ: JsforceAnswer = { statusCode: 204, headers: {}, body: "" };
const EXPIRED: JsforceAnswer = { statusCode: 401, headers: {}, body: "" };

type Underway = {
  exchange: Exchange | null;
  refusals: number;
  result: Answer | TransportTrouble | null;
  isOver: boolean;
};

/**
 * jsforce with a transport of our own below it. It puts the token on every call and logs in again after a 401, once however
 * many calls meet one together. Deadline, cancelling, a byte cap, connections kept alive and the answer's own words are
 * ours. The second 401 of a call is not handed back to jsforce, which would log in for ever.
 */
export async function openClient(config: SalesforceConfig, options: { clock: Clock; deadlineMs: number }) {
  const { clock, deadlineMs } = options;
  const jsforce = await loadJsforce();
  const exchanges = openExchanges();
  const session = openSession(config, clock, exchanges, jsforce);
  const { conn } = session;

  async function exchange(call: HttpCall, state: Underway): Promise<JsforceAnswer> {
    if (state.isOver) return READ;
    state.exchange = exchanges.start(call);
    const result = await state.exchange.ended;
    if (isAnswer(result) && result.status === 401 && state.refusals++ === 0) {
      state.exchange = null; // nothing of it was applied
      return EXPIRED;
    }
    state.result = result;
    return READ;
  }

  async function run(request: Request, state: Underway): Promise<Answer | TransportTrouble> {
    const refused = await session.ready();
    if (refused === null) {
      const { method, path, headers, body } = request;
      const server = conn.instanceUrl.replace(/\/+$/, "");
      const api = new jsforce.HttpApi(conn, { transport: jsforce.transport((call) => exchange(call, state)) });
      const url = path.startsWith("/services/")
        ? server + path
        : `${server}/services/data/v${config.api_version}${path}`;
      const sending =
        body === undefined
          ? { method, url, headers: { Accept: "application/json", ...headers } }
          : { method, url, body, headers: { Accept: "application/json", "Content-Type": JSON_TYPE, ...headers } };
      // What fails here is the login after a 401; every other answer was read already.
      await api.request(sending).catch(() => undefined);
      if (state.result !== null) return state.result;
    }
    const failure = refused ?? session.failure();
    if (failure instanceof Fault) throw failure;
    return failure ?? NO_ANSWER;
  }

  /** One call. Throws AUTH_REFUSED where no token is to be had; all else is in the answer or the trouble. */
  async function call(request: Request, signal: AbortSignal): Promise<Sent> {
    const bytesOut = request.body === undefined ? 0 : Buffer.byteLength(request.body);
    const state: Underway = { exchange: null, refusals: 0, result: null, isOver: false };
    const onEnd = (why: "TIMEOUT" | "CANCELLED"): TransportTrouble => {
      const trouble = { ...ENDED[why], sent: state.exchange?.isSent() ?? false, cause: signal.reason };
      state.isOver = true;
      state.exchange?.cut();
      return trouble;
    };
    const ended = await withDeadline(() => run(request, state), { clock, deadlineMs, onEnd }, signal);
    return isAnswer(ended) ? { bytesOut, answer: ended, trouble: null } : { bytesOut, answer: null, trouble: ended };
  }

  return {
    call,
    host: session.host,
    /** The org that the login named; null before the first login. */
    orgId: (): string | null => conn.userInfo?.organizationId ?? null,
    close: () => exchanges.close(),
  };
}

const JSON_TYPE = "application/json; charset=UTF-8";

export type SalesforceClient = Awaited<ReturnType<typeof openClient>>;
