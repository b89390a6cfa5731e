import { FAULTS, type Fault, isFaultCode } from "../contract/fault.ts";
import type { Sync } from "../contract/project.ts";
import type { RunRecord } from "../contract/run.ts";

/** What has to be known of a sync so that somebody is told of it. */
export type NewsSync = Pick<Sync, "name" | "owner" | "alerts" | "onSuccess">;

/** What anybody is told of; the two kinds without a run are known by their event. */
export type News = RunNews | MissedNews | BudgetNews;

/** How one sync came out of a command or a run of the service. */
export type RunNews = {
  readonly sync: NewsSync;
  readonly event: "failed" | "partial" | "held" | "recovered" | "succeeded";
  /** null where it came to none. */
  readonly run: RunRecord | null;
  readonly fault: Pick<Fault, "code" | "message" | "fix"> | null;
  /** The last run that ended before this one was of the kind that is told of. Only asked of what succeeded. */
  readonly wasBad: boolean;
};

/** A start of a schedule did not come, or came late. */
export type MissedNews = {
  readonly sync: NewsSync;
  readonly event: "missed";
  /** When the start was due, ms since the epoch. */
  readonly dueAt: number;
  /** When it came, ms since the epoch; null: not at all, or not yet. */
  readonly cameAt: number | null;
  /** Half a sentence, such as "the service was down"; null where nobody knows. */
  readonly why: string | null;
};

/** The calls that an account has for a day are nearly spent. */
export type BudgetNews = {
  readonly event: "budget";
  /** By which it was noticed; several may share an account. */
  readonly connection: string;
  /** Known apart from all others: connector and the vendor's id, such as "hubspot 4711". */
  readonly account: string;
  /** Calls of the day that are left, of so many, with those that are reserved for others. */
  readonly left: number;
  readonly of: number;
  readonly reserved: number;
  /** Those that go to this account: it is told to their alerts and owners. Empty: to every alert. */
  readonly syncs: readonly NewsSync[];
};

/** The syncs that somebody has to care for to be told of this. */
export function syncsOf(news: News): readonly NewsSync[] {
  return news.event === "budget" ? news.syncs : [news.sync];
}

/** What is told once in a while: a sync's runs, its starts, an account. No sync has a name with a colon. */
export function subjectOf(news: News): string {
  if (news.event === "budget") return `budget:${news.account}`;
  return news.event === "missed" ? `missed:${news.sync.name}` : news.sync.name;
}

/**
 * What an ended run is to those who are told: `held` by a guard; `failed` also for what is blocked otherwise, as somebody has to
 * mend it. null: nothing to tell, such as of a run that somebody cancelled, that pauses, or that met another process at work.
 */
export function eventOf(run: Pick<RunRecord, "state" | "code">): RunNews["event"] | null {
  switch (run.state) {
    case "succeeded":
    case "partial":
    case "failed":
      return run.state;
    case "blocked":
      if (run.code === "HELD") return "held";
      return isBusy(run.code) ? null : "failed";
    default:
      return null;
  }
}

/** The same where it did not come to a run. */
export function eventOfFault(fault: Fault): "failed" | null {
  return fault.code === "CANCELLED" || isBusy(fault.code) ? null : "failed";
}

/** Somebody else is at work there; the next run finds it free. */
function isBusy(code: string | null): boolean {
  if (!isFaultCode(code)) return false;
  const rule = FAULTS[code];
  return rule.exitStatus === 4 && rule.retry === "next_run";
}
