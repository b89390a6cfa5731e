import { type Alert, EVENT_SEVERITY, SEVERITIES } from "../contract/project.ts";
import { sameOwner } from "../core/mailbox.ts";
import {
  type BudgetNews,
  type MissedNews,
  type News,
  type NewsSync,
  type RunNews,
  subjectOf,
  syncsOf,
} from "./news.ts";
import { lastTold, type Told, type ToldChange } from "./told.ts";

/** News as one alert tells it. */
export type Item = RunItem | MissedNews | BudgetNews;
export type RunItem = Omit<RunNews, "event"> & { readonly event: Exclude<RunNews["event"], "succeeded"> };

/** News that an alert tells, as it came and as it is told, and what is remembered of it once it got across. */
export type Choice = { readonly news: News; readonly item: Item; readonly change: ToldChange | null };

export type Chosen = {
  readonly choices: readonly Choice[];
  /** Of what is not told: to be kept at once. */
  readonly changes: readonly ToldChange[];
};

const SAME_AGAIN_MS = 24 * 3_600_000;

/**
 * What this alert tells of these news, in their order. The same of the same subject (event, code, guards) is told once in 24 hours:
 * a sync that fails every 15 minutes, or is held until somebody comes, is one message a day, and so is an account.
 */
export function chooseNews(alert: Alert, news: readonly News[], told: readonly Told[], nowMs: number): Chosen {
  const choices: Choice[] = [];
  const changes: ToldChange[] = [];
  // One batch may hold several news of a sync: each is held against the one before.
  const latest = new Map<string, Told | null>();
  for (const one of news) {
    if (!concerns(alert, one)) continue;
    const subject = subjectOf(one);
    const place = { alert: alert.name, subject };
    const last = latest.get(subject) ?? (latest.has(subject) ? null : lastTold(told, alert.name, subject));
    const item = itemOf(one);
    if (item === null) {
      const change = last === null ? null : { ...place, told: null };
      const recovered = recoveryOf(one, last);
      if (recovered !== null && tells(alert, "recovered")) choices.push({ news: one, item: recovered, change });
      else if (change !== null) changes.push(change);
      latest.set(subject, null);
      continue;
    }
    const what = whatOf(one);
    const isSame = last?.what === what && nowMs - last.at < SAME_AGAIN_MS;
    if (!tells(alert, item.event) || isSame) continue;
    const entry = { ...place, what, at: nowMs };
    choices.push({ news: one, item, change: { ...place, told: entry } });
    latest.set(subject, entry);
  }
  return { choices, changes };
}

/** Whether these news are this alert's, whatever was told before. */
export function concerns(alert: Alert, news: News): boolean {
  if (news.event === "budget" && news.syncs.length === 0) return alert.owners === null;
  return syncsOf(news).some((sync) => isForSync(alert, sync));
}

/** Whether this alert tells of this sync at all. */
export function isForSync(alert: Alert, { alerts, owner }: Pick<NewsSync, "alerts" | "owner">): boolean {
  return (alerts === null || alerts.includes(alert.name)) && isOf(alert.owners, owner);
}

function isOf(owners: readonly string[] | null, owner: string | null): boolean {
  if (owners === null) return true;
  return owner !== null && owners.some((one) => sameOwner(one) === sameOwner(owner));
}

function tells({ on, severity }: Alert, event: Item["event"]): boolean {
  return on.includes(event) && SEVERITIES.indexOf(EVENT_SEVERITY[event]) <= SEVERITIES.indexOf(severity);
}

/** null: a success, which is told of only where something else was before. */
function itemOf(news: News): Item | null {
  if (news.event === "missed" || news.event === "budget") return news;
  const { event } = news;
  return event === "succeeded" ? null : { ...news, event };
}

function recoveryOf(news: News, last: Told | null): Item | null {
  if (news.event === "missed" || news.event === "budget") return null;
  return news.wasBad || last !== null ? { ...news, event: "recovered" } : null;
}

/** What is the same where it happens again. */
export function whatOf(news: News): string {
  if (news.event === "missed" || news.event === "budget") return news.event;
  const { event, run, fault } = news;
  const guards = run?.guards.filter((verdict) => verdict.held).map(({ guard }) => guard) ?? [];
  return [event, run?.code ?? fault?.code ?? "", ...new Set(guards.sort())].join(" ").trim();
}
