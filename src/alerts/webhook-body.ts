import type { Item } from "./choose-news.ts";
import { describeItem, type Sender } from "./describe-item.ts";
import type { News } from "./news.ts";
import type { Clean } from "./safe-text.ts";

/** Two tries of one message are one message: receivers know it by its id. */
export type Stamp = { readonly id: string; readonly sentAt: number };

const MOST_RUNS = 200;

export function alertBody(alert: string, sender: Sender, items: readonly Item[], stamp: Stamp, clean: Clean): string {
  return JSON.stringify({
    type: "alert",
    version: 1,
    ...stampOf(stamp),
    ...sender,
    alert,
    runs: items.slice(0, MOST_RUNS).map((item) => describeItem(item, clean)),
    more: Math.max(0, items.length - MOST_RUNS),
  });
}

export function successBody(sender: Sender, news: News, stamp: Stamp, clean: Clean): string {
  return JSON.stringify({
    type: "success",
    version: 1,
    ...stampOf(stamp),
    ...sender,
    ...describeItem(news, clean),
  });
}

function stampOf({ id, sentAt }: Stamp) {
  return { id, sent_at: new Date(sentAt).toISOString() };
}
