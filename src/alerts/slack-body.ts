import { ALERT_EVENTS } from "../contract/project.ts";
import type { RunRecord } from "../contract/run.ts";
import { amount, count } from "../core/count-text.ts";
import type { Item } from "./choose-news.ts";
import { describeItem, type Sender } from "./describe-item.ts";
import type { Clean } from "./safe-text.ts";

/** Slack takes 50 blocks a message, and nobody reads more. */
const MOST_SYNCS = 20;

/** A message for Slack's incoming webhooks: a headline, and a section a sync. */
export function slackBody({ project, environment }: Sender, items: readonly Item[], clean: Clean): string {
  const tally = ALERT_EVENTS.flatMap((event) => {
    const many = items.filter((item) => item.event === event).length;
    return many === 0 ? [] : [`${count(many)} ${event}`];
  });
  const headline = escapeText(`${project} (${environment}): ${tally.join(", ")}`);
  const rest = items.length - MOST_SYNCS;
  const sections = items.slice(0, MOST_SYNCS).map((item) => sectionText(item, clean));
  if (rest > 0) sections.push(`and ${amount(rest, "sync")} more: \`sluice status\``);
  return JSON.stringify({
    text: headline,
    blocks: [`*${headline}*`, ...sections].map(section),
    unfurl_links: false,
    unfurl_media: false,
  });
}

/** `verbatim`: no text of a vendor becomes a link, a channel or somebody's name. */
function section(text: string) {
  return { type: "section", text: { type: "mrkdwn", text, verbatim: true } };
}

function sectionText(item: Item, clean: Clean): string {
  const { sync, event, code, reason, fix, look } = describeItem(item, clean);
  const said = [code, reason].filter((part) => part !== null).join(": ");
  const counts = item.run === null ? "" : countsText(item.run);
  const lines = [`*${sync}* ${event}${said === "" ? "" : `: ${said}`}`, counts, fix ?? ""];
  const release = event === "held" && item.run !== null ? `; to release it: \`sluice approve ${item.run.id}\`` : "";
  return [...lines.filter((line) => line !== "").map(escapeText), `\`${escapeText(look)}\`${release}`].join("\n");
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

/** The three characters that Slack's mrkdwn gives a meaning: https://docs.slack.dev/messaging/formatting-message-text */
function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
