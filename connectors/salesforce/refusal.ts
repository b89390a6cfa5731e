import { Fault, type Hints, NO_HINTS } from "../../src/contract/fault.ts";
import { unreachable } from "../../src/kit/transport-trouble.ts";
import type { Answer, Sent } from "./client.ts";
import { limitRefusal, readHints } from "./hints.ts";
import { readErrors } from "./vendor-error.ts";

/** "NOT_FOUND: The requested resource does not exist" */
export function wordsOf({ text, status }: Answer): string {
  return readErrors(text, status)
    .map(({ code, message }) => (message.startsWith(code) ? message : `${code}: ${message}`))
    .join("; ");
}

export function hintsOf(sent: Sent, nowMs: number): Hints {
  return sent.answer === null ? NO_HINTS : readHints(sent.answer, nowMs);
}

/** 401, 403 but for limits, and redirects: no row is to blame and nothing of the call was applied. Null for all else. */
export function accessFault(sent: Sent, what: string, nowMs: number): Fault | null {
  if (sent.answer === null) return null;
  const { answer } = sent;
  const hints = readHints(answer, nowMs);
  if (answer.status > 300 && answer.status < 400) {
    const to = answer.headers.location ?? "another address";
    return new Fault("DESTINATION_REFUSED", `${what}: Salesforce redirects to ${to}; redirects are not followed`, {
      fix: "set login_url to the org's My Domain: https://acme.my.salesforce.com",
      hints,
    });
  }
  if (answer.status === 401)
    return new Fault("AUTH_REFUSED", `${what}: Salesforce refused the session, a new one too: ${wordsOf(answer)}`, {
      fix: "check that the integration user may use the API, and the session and IP rules of the app",
      hints,
    });
  if (answer.status !== 403 || limitRefusal(answer) !== null) return null;
  return new Fault("DESTINATION_REFUSED", `${what}: Salesforce refused access: ${wordsOf(answer)}`, {
    fix: "give the integration user the permissions that connectors/salesforce/README.md lists (API Enabled, the object, its fields)",
    hints,
  });
}

/** Why a call that is about no single row brought nothing. */
export function callFault(sent: Sent, what: string, nowMs: number): Fault {
  const access = accessFault(sent, what, nowMs);
  if (access !== null) return access;
  if (sent.answer === null) {
    const { trouble } = sent;
    if (trouble.code === "CANCELLED") return new Fault("CANCELLED", `${what}: cancelled`, { cause: trouble.cause });
    return unreachable(what, trouble);
  }
  const { answer } = sent;
  const hints = readHints(answer, nowMs);
  const { status } = answer;
  const words = wordsOf(answer);
  if (status === 429 || limitRefusal(answer) !== null) return new Fault("THROTTLED", `${what}: ${words}`, { hints });
  if (status >= 500 || status === 408)
    return new Fault("DESTINATION_ANSWER", `${what}: Salesforce answered ${status}: ${words}`, { hints });
  if (status >= 400) return new Fault("DESTINATION_REFUSED", `${what}: ${words}`, { hints });
  return new Fault("DESTINATION_ANSWER", `${what}: Salesforce's answer (${status}) cannot be understood`, { hints });
}
