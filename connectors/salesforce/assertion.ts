import { createPrivateKey, type KeyObject, sign } from "node:crypto";
import { Fault } from "../../src/contract/fault.ts";

/** Salesforce takes assertions of at most five minutes, by its own clock; three leave room for both clocks. */
const LIFE_S = 180;

const PRODUCTION = "https://login.salesforce.com";
const SANDBOX = "https://test.salesforce.com";

/**
 * Whom the assertion is meant for: the login host, whatever My Domain is used (help.salesforce.com,
 * remoteaccess_oauth_jwt_flow; so does Salesforce's own CLI). Servers on this machine are meant themselves.
 */
export function audience(loginUrl: string): string {
  const { hostname, origin } = new URL(loginUrl);
  if (hostname === "test.salesforce.com" || hostname.endsWith(".sandbox.my.salesforce.com")) return SANDBOX;
  return hostname.endsWith(".salesforce.com") ? PRODUCTION : origin;
}

/** A signed assertion (RS256). Throws AUTH_REFUSED where the key is none. */
export function signedAssertion(
  auth: { readonly client_id: string; readonly username: string; readonly private_key: string },
  loginUrl: string,
  nowMs: number,
): string {
  const claims = {
    iss: auth.client_id,
    sub: auth.username,
    aud: audience(loginUrl),
    exp: Math.floor(nowMs / 1_000) + LIFE_S,
  };
  const text = `${part({ alg: "RS256", typ: "JWT" })}.${part(claims)}`;
  return `${text}.${sign("RSA-SHA256", Buffer.from(text), readKey(auth.private_key)).toString("base64url")}`;
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

/** An environment variable often holds the key on one line, its line ends written out. */
function readKey(pem: string): KeyObject {
  let key: KeyObject | null = null;
  try {
    key = createPrivateKey(pem.replaceAll("\\n", "\n"));
  } catch {
    // Said below, without the error: it could quote the key.
  }
  if (key?.asymmetricKeyType === "rsa") return key;
  throw new Fault("AUTH_REFUSED", `private_key is ${key === null ? "no private key that can be read" : "no RSA key"}`, {
    fix: "give the unencrypted PEM text (-----BEGIN PRIVATE KEY-----) whose certificate the app holds",
  });
}
