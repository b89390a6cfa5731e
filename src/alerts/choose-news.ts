import type { Alert, AlertEvent } from "../contract/project.ts";
import type { News } from "./news.ts";
import { lastTold, type Told, type ToldChange } from "./told.ts";

/** News as one alert tells it. */
export type Item = Omit<News, "event"> & { readonly event: AlertEvent };

export type Chosen = {
  readonly items: readonly Item[];
  /** To be kept once the items got across; at once where there are none. */
  readonly changes: readonly ToldChange[];
};

const SAME_AGAIN_MS = 24 * 3_600_000;

/**
 * What this alert tells of a command's news. The same of the same sync (event, code, guards) is told once in 24 hours: a sync
 * that fails every 15 minutes, or is held until somebody comes, is one message a day.
 */
export function chooseNews(alert: Alert, news: readonly News[], told: readonly Told[], nowMs: number): Chosen {
  const items: Item[] = [];
  const changes: ToldChange[] = [];
  for (const one of news) {
    if (one.sync.alerts !== null && !one.sync.alerts.includes(alert.name)) continue;
    const last = lastTold(told, alert.name, one.sync.name);
    const place = { alert: alert.name, sync: one.sync.name };
    const { event } = one;
    if (event === "succeeded") {
      if ((one.wasBad || last !== null) && alert.on.includes("recovered")) items.push({ ...one, event: "recovered" });
      if (last !== null) changes.push({ ...place, told: null });
      continue;
    }
    const what = whatOf(one);
    const isSame = last?.what === what && nowMs - last.at < SAME_AGAIN_MS;
    if (!alert.on.includes(event) || isSame) continue;
    items.push({ ...one, event });
    changes.push({ ...place, told: { ...place, what, at: nowMs } });
  }
  return { items, changes };
}

function whatOf({ event, run, fault }: News): string {
  const guards = run?.guards.filter((verdict) => verdict.held).map(({ guard }) => guard) ?? [];
  return [event, run?.code ?? fault?.code ?? "", ...new Set(guards.sort())].join(" ").trim();
}
