import { ALERT_EVENTS } from "../contract/project.ts";
import type { RunRecord } from "../contract/run.ts";
import { count } from "../core/count-text.ts";
import type { Item } from "./choose-news.ts";
import { describeBudget, describeMissed, describeRun } from "./describe-item.ts";
import type { Clean } from "./safe-text.ts";

/** What people read of one item; each part is one line without marks. */
export type ItemText = {
  /** The sync, or the connection. */
  readonly name: string;
  /** What happened, to follow the name. */
  readonly said: string;
  /** Counts, and the way out. */
  readonly details: readonly string[];
  /** The command that shows more. */
  readonly look: string;
  /** The command that lets go what is held. */
  readonly release: string | null;
};

export function itemText(item: Item, clean: Clean): ItemText {
  if (item.event === "budget") {
    const { account, connection, reason, look } = describeBudget(item, clean);
    const said = `has nearly spent the daily calls of ${account}`;
    return { name: clean(connection), said, details: [reason], look, release: null };
  }
  const isMissed = item.event === "missed";
  const { sync, event, code, reason, fix, look } = isMissed ? describeMissed(item, clean) : describeRun(item, clean);
  const why = [code, reason].filter((part) => part !== null).join(": ");
  const run = isMissed ? null : item.run;
  return {
    name: clean(sync),
    said: `${event}${why === "" ? "" : `: ${why}`}`,
    details: [run === null ? "" : countsText(run), fix ?? ""].filter((line) => line !== ""),
    look: clean(look),
    release: event === "held" && run !== null ? `sluice approve ${run.id}` : null,
  };
}

/** "20 failed, 5 held". */
export function tallyOf(items: readonly Item[]): string {
  return ALERT_EVENTS.flatMap((event) => {
    const many = items.filter((item) => item.event === event).length;
    return many === 0 ? [] : [`${count(many)} ${event}`];
  }).join(", ");
}

function countsText({ counts, operations }: RunRecord): string {
  const read = counts === null ? [] : [`${count(counts.read)} read`];
  const done = Object.entries(operations).map(([operation, { applied, rejected, deferred }]) =>
    [
      `${operation}: ${count(applied)} applied`,
      rejected > 0 ? `${count(rejected)} rejected` : "",
      deferred > 0 ? `${count(deferred)} deferred` : "",
    ]
      .filter((part) => part !== "")
      .join(", "),
  );
  const waiting = counts !== null && counts.waiting > 0 ? [`${count(counts.waiting)} wait`] : [];
  return [...read, ...done, ...waiting].join("; ");
}
