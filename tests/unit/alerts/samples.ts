import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import type { BudgetNews, MissedNews, NewsSync, RunNews } from "../../../src/alerts/news.ts";
import type { Teller, TellTools } from "../../../src/alerts/tell-news.ts";
import { ALERT_EVENTS, type Alert } from "../../../src/contract/project.ts";
import { NO_OPERATION_COUNTS, type RunRecord } from "../../../src/contract/run.ts";

export const NOON = Date.UTC(2026, 0, 2, 12);

export function runOf(sync: string, patch: Partial<RunRecord> = {}): RunRecord {
  return {
    id: `run-of-${sync}`,
    sync,
    model: "people",
    state: "failed",
    reason: "the token was refused",
    code: "AUTH_REQUIRED",
    action: "run",
    trigger: "cli",
    configHash: "hash",
    account: "42",
    resumes: 0,
    resumeAt: null,
    counts: { read: 10, invalid: 0, unchanged: 4, waiting: 1, added: 5, changed: 0, removed: 0 },
    operations: { upsert: { ...NO_OPERATION_COUNTS, applied: 3, rejected: 2 } },
    guards: [],
    forecast: null,
    planRows: 5,
    planSha256: null,
    newInvalid: 0,
    newRejected: 2,
    linked: 0,
    created: 3,
    adopted: 0,
    calls: 1,
    throttled: 0,
    waitedMs: 0,
    bytesOut: 0,
    peakRssBytes: 0,
    startedAt: NOON - 60_000,
    endedAt: NOON,
    ...patch,
  };
}

export const syncOf = (name: string, patch: Partial<NewsSync> = {}): NewsSync => ({
  name,
  owner: null,
  alerts: null,
  onSuccess: null,
  ...patch,
});

export function newsOf(name: string, event: RunNews["event"], patch: Partial<RunNews> = {}): RunNews {
  const codes: Partial<Record<RunNews["event"], string>> = { failed: "AUTH_REQUIRED", held: "HELD" };
  const run = runOf(name, {
    code: codes[event] ?? null,
    state: event === "held" ? "blocked" : event === "recovered" ? "succeeded" : event,
    reason: event === "succeeded" ? null : `why ${name} is ${event}`,
    ...patch.run,
  });
  return { sync: syncOf(name), event, fault: null, wasBad: false, ...patch, run };
}

export const missedOf = (name: string, patch: Partial<MissedNews> = {}): MissedNews => ({
  sync: syncOf(name),
  event: "missed",
  dueAt: NOON - 47 * 60_000,
  cameAt: NOON,
  why: null,
  ...patch,
});

export const budgetOf = (account: string, patch: Partial<BudgetNews> = {}): BudgetNews => ({
  event: "budget",
  connection: "crm",
  account,
  left: 12_000,
  of: 250_000,
  reserved: 2_500,
  syncs: [syncOf("people")],
  ...patch,
});

const TELLS_ALL = { on: ALERT_EVENTS, severity: "info", owners: null } as const;

export function alertTo(url: string, patch: Partial<HookAlert> = {}): Alert {
  const endpoint = { url, secret: null, allowsPrivate: false };
  return { name: "hook", type: "webhook", endpoint, ...TELLS_ALL, ...patch };
}

type HookAlert = Extract<Alert, { type: "slack" | "webhook" }>;
export type MailAlert = Extract<Alert, { type: "email" }>;

export const mailbox = (address: string, name = "") => ({ name, address });

export function mailTo(url: string, to: MailAlert["to"], patch: Partial<MailAlert> = {}): MailAlert {
  const endpoint = { url, secret: null, allowsPrivate: false };
  const from = mailbox("sluice@example.com", "Sluice");
  return { name: "mail", type: "email", endpoint, from, to, ...TELLS_ALL, ...patch };
}

/** A project whose work folder is gone when the test file ends. */
export function tellerMaker(): (alerts: readonly Alert[], secrets?: readonly string[]) => Teller {
  const dirs: string[] = [];
  afterAll(() => {
    for (const dir of dirs) rmSync(dir, { recursive: true, force: true });
  });
  return (alerts, secrets = []) => {
    const dir = mkdtempSync(join(tmpdir(), "sluice-alerts-"));
    dirs.push(dir);
    return {
      dir: join(dir, "crm-syncs"),
      environment: "prod",
      workDir: join(dir, ".sluice"),
      alerts: new Map(alerts.map((alert) => [alert.name, alert])),
      secrets,
    };
  };
}

export const DEADLINE_MS = 10_000;

export type Tools = TellTools & {
  /** What it slept, but for the deadline. */
  readonly slept: number[];
  /** Ends the deadline. */
  readonly expire: () => void;
  nowMs: number;
};

/** Pauses pass at once, the deadline when the test says so. */
export function testTools(resolve: (host: string) => readonly string[] = () => []): Tools {
  const slept: number[] = [];
  let expire = (): void => {};
  const expired = new Promise<void>((done) => {
    expire = done;
  });
  const tools: Tools = {
    slept,
    expire: () => expire(),
    nowMs: NOON,
    deadlineMs: DEADLINE_MS,
    random: () => 0.5,
    resolveHost: async (host) => resolve(host),
    clock: {
      now: () => tools.nowMs,
      monotonicMs: () => tools.nowMs,
      sleep: (ms, signal) => {
        if (ms !== DEADLINE_MS) {
          slept.push(ms);
          return Promise.resolve();
        }
        const stopped = new Promise<void>((_, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason), { once: true });
        });
        return Promise.race([expired, stopped]);
      },
    },
  };
  return tools;
}

export const NEVER = new AbortController().signal;
