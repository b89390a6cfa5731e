import { Fault } from "../../src/contract/fault.ts";
import { parseJson, record, text } from "../../src/kit/json.ts";
import type { TransportTrouble } from "../../src/kit/transport-trouble.ts";
import { isLoopback } from "./config.ts";
import type { Answer } from "./exchange.ts";

const FIXES: readonly (readonly [pattern: RegExp, fix: string])[] = [
  [/not supported on this domain/i, "set login_url to the org's My Domain: https://acme.my.salesforce.com"],
  [/invalid_client_id/, "check client_id: the consumer key of the app"],
  [/invalid_client/, "check client_id and client_secret: consumer key and secret of the app"],
  [/no client credentials user/i, "choose a run-as user in the app's policies for the client credentials flow"],
  [/audience/i, "check login_url: it must be the org's My Domain, or login.salesforce.com or test.salesforce.com"],
  [/approved this consumer/i, "pre-authorize the app for the user: a permission set, and admin approved users"],
  [/invalid assertion|signature/i, "check that private_key belongs to the certificate that the app holds"],
  [/inactive/i, "activate the user, or let another one run the app"],
  [/ip restricted|ip_restrict/i, "allow this machine's address in the app's policies or the user's profile"],
];

/**
 * Why a token reply lets nobody in; null for one that does. Without `id`, jsforce would crash on it. A login server that is
 * down, or that is asked too often, is trouble on the way: it passes.
 */
export function loginRefusal(answer: Answer, loginUrl: string): Fault | TransportTrouble | null {
  const { host } = new URL(loginUrl);
  const body = record(parseJson(answer.text));
  if (answer.status >= 500 || answer.status === 429 || answer.status === 408)
    return passing(`${host} answered ${answer.status} to the login`);
  if (answer.status >= 300 && answer.status < 400) {
    const to = answer.headers.location ?? "another address";
    return refused(`${host} redirects the login to ${to}; redirects are not followed`, "set login_url to that address");
  }
  if (body === null)
    return refused(`${host} answered the login with no token (${answer.status})`, "check that login_url is the org's");
  if (answer.status >= 400) {
    const code = text(body.error) ?? `HTTP ${answer.status}`;
    const words = text(body.error_description) ?? code;
    if (/login rate exceeded/i.test(words)) return passing(`${host} says: ${words}`);
    const fix = FIXES.find(([pattern]) => pattern.test(`${code} ${words}`))?.[1];
    return refused(`Salesforce refused the login: ${words} (${code})`, fix ?? "check login_url and auth");
  }
  return incomplete(body, host, loginUrl);
}

function incomplete(body: Readonly<Record<string, unknown>>, host: string, loginUrl: string): Fault | null {
  const missing = ["access_token", "instance_url", "id"].filter((name) => text(body[name]) === null);
  if (missing.length > 0)
    return refused(`${host} answered the login without ${missing.join(" and ")}`, "check that login_url is the org's");
  const instance = text(body.instance_url) ?? "";
  const isSafe = instance.startsWith("https://") || (isLoopback(instance) && isLoopback(loginUrl));
  if (isSafe) return null;
  return refused(`${host} sends the token to ${instance}, which is not https`, "check that login_url is the org's");
}

function refused(message: string, fix: string): Fault {
  return new Fault("AUTH_REFUSED", message, { fix });
}

function passing(reason: string): TransportTrouble {
  return { sent: false, code: "LOGIN", reason, cause: null };
}
