import { createPublicKey, verify } from "node:crypto";
import type { OAuthRefusal } from "./oauth.ts";
import { findObject, type Org } from "./org.ts";

/** An assertion may live this long, and clocks may differ by as much. */
const MAX_LIFE_S = 300;
const LOGIN_HOSTS = ["https://login.salesforce.com", "https://test.salesforce.com"];

/** The id of the user whom a signed assertion (RS256; iss, sub, aud, exp) lets in, or why it is refused. */
export function assertionUser(org: Org, url: string, assertion: string): string | OAuthRefusal {
  const [head = "", claims = "", signature = "", ...more] = assertion.split(".");
  const header = jsonOf(head);
  const said = jsonOf(claims);
  if (more.length > 0 || header?.alg !== "RS256" || said === null) return invalidGrant("invalid assertion");
  const client = typeof said.iss === "string" ? said.iss : "";
  const key = org.keys.get(client);
  if (key === undefined) return { error: "invalid_client_id", error_description: "client identifier invalid" };
  const isSigned = verify(
    "RSA-SHA256",
    Buffer.from(`${head}.${claims}`),
    createPublicKey(key),
    Buffer.from(signature, "base64url"),
  );
  if (!isSigned) return invalidGrant("invalid assertion");
  if (!audiences(said.aud).some((one) => [url, ...LOGIN_HOSTS].includes(one.replace(/\/$/, "")))) {
    return invalidGrant("audience is invalid");
  }
  const nowS = org.clock.now() / 1_000;
  if (typeof said.exp !== "number" || said.exp <= nowS) return invalidGrant("expired authorization code");
  if (said.exp > nowS + MAX_LIFE_S) return invalidGrant("invalid assertion");
  const user = typeof said.sub === "string" ? findObject(org, "User")?.find("Username", said.sub)[0] : undefined;
  if (user === undefined) return invalidGrant("user hasn't approved this consumer");
  return user.values.IsActive === true ? user.id : invalidGrant("inactive user");
}

function invalidGrant(error_description: string): OAuthRefusal {
  return { error: "invalid_grant", error_description };
}

function audiences(aud: unknown): string[] {
  return (Array.isArray(aud) ? aud : [aud]).filter((one) => typeof one === "string");
}

function jsonOf(part: string): Record<string, unknown> | null {
  try {
    const value = JSON.parse(Buffer.from(part, "base64url").toString("utf8")) as unknown;
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
