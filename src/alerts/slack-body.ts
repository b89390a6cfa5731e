import type { Bundle } from "./bundle.ts";
import { moreText } from "./bundle.ts";
import type { Item } from "./choose-news.ts";
import { gravestOf } from "./describe-item.ts";
import { itemText, tallyOf } from "./item-text.ts";
import type { Clean } from "./safe-text.ts";

/** Slack takes 50 blocks a message, and nobody reads more. */
const MOST_SYNCS = 20;

/** A message for Slack's incoming webhooks: a headline, and a section an item. */
export function slackBody({ sender, items, leftOut }: Bundle, clean: Clean): string {
  const { project, environment } = sender;
  const severity = gravestOf(items.map(({ event }) => event));
  const headline = escapeText(`${severity}: ${project} (${environment}): ${tallyOf(items)}`);
  const rest = Math.max(0, items.length - MOST_SYNCS) + leftOut;
  const sections = items.slice(0, MOST_SYNCS).map((item) => sectionText(item, clean));
  if (rest > 0) sections.push(`${moreText(rest)}: \`sluice status\``);
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
  const { name, said, details, look, release } = itemText(item, clean);
  const last = `\`${escapeText(look)}\`${release === null ? "" : `; to release it: \`${release}\``}`;
  return [...[`*${name}* ${said}`, ...details].map(escapeText), last].join("\n");
}

/** The three characters that Slack's mrkdwn gives a meaning: https://docs.slack.dev/messaging/formatting-message-text */
function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
