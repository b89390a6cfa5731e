import type { Clock } from "../../../src/contract/clock.ts";
import { Fault } from "../../../src/contract/fault.ts";
import { parseJson, record, text } from "../../../src/kit/json.ts";
import { signedAssertion } from "../assertion.ts";
import type { SalesforceConfig } from "../config.ts";
import { loginRefusal } from "../token-reply.ts";

/** What an answer to plain HTTP holds; nothing of it is read yet. */
export type PlainAnswer = { readonly status: number; readonly headers: Headers; readonly text: string };

const DEADLINE_MS = 30_000;
const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/** One call. Faults: DESTINATION_UNREACHABLE; CANCELLED where `signal` ended it. */
export async function plainCall(url: string, init: RequestInit, signal: AbortSignal): Promise<PlainAnswer> {
  const until = AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]);
  try {
    const answer = await fetch(url, { ...init, redirect: "manual", signal: until });
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  } catch (cause) {
    const { host } = new URL(url);
    if (signal.aborted) throw new Fault("CANCELLED", "the trial was cancelled", { cause });
    const why = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
    throw new Fault("DESTINATION_UNREACHABLE", `no answer from ${host}: ${String(why)}`, {
      fix: "check login_url and the network, and try again",
      cause,
    });
  }
}

/** A session of the probes' own. Faults: AUTH_REFUSED, DESTINATION_UNREACHABLE. */
export async function logIn(config: SalesforceConfig, clock: Clock, signal: AbortSignal) {
  const loginUrl = config.login_url.replace(/\/+$/, "");
  const { auth } = config;
  const form =
    auth.flow === "client_credentials"
      ? { grant_type: "client_credentials", client_id: auth.client_id, client_secret: auth.client_secret }
      : { grant_type: JWT_BEARER, assertion: signedAssertion(auth, loginUrl, clock.now()) };
  const init = { method: "POST", body: new URLSearchParams(form) };
  const answer = await plainCall(`${loginUrl}/services/oauth2/token`, init, signal);
  const { status, headers } = answer;
  const refusal = loginRefusal({ status, headers: Object.fromEntries(headers), text: answer.text }, loginUrl);
  if (refusal instanceof Fault) throw refusal;
  if (refusal !== null) throw new Fault("DESTINATION_UNREACHABLE", refusal.reason, { fix: "try again in a minute" });
  const body = record(parseJson(answer.text)) ?? {};
  return {
    token: text(body.access_token) ?? "",
    server: (text(body.instance_url) ?? "").replace(/\/+$/, ""),
    /** `id` is https://…/id/<org>/<user>. */
    orgId: (text(body.id) ?? "").split("/").at(-2) ?? "",
  };
}
