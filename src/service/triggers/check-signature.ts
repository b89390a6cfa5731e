import { createHmac, timingSafeEqual } from "node:crypto";
import type { TriggerType } from "../../contract/trigger.ts";

type Headers = Readonly<Record<string, string | undefined>>;

export type SignedMessage = {
  /** What the signature is of. */
  readonly signed: Buffer;
  /** HMAC-SHA256, as it came: 32 bytes. */
  readonly signature: Buffer;
};

/** A message of `hmac` that was signed so long before or after now is refused. */
const MOST_SKEW_MS = 5 * 60_000;
const HEX = /^[0-9a-f]{64}$/i;

/** What a call says that it signed; null where it does not say it as its type does. `raw` is the body as it came. */
export function messageOf(type: TriggerType, headers: Headers, raw: Buffer): SignedMessage | null {
  if (type === "dbt_cloud") return signedBy(headers["authorization"], raw);
  const stamp = headers["x-sluice-timestamp"];
  const [scheme, hex] = headers["x-sluice-signature"]?.split("=", 2) ?? [];
  if (stamp === undefined || scheme !== "sha256" || !/^\d{1,12}$/.test(stamp)) return null;
  return signedBy(hex, Buffer.concat([Buffer.from(`${stamp}.`), raw]));
}

function signedBy(hex: string | undefined, signed: Buffer): SignedMessage | null {
  return hex === undefined || !HEX.test(hex) ? null : { signed, signature: Buffer.from(hex, "hex") };
}

/** Whether any of the secrets signed it. Takes as long whichever it was, and wherever the first difference is. */
export function isSigned(secrets: readonly string[], { signed, signature }: SignedMessage): boolean {
  const fits = secrets.map((secret) =>
    timingSafeEqual(createHmac("sha256", secret).update(signed).digest(), signature),
  );
  return fits.includes(true);
}

/** Why a message that is well signed comes at the wrong time; null where it does not, and where its type tells no time. */
export function whyStale(type: TriggerType, headers: Headers, nowMs: number): string | null {
  if (type === "dbt_cloud") return null;
  const skewMs = nowMs - Number(headers["x-sluice-timestamp"]) * 1000;
  if (Math.abs(skewMs) <= MOST_SKEW_MS) return null;
  return `its timestamp is ${Math.round(Math.abs(skewMs) / 1000)} s ${skewMs > 0 ? "old" : "ahead"}`;
}
