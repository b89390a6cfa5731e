import { createHash, timingSafeEqual } from "node:crypto";
import type { Clock } from "../../contract/clock.ts";
import { SCOPES, type Scope, type ServiceStore, type TokenRecord } from "../../contract/service.ts";
import { countBadCallers } from "./bad-callers.ts";
import { refusal } from "./refusal.ts";
import type { Answer } from "./route.ts";

/** Who calls, and what they may do. */
export type Caller = {
  /** For the audit log. */
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** null: every sync. */
  readonly syncs: readonly string[] | null;
};

export type CallerOptions = {
  readonly tokens: Pick<ServiceStore, "token" | "tokens" | "touchToken">;
  /** Of the commands of this machine; they find it in a file that only the service's own user can read. */
  readonly localKey: string;
  readonly localName: string;
  readonly clock: Clock;
};

export type Credentials = {
  /** Every Authorization header of the request, as it came. */
  readonly authorization: readonly string[];
  /** Whose bad tokens are counted together. */
  readonly address: string;
};

/** Longer than any token of ours. */
const LONGEST = 200;
const TOUCH_MS = 60_000;

export function tokenHash(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

export function mayDo(caller: Caller, scope: Scope): boolean {
  return caller.scopes.includes(scope) || caller.scopes.includes("admin");
}

export function maySee(caller: Caller, sync: string): boolean {
  return caller.syncs === null || caller.syncs.includes(sync);
}

export type FindCaller = ((given: Credentials) => Promise<Caller | Answer>) & {
  /** For keys that are checked elsewhere: counts a wrong one with the wrong tokens of its address. */
  readonly refuse: (address: string, answer: Answer) => Answer;
};

/**
 * Finds out who calls. While no token was ever made, whoever reaches the service may do everything: it then listens on this
 * machine alone. From the first one on nobody may without, also when all have expired.
 */
export function callerFinder(options: CallerOptions): FindCaller {
  const { tokens, clock } = options;
  const countBad = countBadCallers(clock);
  const refuse = (address: string, detail: string): Answer => countBad(address, unauthorized(detail));
  const find = async ({ authorization, address }: Credentials): Promise<Caller | Answer> => {
    const [header] = authorization;
    if (header === undefined) {
      const isOpen = (await tokens.tokens()).length === 0;
      return isOpen ? EVERYBODY_HERE : unauthorized("a token is needed");
    }
    if (authorization.length > 1) return refuse(address, "there are several Authorization headers");
    const token = /^Bearer ([\w.~+/=-]+)$/i.exec(header)?.[1];
    if (token === undefined || token.length > LONGEST) return refuse(address, "this is no Bearer token");
    const sha256 = tokenHash(token);
    if (isSame(sha256, tokenHash(options.localKey))) return { name: options.localName, scopes: SCOPES, syncs: null };
    const record = await tokens.token(sha256);
    if (record === null || !isSame(record.sha256, sha256)) return refuse(address, "this token is not known");
    const why = whyOver(record, clock.now());
    if (why !== null) return refuse(address, why);
    if (clock.now() - (record.usedAt ?? 0) > TOUCH_MS) await tokens.touchToken(record.id, clock.now());
    return { name: `token ${record.name}`, scopes: record.scopes, syncs: record.syncs };
  };
  return Object.assign(find, { refuse: countBad });
}

const EVERYBODY_HERE: Caller = { name: "this machine", scopes: SCOPES, syncs: null };

function unauthorized(detail: string): Answer {
  const fix = "send `Authorization: Bearer TOKEN`; `sluice token create` makes one";
  return refusal(401, "UNAUTHORIZED", detail, fix, { headers: { "www-authenticate": "Bearer" } });
}

function whyOver({ revokedAt, expiresAt }: TokenRecord, nowMs: number): string | null {
  if (revokedAt !== null) return "this token was revoked";
  return expiresAt !== null && expiresAt <= nowMs ? "this token has expired" : null;
}

function isSame(a: string, b: string): boolean {
  return timingSafeEqual(Buffer.from(a, "hex"), Buffer.from(b, "hex"));
}
