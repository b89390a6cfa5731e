import { randomBytes } from "node:crypto";
import { Fault } from "../contract/fault.ts";
import { SCOPES, type Scope, type ServiceStore, type TokenRecord } from "../contract/service.ts";
import type { StateStore } from "../contract/state.ts";
import { newRunId } from "../core/run-id.ts";
import { isoTime } from "../core/run-json.ts";
import { openLedger } from "../engine/open-ledger.ts";
import { tokenHash } from "../service/api/caller.ts";
import type { CommandContext } from "./command-context.ts";
import { namedSync } from "./named-sync.ts";
import { openProject } from "./open-project.ts";

type CreateOptions = { scope: string[]; sync?: string[]; expires: string };
type Ledger = StateStore & ServiceStore;

const DAY_MS = 86_400_000;
/** Begins every token, so that scanners of leaked secrets know it. */
const PREFIX = "slc_";

/** Makes a token and shows it, once. */
export async function createToken(context: CommandContext<CreateOptions>, name: string): Promise<number> {
  const { services, output, options } = context;
  const project = await openProject(context);
  const scopes = options.scope.map(readScope);
  const syncs = options.sync?.map((sync) => namedSync(project, sync).name) ?? null;
  const nowMs = services.clock.now();
  const expiresAt = readExpiry(options.expires, nowMs);
  return withLedger(context, async (state) => {
    const isTaken = (await state.tokens()).some((one) => one.name === name && isLiving(one, nowMs));
    if (isTaken)
      throw new Fault("USAGE", `there is a token "${name}" already, and the audit log tells them apart by name`, {
        fix: "choose another name, or revoke that one first (`sluice token list`)",
      });
    const key = `${PREFIX}${randomBytes(32).toString("base64url")}`;
    const token: TokenRecord = {
      id: newRunId(nowMs, services.random),
      ...{ name, sha256: tokenHash(key), scopes, syncs, createdAt: nowMs, expiresAt, revokedAt: null, usedAt: null },
    };
    await state.putToken(token);
    await audit(context, state, "create token", token);
    output.document({ token: key, ...tokenJson(token) });
    output.line(key);
    output.line(`  ${tokenLine(token)}`);
    output.line("  shown once and kept nowhere: put it where your secrets are");
    return 0;
  });
}

export async function listTokens(context: CommandContext<object>): Promise<number> {
  const { output } = context;
  return withLedger(context, async (state) => {
    const tokens = await state.tokens();
    output.document({ tokens: tokens.map(tokenJson) });
    for (const token of tokens) output.line(tokenLine(token));
    if (tokens.length === 0) output.line("no tokens: the service listens on this machine alone, to whoever is on it");
    return 0;
  });
}

export async function revokeToken(context: CommandContext<object>, id: string): Promise<number> {
  const { services, output } = context;
  return withLedger(context, async (state) => {
    const token = (await state.tokens()).find((one) => one.id === id);
    if (token === undefined || !(await state.revokeToken(id, services.clock.now())))
      throw new Fault("USAGE", `there is no token ${id} that could be revoked`, {
        fix: "`sluice token list` names them",
      });
    await audit(context, state, "revoke token", token);
    output.document({ revoked: id });
    output.line(`${token.name} (${id}) is revoked`);
    return 0;
  });
}

async function withLedger(context: CommandContext<object>, work: (state: Ledger) => Promise<number>): Promise<number> {
  const project = await openProject(context);
  const state = await openLedger(project, context.services.clock);
  if (state === null)
    throw new Fault("STATE_MISSING", "this project has never run, so there is no state to keep tokens in", {
      fix: "start it once: `sluice serve` or `sluice run SYNC`",
    });
  try {
    return await work(state);
  } finally {
    await state.close();
  }
}

async function audit(context: CommandContext<object>, state: Ledger, act: string, token: TokenRecord): Promise<void> {
  const { clock, who } = context.services;
  const detail = `${token.name} (${token.id}): ${token.scopes.join(", ")}`;
  await state.audit({ at: clock.now(), who, act, sync: null, run: null, detail });
}

function isLiving({ revokedAt, expiresAt }: TokenRecord, nowMs: number): boolean {
  return revokedAt === null && (expiresAt === null || expiresAt > nowMs);
}

function readScope(text: string): Scope {
  const scope = SCOPES.find((one) => one === text);
  if (scope !== undefined) return scope;
  throw new Fault("USAGE", `--scope ${text}: no such scope`, { fix: `one or more of ${SCOPES.join(", ")}` });
}

function readExpiry(text: string, nowMs: number): number | null {
  if (text === "never") return null;
  const days = Number(/^(\d{1,4})d$/.exec(text)?.[1] ?? Number.NaN);
  if (days >= 1) return nowMs + days * DAY_MS;
  throw new Fault("USAGE", `--expires ${text}: not a time`, { fix: "write days, such as 90d, or never" });
}

function tokenJson(token: TokenRecord) {
  return {
    id: token.id,
    name: token.name,
    scopes: token.scopes,
    syncs: token.syncs,
    created_at: isoTime(token.createdAt),
    expires_at: isoTime(token.expiresAt),
    revoked_at: isoTime(token.revokedAt),
    used_at: isoTime(token.usedAt),
  };
}

function tokenLine({ id, name, scopes, syncs, expiresAt, revokedAt, usedAt }: TokenRecord): string {
  const end = revokedAt !== null ? "revoked" : expiresAt === null ? "never expires" : `expires ${isoTime(expiresAt)}`;
  const used = usedAt === null ? "never used" : `last used ${isoTime(usedAt)}`;
  return `${id}  ${name}: ${scopes.join(", ")} on ${syncs === null ? "every sync" : syncs.join(", ")}; ${end}; ${used}`;
}
