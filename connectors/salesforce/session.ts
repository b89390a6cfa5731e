import type { Clock } from "../../src/contract/clock.ts";
import { Fault } from "../../src/contract/fault.ts";
import { withDeadline } from "../../src/kit/deadline.ts";
import type { TransportTrouble } from "../../src/kit/transport-trouble.ts";
import { signedAssertion } from "./assertion.ts";
import type { SalesforceConfig } from "./config.ts";
import { type Exchanges, type HttpCall, isAnswer } from "./exchange.ts";
import type { Jsforce, JsforceAnswer } from "./jsforce.ts";
import { loginRefusal } from "./token-reply.ts";

const LOGIN_DEADLINE_MS = 30_000;
const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const NO_TOKEN: JsforceAnswer = { statusCode: 400, headers: {}, body: "{}" };

/** Why there is no token: refused for good, or trouble on the way to the login server. */
export type LoginFailure = Fault | TransportTrouble;

/** A jsforce connection that logs in when it first needs to, and again when its token is refused. */
export function openSession(config: SalesforceConfig, clock: Clock, exchanges: Exchanges, jsforce: Jsforce) {
  const loginUrl = config.login_url.replace(/\/+$/, "");
  const { auth } = config;
  const secret =
    auth.flow === "client_credentials" ? { clientId: auth.client_id, clientSecret: auth.client_secret } : {};
  const conn = new jsforce.Connection({
    version: config.api_version,
    oauth2: { loginUrl, ...secret },
    refreshFn: (_, callback) => {
      void login().then((why) =>
        why === null ? callback(null, conn.accessToken ?? "") : callback(new Error("the login failed")),
      );
    },
  });
  conn.oauth2._transport = jsforce.transport(askForToken);

  let failure: LoginFailure | null = null;
  let pending: Promise<LoginFailure | null> | null = null;

  /** null: there is a token now. One login at a time, however many calls ask for it. */
  function login(): Promise<LoginFailure | null> {
    pending ??= logIn().finally(() => {
      pending = null;
    });
    return pending;
  }

  async function logIn(): Promise<LoginFailure | null> {
    failure = null;
    try {
      await conn.authorize(
        auth.flow === "client_credentials"
          ? { grant_type: "client_credentials" }
          : { grant_type: JWT_BEARER, assertion: signedAssertion(auth, loginUrl, clock.now()) },
      );
    } catch (error) {
      if (error instanceof Fault) failure = error;
      failure ??= new Fault("AUTH_REFUSED", `the login failed: ${String(error)}`, { cause: error });
    }
    return failure;
  }

  async function askForToken(call: HttpCall): Promise<JsforceAnswer> {
    const exchange = exchanges.start(call);
    const onEnd = (): TransportTrouble => {
      exchange.cut();
      return { sent: false, code: "TIMEOUT", reason: "no answer within the deadline", cause: null };
    };
    const deadline = { clock, deadlineMs: LOGIN_DEADLINE_MS, onEnd };
    const ended = await withDeadline(() => exchange.ended, deadline, new AbortController().signal);
    if (isAnswer(ended)) {
      failure = loginRefusal(ended, loginUrl);
      return failure === null ? { statusCode: ended.status, headers: ended.headers, body: ended.text } : NO_TOKEN;
    }
    // A login changes no record: whatever call waits for it was not sent.
    failure = { ...ended, sent: false, reason: `login at ${new URL(loginUrl).host}: ${ended.reason}` };
    return NO_TOKEN;
  }

  return {
    conn,
    /** Logs in where there is no token yet. */
    ready: async (): Promise<LoginFailure | null> => (conn.accessToken ? null : login()),
    /** Why the last login failed; null where it did not. */
    failure: (): LoginFailure | null => failure,
    /** The server that is spoken to, for messages. */
    host: new URL(loginUrl).host,
  };
}
