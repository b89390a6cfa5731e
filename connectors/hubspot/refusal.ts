import { Fault, NO_HINTS } from "../../src/contract/fault.ts";
import { parseJson } from "../../src/kit/json.ts";
import { unreachable } from "../../src/kit/transport-trouble.ts";
import type { Answer, Sent } from "./client.ts";
import { readHints } from "./hints.ts";
import { readVendorError, type VendorError } from "./vendor-error.ts";

/** The error that a non-2xx answer carries. HTML and empty bodies give the HTTP status. */
export function readRefusal(answer: Answer): VendorError {
  return readVendorError(parseJson(answer.text), `HTTP ${answer.status}`);
}

/** 401, 403 and redirects: no row is to blame and nothing of the call was applied. Null for everything else. */
export function accessFault(sent: Sent, what: string, nowMs: number): Fault | null {
  if (sent.trouble !== null) {
    if (sent.trouble.code !== "REDIRECT") return null;
    return new Fault("DESTINATION_REFUSED", `${what}: ${sent.trouble.reason}; redirects are not followed`, {
      fix: "set base_url to the address that answers by itself",
    });
  }
  const { answer } = sent;
  if (answer.status !== 401 && answer.status !== 403) return null;
  const { message, missingScopes } = readRefusal(answer);
  const hints = readHints(answer, nowMs);
  if (answer.status === 401) {
    return new Fault("AUTH_REFUSED", `${what}: HubSpot refused the access token: ${message}`, {
      fix: "check access_token: a service key or the token of a private app, neither expired nor rotated away",
      hints,
    });
  }
  const scopes = [...new Set(missingScopes)].join(", ");
  return new Fault(
    "DESTINATION_REFUSED",
    `${what}: HubSpot refused access: ${message}${scopes && ` (scopes: ${scopes})`}`,
    {
      fix: `give the service key or private app ${scopes === "" ? "the scopes that connectors/hubspot/README.md lists" : `the scope ${scopes}`}`,
      hints,
    },
  );
}

/** Why a call that is about no single row brought nothing. */
export function callFault(sent: Sent, what: string, nowMs: number): Fault {
  const access = accessFault(sent, what, nowMs);
  if (access !== null) return access;
  if (sent.trouble !== null) {
    if (sent.trouble.code === "CANCELLED")
      return new Fault("CANCELLED", `${what}: cancelled`, { cause: sent.trouble.cause });
    return unreachable(what, sent.trouble);
  }
  const { answer } = sent;
  const hints = readHints(answer, nowMs);
  const { message } = readRefusal(answer);
  if (answer.status === 429) return new Fault("THROTTLED", `${what}: ${message}`, { hints });
  const isPassing = answer.status >= 500 || answer.status === 423 || answer.status === 477 || answer.status === 408;
  if (isPassing)
    return new Fault("DESTINATION_ANSWER", `${what}: HubSpot answered ${answer.status}: ${message}`, { hints });
  if (answer.status >= 400) return new Fault("DESTINATION_REFUSED", `${what}: ${message}`, { hints });
  return new Fault("DESTINATION_ANSWER", `${what}: HubSpot's answer (${answer.status}) cannot be understood`, {
    hints,
  });
}

export function hintsOf(sent: Sent, nowMs: number) {
  return sent.answer === null ? NO_HINTS : readHints(sent.answer, nowMs);
}
