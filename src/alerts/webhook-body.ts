import type { Bundle, Stamp } from "./bundle.ts";
import { describeBudget, describeMissed, describeRun, gravestOf, type Sender } from "./describe-item.ts";
import type { RunNews } from "./news.ts";
import type { Clean } from "./safe-text.ts";

const MOST_ITEMS = 200;

/** `runs` tells of syncs, `budgets` of accounts. */
export function alertBody({ sender, alert, items, leftOut }: Bundle, stamp: Stamp, clean: Clean): string {
  const shown = items.slice(0, MOST_ITEMS);
  return JSON.stringify({
    type: "alert",
    version: 1,
    ...stampOf(stamp),
    ...sender,
    alert,
    severity: gravestOf(items.map(({ event }) => event)),
    runs: shown.flatMap((item) => {
      if (item.event === "budget") return [];
      return [item.event === "missed" ? describeMissed(item, clean) : describeRun(item, clean)];
    }),
    budgets: shown.flatMap((item) => (item.event === "budget" ? [describeBudget(item, clean)] : [])),
    more: items.length - shown.length + leftOut,
  });
}

export function successBody(sender: Sender, news: RunNews, stamp: Stamp, clean: Clean): string {
  return JSON.stringify({
    type: "success",
    version: 1,
    ...stampOf(stamp),
    ...sender,
    ...describeRun(news, clean),
  });
}

function stampOf({ id, sentAt }: Stamp) {
  return { id, sent_at: new Date(sentAt).toISOString() };
}
