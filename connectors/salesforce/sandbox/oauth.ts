import { createHmac } from "node:crypto";
import type { Answer, Call } from "../../../src/kit/sandbox/call.ts";
import { findObject, type Org } from "./org.ts";
import type { Sessions } from "./sessions.ts";
import { assertionUser } from "./signed-assertion.ts";
import type { StoredRecord, Values } from "./stored-record.ts";

/** The client that is let in with a secret; other clients register a key. */
export const SANDBOX_CLIENT = { id: "sandbox", secret: "sandbox" } as const;

export const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";

export type OAuthRefusal = { readonly error: string; readonly error_description: string };

/** `POST /services/oauth2/token`. `url` is this server's own. */
export function tokenCall(org: Org, sessions: Sessions, url: string, call: Call): Answer {
  const form = new URLSearchParams(call.text);
  const user = grantedUser(org, url, form);
  if (typeof user !== "string") return { status: 400, body: user };
  const issuedAt = String(org.clock.now());
  const id = idUrl(org, url, user);
  const body = {
    access_token: sessions.open(),
    signature: createHmac("sha256", SANDBOX_CLIENT.secret).update(`${id}${issuedAt}`).digest("base64"),
    scope: "api",
    instance_url: url,
    id,
    token_type: "Bearer",
    issued_at: issuedAt,
  };
  return { status: 200, body };
}

/** The id of the user that the grant lets in. */
function grantedUser(org: Org, url: string, form: URLSearchParams): string | OAuthRefusal {
  switch (form.get("grant_type")) {
    case "client_credentials":
      if (form.get("client_id") !== SANDBOX_CLIENT.id) {
        return { error: "invalid_client_id", error_description: "client identifier invalid" };
      }
      if (form.get("client_secret") !== SANDBOX_CLIENT.secret) {
        return { error: "invalid_client", error_description: "invalid client credentials" };
      }
      return org.userId;
    case JWT_BEARER:
      return assertionUser(org, url, form.get("assertion") ?? "");
    default:
      return { error: "unsupported_grant_type", error_description: "grant type not supported" };
  }
}

export function revokeCall(sessions: Sessions, call: Call): Answer {
  const token = new URLSearchParams(call.text).get("token") ?? call.query.get("token") ?? "";
  if (sessions.revoke(token)) return { status: 200, body: null };
  return { status: 400, body: { error: "invalid_token", error_description: "invalid token: " } };
}

/** `GET /services/oauth2/userinfo`: who the calls are made as. */
export function userInfoCall(org: Org, url: string): Answer {
  const user = findObject(org, "User")?.byId(org.userId)?.values ?? {};
  const { Username, Name } = user;
  const own = { sub: idUrl(org, url, org.userId), preferred_username: Username, name: Name, email_verified: true };
  return { status: 200, body: { ...own, ...person(org, url, org.userId, user) } };
}

/** `GET /id/{org}/{user}`. */
export function identityCall(org: Org, url: string, user: StoredRecord): Answer {
  const { Username, Name } = user.values;
  const own = { id: idUrl(org, url, user.id), asserted_user: true, username: Username, display_name: Name };
  return { status: 200, body: { ...own, ...person(org, url, user.id, user.values) } };
}

function idUrl(org: Org, url: string, userId: string): string {
  return `${url}/id/${org.id}/${userId}`;
}

function person(org: Org, url: string, userId: string, { Email, IsActive }: Values): object {
  const rest = `${url}/services/data/v{version}/`;
  return {
    user_id: userId,
    organization_id: org.id,
    email: Email,
    active: IsActive,
    user_type: "STANDARD",
    urls: { rest, sobjects: `${rest}sobjects/` },
  };
}
